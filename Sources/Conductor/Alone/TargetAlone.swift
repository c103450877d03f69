import CLab
import Engine
import Foundation
import Glibc
import Lab
import Profiles

/// The target alone on an ordinary address, in this very process: no lab, no root.
public enum TargetAlone {
    public struct Order: Sendable {
        public var endpoint: Endpoint
        public var engine: Plan.EngineKind
        /// nil: enough for a million connections.
        public var lanes: Int?
        public var path: String
        public var rules: Plan.Rules
        /// Wall seconds; nil: until a signal.
        public var limitSeconds: Double?

        public init(
            endpoint: Endpoint, engine: Plan.EngineKind, lanes: Int?, path: String, rules: Plan.Rules, limitSeconds: Double?
        ) {
            self.endpoint = endpoint
            self.engine = engine
            self.lanes = lanes
            self.path = path
            self.rules = rules
            self.limitSeconds = limitSeconds
        }
    }

    /// Lanes are threads that begin when they are needed: plenty of them costs a few pages.
    private static let usualConnections = 1_000_000
    /// Threads that accept at the same time.
    private static let mostChains = 16
    private static let periodMilliseconds = 1_000
    /// What lanes do when they end takes moments.
    private static let endSeconds = 5.0

    /// Serves until SIGINT, SIGTERM or the time limit. Call it before any other thread exists.
    ///
    /// - Parameters:
    ///   - onReady: called once, when connections are accepted.
    ///   - onTick: called once a second.
    /// - Returns: what was counted. Throws a sentence when it cannot serve.
    public static func serve(
        _ order: Order, onReady: (Endpoint) -> Void, onTick: (TargetCount) -> Void
    ) throws -> TargetCount {
        signal(SIGPIPE, SIG_IGN)
        let bell = simbench_eventfd(0)
        defer { close(bell) }
        let waiting = Waiting(bell: bell)
        let endpoint = try free(order.endpoint)
        let (made, board) = try orders(order, endpoint, bell: bell)
        // Handed over, and touched by nobody else.
        nonisolated(unsafe) let orders = made
        let outcome = Outcome()
        Thread.detachNewThread {
            outcome.set(TargetHost.serve(orders))
            // Whoever waits looks again.
            var one: UInt64 = 1
            _ = write(bell, &one, 8)
        }
        try untilReady(board, waiting, outcome)
        onReady(endpoint)
        let end = order.limitSeconds.map { monotonicSeconds() + $0 } ?? .infinity
        var next = monotonicSeconds()
        while outcome.sentence == nil, monotonicSeconds() < end {
            let now = monotonicSeconds()
            if now >= next {
                onTick(TargetCount(board))
                next = max(next + Double(periodMilliseconds) * 1e-3, now)
            }
            let left = (min(next, end) - monotonicSeconds()) * 1_000
            if case .signal = waiting.next(milliseconds: Int(left.rounded(.up))) { break }
            if board[.failures].load(ordering: .relaxed) > 0 { throw RunError("A lane of the target failed; the lines above say why.") }
        }
        if let failure = outcome.sentence { throw RunError(failure) }
        board[.phase].store(Board.Phase.release.rawValue, ordering: .releasing)
        waiting.ring()
        let limit = monotonicSeconds() + endSeconds
        while !outcome.isOver, monotonicSeconds() < limit { _ = waiting.next(milliseconds: 10) }
        return TargetCount(board)
    }

    private static func untilReady(_ board: Board, _ waiting: Waiting, _ outcome: Outcome) throws {
        let limit = monotonicSeconds() + Run.readySeconds
        while board[.targetReady].load(ordering: .acquiring) == 0 {
            if let failure = outcome.sentence { throw RunError(failure) }
            if case .signal = waiting.next(milliseconds: 10) { return }
            if monotonicSeconds() > limit { throw RunError("The lanes were not ready within \(Int(Run.readySeconds)) s.") }
        }
    }

    /// The endpoint with its port, found free by listening there for a moment.
    private static func free(_ endpoint: Endpoint) throws -> Endpoint {
        do {
            let trial = try endpoint.listen(backlog: 1)
            close(trial.descriptor)
            return trial.endpoint
        } catch let error as RunError {
            throw LabError(.hostCannot, error.description)
        }
    }

    private static func orders(_ order: Order, _ endpoint: Endpoint, bell: Int32) throws -> (TargetOrders, Board) {
        let descriptors = Int(simbench_raise_descriptor_limit())
        let size = TargetLaneSize(descriptorLimit: descriptors > 0 ? descriptors : 1_024, engine: order.engine)
        guard size.capacity > 0 else {
            throw LabError(.hostCannot,
                "A process may hold \(descriptors) descriptors here, which is too few for a lane: raise the hard limit "
                    + "(ulimit -Hn, limits.conf or LimitNOFILE=) to 20,000 or more.")
        }
        let cpus = Affinity.current()
        let lanes = order.lanes ?? min(Limits.lanes, usualConnections / size.capacity + 1 + max(1, cpus.count))
        let chains = max(1, min(cpus.count, lanes, mostChains, Board.chainLimit))
        let bytes = Board.bytes(targetLanes: lanes, workerLanes: 0)
        let file = simbench_memory_file("simbench-board", UInt64(bytes))
        defer { if file >= 0 { close(file) } }
        guard bell >= 0, file >= 0, let memory = Board.map(descriptor: file, bytes: bytes) else {
            throw RunError("Shared memory of \(bytes) bytes for the lanes' counters was refused (errno \(errno)).")
        }
        let board = Board(creatingAt: memory, targetLanes: lanes, workerLanes: 0)
        let orders = TargetOrders(
            usesRing: order.engine == .ioUring, board: board, bell: bell, namespace: nil, address: endpoint.address,
            port: endpoint.port, portCount: 1, path: order.path, laneCapacity: size.capacity, laneSlots: size.slots,
            chainCPUs: (0..<chains).map { cpus.isEmpty ? -1 : cpus[$0 % cpus.count] }, footprint: [],
            hibernateAfterNanoseconds: nil, rules: LaneProcess.rules(order.rules, speedup: 1))
        return (orders, board)
    }

    /// What the serving thread came to, for the one that waits.
    private final class Outcome: @unchecked Sendable {
        private let lock = NSLock()
        private var result: String??

        func set(_ sentence: String?) { lock.withLock { result = .some(sentence) } }
        var isOver: Bool { lock.withLock { result != nil } }
        /// Why it could not serve.
        var sentence: String? { lock.withLock { result ?? nil } }
    }
}
