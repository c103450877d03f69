import Glibc

/// A lane's place in the broadcasts: which message it is telling, to whom it goes next, and who lags behind.
///
/// A connection that still takes an earlier message is told later, from the log. Who lags so far behind that the log has
/// moved on is closed: a server must not keep what its slowest reader may want.
struct FanOut: ~Copyable {
    /// Speakers that may wait for room in the log.
    static let waitingLimit = 256
    /// A frame around a message of the log: header, envelope.
    private static let frameBytes = BroadcastLog.messageLimitBytes + 1_024

    let log: BroadcastLog
    private let lane: Int
    /// Messages told to everybody here.
    private(set) var told: UInt64 = 0
    private(set) var isUnderWay = false
    /// The next slot to tell the message under way.
    var slot: UInt32 = 0
    /// For each slot the first message it has missed; 0: none.
    private let missed: UnsafeMutablePointer<UInt64>
    private let slots: Int
    private var behind = 0
    /// Frames of the message under way, for either serializer; a count of 0: there is none.
    let frames: UnsafeMutableRawPointer
    var v1Bytes = 0
    var v2Bytes = 0
    /// Who said it.
    private(set) var record = BroadcastLog.Record()
    /// Connections whose message found no room in the log.
    private let waiting: UnsafeMutablePointer<Handle>
    private(set) var waitingCount = 0

    init(_ log: BroadcastLog, lane: Int, slots: Int) {
        self.log = log
        self.lane = lane
        self.slots = slots
        missed = Pages.map(bytes: slots * 8).bindMemory(to: UInt64.self, capacity: slots)
        frames = Pages.map(bytes: 2 * FanOut.frameBytes)
        waiting = Pages.map(bytes: FanOut.waitingLimit * MemoryLayout<Handle>.stride)
            .bindMemory(to: Handle.self, capacity: FanOut.waitingLimit)
    }

    deinit {
        if log.isOpen { log.heard(lane).pointee.store(.max, ordering: .releasing) }
        Pages.unmap(UnsafeMutableRawPointer(missed), bytes: slots * 8)
        Pages.unmap(frames, bytes: 2 * FanOut.frameBytes)
        Pages.unmap(UnsafeMutableRawPointer(waiting), bytes: FanOut.waitingLimit * MemoryLayout<Handle>.stride)
    }

    /// Begins to listen: what was said before is not for this lane.
    mutating func begin() {
        guard log.isOpen else { return }
        told = log.sequence
        log.heard(lane).pointee.store(told, ordering: .sequentiallyConsistent)
    }

    var v2Frames: UnsafeMutableRawPointer { frames + FanOut.frameBytes }

    /// Takes up the next message; false when there is none.
    mutating func next() -> Bool {
        guard log.isOpen, log.sequence > told else { return false }
        let (record, bytes) = log.message(told + 1)
        self.record = record
        isUnderWay = true
        slot = 0
        v1Bytes = record.isBinary ? 0 : Broadcast(record, bytes).writeV1(to: frames)
        v2Bytes = Broadcast(record, bytes).writeV2(to: v2Frames)
        return true
    }

    /// Everybody here was told. True when somebody waits for the room that this may have made.
    mutating func finish() -> Bool {
        isUnderWay = false
        told += 1
        log.heard(lane).pointee.store(told, ordering: .sequentiallyConsistent)
        return log.takeCrowded()
    }

    // MARK: who lags behind

    var isAnyoneBehind: Bool { behind > 0 }
    func isBehind(_ slot: UInt32) -> Bool { behind > 0 && missed[Int(slot)] != 0 }
    func firstMissed(_ slot: UInt32) -> UInt64 { behind > 0 ? missed[Int(slot)] : 0 }

    mutating func noteMissed(_ slot: UInt32) {
        guard !isBehind(slot) else { return }
        behind += 1
        missed[Int(slot)] = told + 1
    }

    /// `slot` has had the messages before `number`; the last one it has to be told now is `lastMissed`.
    mutating func caughtUp(_ slot: UInt32, to number: UInt64) {
        guard isBehind(slot) else { return }
        if number <= lastMissed(slot) {
            missed[Int(slot)] = number
        } else {
            missed[Int(slot)] = 0
            behind -= 1
        }
    }

    func lastMissed(_ slot: UInt32) -> UInt64 { isUnderWay && slot < self.slot ? told + 1 : told }

    mutating func forget(_ slot: UInt32) {
        guard isBehind(slot) else { return }
        missed[Int(slot)] = 0
        behind -= 1
    }

    // MARK: who waits to speak

    mutating func wait(_ handle: Handle) -> Bool {
        guard waitingCount < FanOut.waitingLimit else { return false }
        waiting[waitingCount] = handle
        waitingCount += 1
        return true
    }

    /// Takes out the one that has waited longest.
    mutating func takeWaiting() -> Handle {
        let first = waiting[0]
        waitingCount -= 1
        memmove(waiting, waiting + 1, waitingCount * MemoryLayout<Handle>.stride)
        return first
    }
}

/// A message of the log as the frames that carry it.
struct Broadcast {
    /// Beyond topic, event and payload: the frame's header and either serializer's envelope.
    static let envelopeBytes = 16 + 128

    let topic: UnsafeRawBufferPointer
    let event: UnsafeRawBufferPointer
    let payload: UnsafeRawBufferPointer
    let isBinary: Bool

    init(_ record: BroadcastLog.Record, _ bytes: UnsafeRawBufferPointer) {
        let topicEnd = Int(record.topicBytes), eventEnd = topicEnd + Int(record.eventBytes)
        topic = UnsafeRawBufferPointer(rebasing: bytes[..<topicEnd])
        event = UnsafeRawBufferPointer(rebasing: bytes[topicEnd..<eventEnd])
        payload = UnsafeRawBufferPointer(rebasing: bytes[eventEnd...])
        isBinary = record.isBinary
    }

    init(topic: UnsafeRawBufferPointer, event: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, isBinary: Bool) {
        self.topic = topic
        self.event = event
        self.payload = payload
        self.isBinary = isBinary
    }

    var maximumFrameBytes: Int { topic.count + event.count + payload.count + Broadcast.envelopeBytes }

    /// Writes a whole frame and returns its length.
    func writeV1(to out: UnsafeMutableRawPointer) -> Int {
        ServerFrame.write(.text, to: out) { PhoenixV1.writeBroadcast(topic: topic, event: event, payload: payload, $0) }
    }

    func writeV2(to out: UnsafeMutableRawPointer) -> Int {
        if isBinary {
            return ServerFrame.write(.binary, to: out) { PhoenixV2.writeBinaryBroadcast(topic: topic, event: event, data: payload, $0) }
        }
        return ServerFrame.write(.text, to: out) { PhoenixV2.writeBroadcast(topic: topic, event: event, payload: payload, $0) }
    }
}

/// A server's frame around a payload whose length is known only once it is written.
enum ServerFrame {
    /// `out` has room for the payload and ten bytes. Returns the length of the frame.
    @inline(__always) static func write(_ opcode: Opcode, to out: UnsafeMutableRawPointer, _ payload: (UnsafeMutableRawPointer) -> Int) -> Int {
        let longest = 10
        let count = payload(out + longest)
        let header = Frame.headerBytes(payloadBytes: count, isMasked: false)
        if header < longest { memmove(out + header, out + longest, count) }
        return Frame.writeHeader(opcode, payloadBytes: count, to: out) + count
    }
}

extension TargetLane where Engine: ~Copyable {
    /// What a burst needs besides: buffers for answers, and room in the engine's queue.
    var mayFanOut: Bool { pipe.blocks.available > 2 * Pipe<Engine>.blockReserve && pipe.engine.room >= 8 }

    /// Tells this lane's part of the lobby what was said, as far as buffers go.
    mutating func tellLobby() {
        while fanOut.isUnderWay || fanOut.next() {
            while fanOut.slot < UInt32(slotsTouched) {
                guard mayFanOut else { return }
                let slot = fanOut.slot
                fanOut.slot &+= 1
                tell(slot)
            }
            if fanOut.finish() { ringBell() }
        }
        if fanOut.waitingCount > 0 { sayWhatWaits() }
    }

    private mutating func tell(_ slot: UInt32) {
        let index = Int(slot)
        guard peers[index].has(Peer.Flag.joined), !peers[index].has(Peer.Flag.closing) else { return }
        if fanOut.record.lane == UInt32(settings.lane) && fanOut.record.slot == slot
            && fanOut.record.generation == peers[index].generation { return }
        let isV2 = peers[index].state == ServedState.phoenixV2
        let count = isV2 ? fanOut.v2Bytes : fanOut.v1Bytes
        guard count > 0 else { return }
        guard peers[index].sending == Peer.noBlock, !fanOut.isBehind(slot) else { return fanOut.noteMissed(slot) }
        guard let message = pipe.compose(bytes: count) else { return starve(slot) }
        message.bytes.copyMemory(from: isV2 ? fanOut.v2Frames : fanOut.frames, byteCount: count)
        footprint.message(slot)
        board.add(.broadcastsTold)
        pipe.transmit(slot, &peers[index], block: message.block, count: count)
    }

    /// Tells a connection the next message it has missed. False when there is none: it may go on with its own.
    mutating func catchUp(_ slot: UInt32) -> Bool {
        let index = Int(slot)
        var number = fanOut.firstMissed(slot)
        guard number > 0 else { return false }
        guard peers[index].has(Peer.Flag.joined) else {
            fanOut.forget(slot)
            return false
        }
        while number <= fanOut.lastMissed(slot) {
            guard fanOut.log.holds(number) else { return loseBehind(slot) }
            let (record, bytes) = fanOut.log.message(number)
            let isV2 = peers[index].state == ServedState.phoenixV2
            let isOwn = record.lane == UInt32(settings.lane) && record.slot == slot && record.generation == peers[index].generation
            number += 1
            if isOwn || (record.isBinary && !isV2) || record.count > BroadcastLog.messageLimitBytes { continue }
            guard let message = pipe.compose(bytes: record.count + Broadcast.envelopeBytes) else {
                starve(slot)
                return true
            }
            let broadcast = Broadcast(record, bytes)
            let count = isV2 ? broadcast.writeV2(to: message.bytes) : broadcast.writeV1(to: message.bytes)
            guard fanOut.log.holds(number - 1) else {
                pipe.giveBack(message.block)
                return loseBehind(slot)
            }
            fanOut.caughtUp(slot, to: number)
            board.add(.broadcastsTold)
            pipe.transmit(slot, &peers[index], block: message.block, count: count)
            return true
        }
        fanOut.forget(slot)
        return false
    }

    private mutating func loseBehind(_ slot: UInt32) -> Bool {
        board.add(.slowReaders)
        close(slot, .policyViolation)
        return true
    }

    /// The log may have room again for what waited.
    private mutating func sayWhatWaits() {
        for _ in 0..<fanOut.waitingCount {
            let handle = fanOut.takeWaiting()
            let index = Int(handle.slot)
            guard peers[index].generation == handle.generation, peers[index].has(Peer.Flag.assembling),
                pipe.assemblies[handle.slot].isHeld, peers[index].sending == Peer.noBlock
            else { continue }
            pipe.assemblies[handle.slot].isHeld = false
            message(handle.slot, pipe.assemblies[handle.slot].opcode, pipe.assemblies.bytes(handle.slot))
            if peers[index].state == ServedState.free { continue }
            // No room after all: the others wait on, too.
            if peers[index].has(Peer.Flag.assembling) && pipe.assemblies[handle.slot].isHeld { return }
            pipe.endAssembly(handle.slot, &peers[index])
            digest(handle.slot)
        }
    }
}
