import Glibc
import Synchronization

/// What is said in the lobby, on its way to all of it: one log for all lanes of the target.
///
/// A lane appends what its client said and rings the bell; every lane reads on from where it was and tells its own
/// connections. The log is a ring: what every lane has read may be overwritten. While a lane has not, there may be no
/// room, and whoever wants to say something waits. One writer at a time, by a lock that readers never take.
struct BroadcastLog: @unchecked Sendable {
    static let laneLimit = 8_192
    /// Longest topic, event and payload together. Phoenix has no limit; a ring has.
    static let messageLimitBytes = 1 << 20
    private static let recordCount: UInt64 = 1_024
    private static let ringBytes: UInt64 = 8 << 20
    private static let recordsOffset = 64 + laneLimit * 8
    private static let ringOffset = recordsOffset + Int(recordCount) * 64
    /// Beyond the ring's end there is room for the longest message, so that a record that is being overwritten while it is
    /// read points to memory all the same.
    private static let bytes = ringOffset + Int(ringBytes) + messageLimitBytes

    /// One message in the log.
    struct Record {
        /// Where its bytes begin, counted from the beginning of the log.
        var start: UInt64 = 0
        var topicBytes: UInt32 = 0
        var eventBytes: UInt32 = 0
        var payloadBytes: UInt32 = 0
        /// The lane and connection that said it: it is told otherwise.
        var lane: UInt32 = 0
        var slot: UInt32 = 0
        var generation: UInt16 = 0
        /// The payload is no JSON: only V2 has a frame for it.
        var isBinary = false

        var count: Int { Int(topicBytes) + Int(eventBytes) + Int(payloadBytes) }
    }

    private let base: UnsafeMutableRawPointer?

    /// No log: nothing is broadcast.
    static let none = BroadcastLog(base: nil)

    private init(base: UnsafeMutableRawPointer?) { self.base = base }

    /// Address space for a log; its pages cost nothing until something is said.
    static func open() -> BroadcastLog {
        let log = BroadcastLog(base: Pages.map(bytes: bytes))
        for lane in 0..<laneLimit { log.heard(lane).pointee.store(.max, ordering: .relaxed) }
        return log
    }

    var isOpen: Bool { base != nil }

    /// How many messages there were ever.
    @inline(__always) var sequence: UInt64 { word(0).pointee.load(ordering: .acquiring) }
    /// The first message that is there still.
    private var oldest: UnsafeMutablePointer<Atomic<UInt64>> { word(1) }
    private var lock: UnsafeMutablePointer<Atomic<UInt64>> { word(2) }
    /// Bytes written ever, those left unused at the ring's end too.
    private var written: UnsafeMutablePointer<Atomic<UInt64>> { word(3) }

    @inline(__always) private func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base.unsafelyUnwrapped + index * 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// How many of the messages a lane has told its connections; the greatest number while it does not listen.
    func heard(_ lane: Int) -> UnsafeMutablePointer<Atomic<UInt64>> { word(8 + lane) }

    /// The `number`-th message, counted from 1.
    private func place(_ number: UInt64) -> UnsafeMutablePointer<Record> {
        (base.unsafelyUnwrapped + BroadcastLog.recordsOffset + Int(number % BroadcastLog.recordCount) * 64)
            .assumingMemoryBound(to: Record.self)
    }

    private func ring(_ position: UInt64) -> UnsafeMutableRawPointer {
        base.unsafelyUnwrapped + BroadcastLog.ringOffset + Int(position % BroadcastLog.ringBytes)
    }

    // MARK: saying

    /// Appends a message; false while there is no room for it. `record` says who speaks; where and how much is set here.
    func append(
        _ record: Record, topic: UnsafeRawBufferPointer, event: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer
    ) -> Bool {
        while !lock.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged { sched_yield() }
        defer { lock.pointee.store(0, ordering: .releasing) }
        var record = record
        record.topicBytes = UInt32(topic.count)
        record.eventBytes = UInt32(event.count)
        record.payloadBytes = UInt32(payload.count)
        let count = UInt64(record.count)
        let before = written.pointee.load(ordering: .relaxed)
        // A message lies in one piece: what is left of the ring may be too short for it.
        let rest = BroadcastLog.ringBytes - before % BroadcastLog.ringBytes
        record.start = rest < count ? before + rest : before
        let number = sequence + 1
        guard makeRoom(until: record.start + count, number: number) else {
            word(4).pointee.store(1, ordering: .sequentiallyConsistent)
            return false
        }
        var writer = ByteWriter(ring(record.start))
        writer.put(topic)
        writer.put(event)
        writer.put(payload)
        place(number).pointee = record
        written.pointee.store(record.start + count, ordering: .relaxed)
        word(0).pointee.store(number, ordering: .releasing)
        return true
    }

    /// Gives up the oldest messages that stand in the way, if every lane has told them.
    private func makeRoom(until end: UInt64, number: UInt64) -> Bool {
        var first = max(1, oldest.pointee.load(ordering: .relaxed))
        func isInTheWay(_ old: UInt64) -> Bool {
            old < number
                && (place(old).pointee.start + BroadcastLog.ringBytes < end || old + BroadcastLog.recordCount <= number)
        }
        guard isInTheWay(first) else { return true }
        var told = UInt64.max
        for lane in 0..<BroadcastLog.laneLimit { told = min(told, heard(lane).pointee.load(ordering: .acquiring)) }
        while isInTheWay(first) {
            guard first <= told else { return false }
            first += 1
        }
        oldest.pointee.store(first, ordering: .sequentiallyConsistent)
        return true
    }

    /// Somebody waits for room; whoever asks takes it on to wake them.
    func takeCrowded() -> Bool {
        word(4).pointee.load(ordering: .sequentiallyConsistent) != 0 && word(4).pointee.exchange(0, ordering: .sequentiallyConsistent) != 0
    }

    // MARK: hearing

    /// A message that no lane may have overwritten: one this lane has not told yet.
    func message(_ number: UInt64) -> (record: Record, bytes: UnsafeRawBufferPointer) {
        let record = place(number).pointee
        return (record, UnsafeRawBufferPointer(start: ring(record.start), count: record.count))
    }

    /// The `number`-th message is there still: asked before and after it was copied.
    func holds(_ number: UInt64) -> Bool {
        number >= max(1, oldest.pointee.load(ordering: .sequentiallyConsistent)) && number <= sequence
    }
}
