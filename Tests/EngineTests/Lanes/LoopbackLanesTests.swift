import CLab
import Glibc
import Synchronization
import Testing

@testable import Engine

/// A worker lane and target lanes on threads of their own, over loopback.
private final class LoopbackRun: @unchecked Sendable {
    struct Outcome: Equatable {
        var joined: UInt64, verified: UInt64, causes: [Counter: UInt64], digest: [UInt64]
    }

    static let targetLanes = 3
    let memory = BoardMemory(targetLanes: targetLanes, workerLanes: 1)
    let bell = PlainSocket(simbench_eventfd(0))
    let listeners = [PlainSocket.listener(), PlainSocket.listener()]
    private let ended = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)
    let users: Int
    let isUnpaced: Bool
    let ports: Ports

    init(users: Int, isUnpaced: Bool = true, ports: Ports = .kernel) {
        self.users = users
        self.isUnpaced = isUnpaced
        self.ports = ports
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(bell.descriptor, &one, 8)
    }

    /// False when it did not come within two minutes, which is a hang.
    private func wait(_ done: () -> Bool) -> Bool {
        let began = monotonicNanoseconds()
        while !done() {
            if monotonicNanoseconds() - began > 120_000_000_000 || failed.load(ordering: .relaxed) > 0 { return false }
            usleep(500)
        }
        return true
    }

    private func startTarget<E: KernelEngine & ~Copyable>(_: E.Type, lane: Int) -> Bool {
        // Each lane but the last is full after a part of the users.
        let capacity = lane == Self.targetLanes - 1 ? users + 64 : users / 5
        let settings = TestUsers.target(
            lane: lane, capacity: capacity, slots: capacity + 64, listeners: listeners.map(\.descriptor), bell: bell.descriptor)
        return start {
            let engine = EngineSettings(
                slots: settings.slots, destinations: [], defersHandshakeAcknowledgement: false, hasSocketCommands: false)
            var lane = TargetLane(engine: try E(engine), settings: settings, run: self.memory.board, cpus: [-1])
            lane.serve()
        }
    }

    private func startWorker<E: KernelEngine & ~Copyable>(_: E.Type) -> Bool {
        let settings = TestUsers.worker(
            users: users, seed: 42, isUnpaced: isUnpaced, window: 32, ports: ports, retries: 20, destinationCount: 2,
            bell: bell.descriptor)
        return start {
            let engine = EngineSettings(
                slots: settings.users,
                destinations: self.listeners.map { EngineSettings.endpoint("127.0.0.1", port: $0.port)! },
                defersHandshakeAcknowledgement: true, hasSocketCommands: EngineKind.hasSocketCommands)
            var lane = WorkerLane(engine: try E(engine), settings: settings, run: self.memory.board)
            lane.serve()
        }
    }

    private func start(_ body: @escaping () throws -> Void) -> Bool {
        LaneThread.start {
            do { try body() } catch { self.failed.add(1, ordering: .relaxed) }
            self.ended.add(1, ordering: .releasing)
        } == 0
    }

    func play<E: KernelEngine & ~Copyable>(_ engine: E.Type) -> Outcome? {
        let board = memory.board
        board.chain(0).pointee.store(1, ordering: .releasing)
        board[.targetLanesTaken].store(1, ordering: .releasing)
        var threads = 0
        for lane in 0..<Self.targetLanes { threads += startTarget(engine, lane: lane) ? 1 : 0 }
        threads += startWorker(engine) ? 1 : 0
        #expect(threads == Self.targetLanes + 1)
        board[.start].store(monotonicNanoseconds(), ordering: .releasing)
        memory.set(.ramp)
        ring()
        let worker = board.worker(0)
        let ramped = wait { worker[.rampState] == 2 }
        memory.set(.sweep)
        ring()
        let swept = ramped && wait { worker[.sweepState] == 2 }
        let outcome = Outcome(
            joined: worker[.joinedNow], verified: worker[.verified], causes: worker.causes,
            digest: [worker[.digestLow], worker[.digestHigh], worker[.digestUsers]])
        let targets = (0..<Self.targetLanes).map { board.target($0) }
        let open = targets.map { $0[.openNow] }
        let answered = targets.reduce(0) { $0 + $1[.heartbeatsAnswered] }
        // The worker resets its connections and ends; the targets notice each of them, and end when they are told.
        memory.set(.finish)
        ring()
        let closed = wait { targets.allSatisfy { $0[.openNow] == 0 } }
        memory.set(.release)
        ring()
        let stopped = wait { ended.load(ordering: .acquiring) == threads }
        #expect(ramped && swept && closed && stopped, "ramp \(ramped), sweep \(swept), close \(closed), end \(stopped); open \(open), \(worker.causes)")
        #expect(open.reduce(0, +) == outcome.joined && answered == outcome.verified)
        #expect(open.allSatisfy { $0 > 0 }, "the chain went from lane to lane: \(open)")
        return ramped && swept && stopped ? outcome : nil
    }
}

@Suite(.serialized) struct LoopbackLanesTests {
    private static let users = 900

    private func play(_ kind: EngineKind, _ run: LoopbackRun) throws -> LoopbackRun.Outcome {
        switch kind {
        case .ring: try #require(run.play(RingProactor.self))
        case .epoll: try #require(run.play(EpollProactor.self))
        }
    }

    /// The digest of the same users on a simulated kernel without a fault.
    private func digest(users: Int) -> [UInt64] {
        let kernel = SimulatedKernel(seed: 1, faults: .none)
        let memory = BoardMemory(targetLanes: 1, workerLanes: 1)
        memory.board.chain(0).pointee.store(1, ordering: .releasing)
        var worker = WorkerLane(
            engine: ScriptedProactor<MayWait>(kernel, slots: users), settings: TestUsers.worker(users: users, seed: 42),
            run: memory.board)
        var target = TargetLane(
            engine: ScriptedProactor<MayNotWait>(kernel, slots: users + 8),
            settings: TestUsers.target(capacity: users + 8, slots: users + 8), run: memory.board, cpus: [-1])
        worker.begin()
        target.begin()
        memory.set(.ramp)
        for _ in 0..<20_000 where worker.board[.rampState] != 2 {
            worker.pass()
            target.pass()
        }
        let board = worker.board
        return [board[.digestLow], board[.digestHigh], board[.digestUsers]]
    }

    @Test func everyEngineJoinsAllUsersWithTheSameDigest() throws {
        let expected = digest(users: Self.users)
        #expect(expected[2] == UInt64(Self.users))
        for kind in EngineKind.available {
            for isUnpaced in [true, false] {
                let outcome = try play(kind, LoopbackRun(users: Self.users, isUnpaced: isUnpaced))
                #expect(outcome.joined == UInt64(Self.users) && outcome.verified == outcome.joined, "\(kind), \(outcome.causes)")
                #expect(outcome.causes == [:] && outcome.digest == expected, "\(kind)")
            }
        }
    }

    /// Fewer ports than users at once: the kernel is asked for the rest, and nobody is lost.
    @Test(arguments: EngineKind.available) func aSequenceOfPortsThatIsUsedUpIsNoEnd(kind: EngineKind) throws {
        let first = PlainSocket.freePort()
        let range = Ports(first: first, last: first &+ 19 > first ? first + 19 : first, lane: 0, lanes: 1)
        let outcome = try play(kind, LoopbackRun(users: 120, ports: range))
        #expect(outcome.joined == 120 && outcome.verified == 120)
    }
}
