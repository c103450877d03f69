import Glibc
import Synchronization

/// The memory that a run's processes share: one header of control words, and for every lane its counters and histograms.
///
/// Each counter has one writer, its lane, which stores plainly; readers see whole values, at most a moment old. Control
/// words and port cursors are atomic. A change that lanes must notice is followed by ringing the bell (an eventfd they
/// all watch).
public struct Board: @unchecked Sendable {
    static let magic: UInt64 = 0x7369_6D62_656E_6368
    static let headerBytes = 4_096
    /// Room for a port cursor: a cache line, so that the lanes that share it do not slow down whoever counts beside it.
    static let cursorBytes = 64
    /// One page a lane and a few: counters first, then the histograms, and at the end the port cursor.
    static let laneBytes: Int = {
        let used = Counter.limit * 8 + Latency.allCases.count * Histogram.byteCount + cursorBytes
        return (used + 4_095) / 4_096 * 4_096
    }()

    public let base: UnsafeMutableRawPointer
    public let targetLanes: Int
    public let workerLanes: Int

    /// How many bytes a board for so many lanes takes.
    public static func bytes(targetLanes: Int, workerLanes: Int) -> Int {
        headerBytes + (targetLanes + workerLanes) * laneBytes
    }

    /// A fresh board on zeroed memory of `bytes(targetLanes:workerLanes:)`.
    public init(creatingAt base: UnsafeMutableRawPointer, targetLanes: Int, workerLanes: Int) {
        self.base = base
        self.targetLanes = targetLanes
        self.workerLanes = workerLanes
        self[.targetLanes].store(UInt64(targetLanes), ordering: .relaxed)
        self[.workerLanes].store(UInt64(workerLanes), ordering: .relaxed)
        self[.magic].store(Board.magic, ordering: .releasing)
    }

    /// The board another process made; nil when the memory is not one.
    public init?(attachingAt base: UnsafeMutableRawPointer) {
        self.base = base
        let magic = base.assumingMemoryBound(to: UInt64.self)[Control.magic.rawValue]
        guard magic == Board.magic else { return nil }
        let words = base.assumingMemoryBound(to: UInt64.self)
        targetLanes = Int(words[Control.targetLanes.rawValue])
        workerLanes = Int(words[Control.workerLanes.rawValue])
    }

    /// Maps a descriptor of shared memory; nil when the kernel refuses.
    public static func map(descriptor: Int32, bytes: Int) -> UnsafeMutableRawPointer? {
        let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        return address == MAP_FAILED ? nil : address
    }

    /// The control words of the header.
    public enum Control: Int {
        case magic, targetLanes, workerLanes
        /// A `Phase`.
        case phase
        /// CLOCK_MONOTONIC nanoseconds at model time 0.
        case start
        /// Worker lanes that finished their ramp; with a few lanes active at a time, lane i may begin when
        /// i < this + active lanes.
        case rampReleased
        /// The same for the verification sweep.
        case sweepReleased
        /// Target lanes that have been given a chain of listeners.
        case targetLanesTaken
        /// Processes whose lanes are ready.
        case targetReady, workersReady
        /// Worker lanes that have let go of all their connections.
        case workerLanesClosed
        /// Processes that hit an error they could not go on from.
        case failures
        /// From here on: which lane serves listener chain 0, 1, …, plus one; 0 is none yet.
        case chains = 32
    }

    public static let chainLimit = 64

    /// Where a run stands; lanes follow it.
    public enum Phase: UInt64, Sendable {
        case preparing, ramp, hold, sweep
        /// Workers reset their connections and end; the target closes what it is told was reset.
        case finish
        /// The target ends.
        case release
    }

    public subscript(control: Control) -> Atomic<UInt64> {
        _read { yield word(control.rawValue).pointee }
    }

    /// The lane (counted from 0) that serves a chain, plus one.
    public func chain(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> { word(Control.chains.rawValue + index) }

    private func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + index * 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    public var phase: Phase { Phase(rawValue: self[.phase].load(ordering: .acquiring)) ?? .preparing }

    /// The lanes' work is done; what follows is only closing.
    public var isOver: Bool { self[.phase].load(ordering: .acquiring) >= Phase.finish.rawValue }

    public func target(_ lane: Int) -> LaneBoard { LaneBoard(base: base + Board.headerBytes + lane * Board.laneBytes) }

    public func worker(_ lane: Int) -> LaneBoard {
        LaneBoard(base: base + Board.headerBytes + (targetLanes + lane) * Board.laneBytes)
    }

    /// How many source ports a worker has handed out, whatever the lane: the place of the worker's first lane on the
    /// board holds it for all of them.
    func portCursor(ofWorkerWithFirstLane lane: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (worker(lane).base + (Board.laneBytes - Board.cursorBytes)).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// One lane's part of the board. Its lane writes; everybody may read.
public struct LaneBoard: @unchecked Sendable {
    let base: UnsafeMutableRawPointer

    /// What a reader sees.
    public subscript(counter: Counter) -> UInt64 { cell(counter).pointee.load(ordering: .relaxed) }

    public func histogram(_ latency: Latency) -> Histogram {
        Histogram(at: base + Counter.limit * 8 + latency.rawValue * Histogram.byteCount)
    }

    @inline(__always) private func cell(_ counter: Counter) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + counter.rawValue &* 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The single writer's plain increment.
    @inline(__always) func add(_ counter: Counter, _ amount: UInt64 = 1) {
        let cell = cell(counter)
        cell.pointee.store(cell.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    @inline(__always) func subtract(_ counter: Counter, _ amount: UInt64 = 1) {
        let cell = cell(counter)
        cell.pointee.store(cell.pointee.load(ordering: .relaxed) &- amount, ordering: .relaxed)
    }

    @inline(__always) func set(_ counter: Counter, _ value: UInt64) {
        cell(counter).pointee.store(value, ordering: .relaxed)
    }
}

/// What latencies a worker lane measures, in microseconds.
public enum Latency: Int, CaseIterable, Sendable {
    /// From the moment an arrival was due to its TCP connection.
    case connect
    /// From the moment an arrival was due to the answer to its join; from the join itself where something else comes
    /// between the connection and it.
    case join
    /// From a heartbeat of the verification sweep to its answer.
    case heartbeat
    /// From a message of a session that waits for one to its answer.
    case reply
    /// From a push to the broadcast of it that its own sender hears.
    case broadcast
}
