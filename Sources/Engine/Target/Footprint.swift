import Glibc

/// The memory that the modelled server would hold for a lane's connections: really allocated and written when one joins,
/// used by its messages, given back when it ends.
///
/// Given back means free for the next connection: it stays mapped, as a server's allocator keeps its carriers. Everything
/// is one mapping, made at the start: address space costs nothing, and pages are counted as blocks are written. Huge pages
/// are refused, so that a byte is a byte. Lanes without a footprint map nothing.
struct Footprint: ~Copyable {
    /// Hibernations at a time, lest a lane's connections wait for those that are silent: about a millisecond.
    private static let hibernationsAtOnce = 256

    private let parts: UnsafeMutablePointer<FootprintBlocks>
    private let partCount: Int
    let memory: UnsafeMutableRawPointer?
    let memoryBytes: Int
    private let board: LaneBoard
    /// Of one connection.
    private let awakeBytes: UInt64
    private let asleepBytes: UInt64
    /// nil when nothing hibernates.
    private var clock: SleepClock?

    /// A lane's footprint, on the board of that lane. `slots` are the connections it can hold; a connection that had no
    /// message for `hibernateAfterNanoseconds` of the lane's clock hibernates, nil: never.
    init(
        _ description: [FootprintPart], slots: Int, hibernateAfterNanoseconds: UInt64?, lane: Int, board: LaneBoard
    ) throws(EngineError) {
        let hibernates = hibernateAfterNanoseconds != nil && description.contains(where: FootprintBlocks.hibernates)
        var layouts: [FootprintBlocks.Layout] = []
        var end = 0
        for part in description {
            let moves = hibernates && FootprintBlocks.hibernates(part)
            layouts.append(FootprintBlocks.Layout(part, slots: slots, hibernates: moves, start: end))
            end = layouts[layouts.count - 1].end
        }
        let clockOffset = end
        if hibernates { end += SleepClock.bytes(slots: slots) }
        memory = try Footprint.map(bytes: end, slots: slots)
        memoryBytes = end
        parts = .allocate(capacity: max(1, description.count))
        partCount = description.count
        var awakeBytes = 0, asleepBytes = 0
        for (number, part) in description.enumerated() {
            let moves = hibernates && FootprintBlocks.hibernates(part)
            awakeBytes += FootprintBlocks.awakeBytes(part)
            asleepBytes += moves ? FootprintBlocks.asleepBytes(part) : FootprintBlocks.awakeBytes(part)
            guard let memory else { continue }
            (parts + number).initialize(
                to: FootprintBlocks(
                    part, number: number, lane: lane, slots: slots, hibernates: moves, layout: layouts[number], memory: memory))
        }
        self.awakeBytes = UInt64(awakeBytes)
        self.asleepBytes = UInt64(asleepBytes)
        self.board = board
        if hibernates, let memory, let silence = hibernateAfterNanoseconds {
            clock = SleepClock(slots: slots, silenceNanoseconds: silence, storage: memory + clockOffset)
        } else {
            clock = nil
        }
    }

    deinit {
        parts.deallocate()
        if let memory { munmap(memory, memoryBytes) }
    }

    private static func map(bytes: Int, slots: Int) throws(EngineError) -> UnsafeMutableRawPointer? {
        guard bytes > 0 else { return nil }
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            throw EngineError(
                "Mapping \(bytes) bytes of address space for the footprint of \(slots) connections", errno,
                hint: "The address space (ulimit -v) or vm.overcommit_memory limits this process; a smaller footprint needs less.")
        }
        // A kernel without huge pages refuses, and gives none.
        madvise(memory, bytes, MADV_NOHUGEPAGE)
        return memory
    }

    var isEmpty: Bool { partCount == 0 }
    var hibernates: Bool { clock != nil }
    func isAsleep(_ slot: UInt32) -> Bool { clock?.isAsleep(slot) ?? false }

    /// Where a part of a joined connection lies.
    func block(part: Int, slot: UInt32) -> UnsafeRawBufferPointer {
        parts[part].block(slot, isAsleep: isAsleep(slot))
    }

    // MARK: what happens to a connection

    mutating func join(_ slot: UInt32) {
        guard partCount > 0 else { return }
        for part in 0..<partCount { parts[part].join(slot) }
        _ = clock?.noteMessage(slot)
        board.add(.footprintBytes, awakeBytes)
    }

    /// A message came for a joined connection.
    mutating func message(_ slot: UInt32) {
        guard partCount > 0 else { return }
        guard clock?.noteMessage(slot) ?? false else {
            for part in 0..<partCount { parts[part].use(slot) }
            return
        }
        for part in 0..<partCount { parts[part].wake(slot) }
        board.add(.footprintBytes, awakeBytes &- asleepBytes)
        board.subtract(.hibernatedNow)
    }

    /// A joined connection ends.
    mutating func leave(_ slot: UInt32) {
        guard partCount > 0 else { return }
        let isAsleep = isAsleep(slot)
        for part in 0..<partCount { parts[part].leave(slot, isAsleep: isAsleep) }
        clock?.leave(slot)
        board.subtract(.footprintBytes, isAsleep ? asleepBytes : awakeBytes)
        if isAsleep { board.subtract(.hibernatedNow) }
    }

    // MARK: time

    /// The lane's clock, before messages are told: only where connections hibernate.
    mutating func follow(_ now: UInt64) { clock?.follow(now) }

    /// Lets the connections hibernate that have been silent for long enough, some at a time. Returns how long the lane may
    /// wait until it calls again, nanoseconds; nil when nobody is awake.
    mutating func hibernateSilent(now: UInt64) -> Int64? {
        clock?.follow(now)
        for _ in 0..<Self.hibernationsAtOnce {
            guard let slot = clock?.nextToSleep() else { return clock?.waitNanoseconds }
            for part in 0..<partCount { parts[part].hibernate(slot) }
            board.subtract(.footprintBytes, awakeBytes &- asleepBytes)
            board.add(.hibernatedNow)
        }
        return 0
    }
}
