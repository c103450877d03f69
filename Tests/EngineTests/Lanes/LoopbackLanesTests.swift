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

    struct Setup {
        var users: Int
        var isUnpaced = true
        var seed: UInt64 = 42
        /// nil leaves the choice to the kernel.
        var ports: ClosedRange<UInt16>?
        var retries = 20
        var unansweredShare = 0.0
        /// The address that never answers, with its port.
        var dead: sockaddr_in?
        var targetLanes = 3
        var targetPorts = 2
        var footprint: [FootprintPart] = []
        var hibernateAfterNanoseconds: UInt64?
        var script = TestUsers.published
        var request = TestUsers.request
        /// So many answers, the joins' among them, are waited for before the sweep.
        var answers: UInt64 = 0
        /// All users leave before it.
        var finishes = false
        /// Rings receive at rest instead of polling.
        var receivesAtRest = false
    }

    let setup: Setup
    let memory: BoardMemory
    let bell = PlainSocket(simbench_eventfd(0))
    let listeners: [PlainSocket]
    /// Footprint bytes and hibernating connections of the target, when all were joined and silent, and after the sweep.
    private(set) var whenSilent: (bytes: UInt64, hibernated: UInt64) = (0, 0)
    private(set) var afterSweep: (bytes: UInt64, hibernated: UInt64) = (0, 0)
    private let ended = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)

    init(_ setup: Setup) {
        self.setup = setup
        memory = BoardMemory(targetLanes: setup.targetLanes, workerLanes: 1)
        listeners = (0..<setup.targetPorts).map { _ in PlainSocket.listener() }
    }

    private var footprint: (bytes: UInt64, hibernated: UInt64) {
        let lanes = (0..<setup.targetLanes).map { memory.board.target($0) }
        return (lanes.reduce(0) { $0 + $1[.footprintBytes] }, lanes.reduce(0) { $0 + $1[.hibernatedNow] })
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
        let capacity = lane == setup.targetLanes - 1 ? setup.users + 64 : setup.users / 5
        let settings = TestUsers.target(
            lane: lane, capacity: capacity, slots: capacity + 64, listeners: listeners.map(\.descriptor), bell: bell.descriptor,
            laneCount: setup.targetLanes)
        return start {
            let engine = EngineSettings(
                slots: settings.slots, destinations: [], defersHandshakeAcknowledgement: false, hasSocketCommands: false,
                receivesAtRest: self.setup.receivesAtRest)
            let footprint = try Footprint(
                self.setup.footprint, slots: settings.slots, hibernateAfterNanoseconds: self.setup.hibernateAfterNanoseconds,
                lane: lane, board: self.memory.board.target(lane))
            var lane = TargetLane(
                engine: try E(engine), settings: settings, run: self.memory.board, cpus: [-1], footprint: footprint)
            lane.serve()
        }
    }

    private func startWorker<E: KernelEngine & ~Copyable>(_: E.Type) -> Bool {
        let settings = TestUsers.worker(
            users: setup.users, seed: setup.seed, isUnpaced: setup.isUnpaced, window: 32, ports: memory.ports(setup.ports),
            retries: setup.retries, unansweredShare: setup.unansweredShare, destinationCount: setup.targetPorts,
            bell: bell.descriptor, script: setup.script, request: setup.request)
        return start {
            let engine = EngineSettings(
                slots: settings.users,
                destinations: self.destinations,
                defersHandshakeAcknowledgement: true, hasSocketCommands: EngineKind.hasSocketCommands,
                receivesAtRest: self.setup.receivesAtRest)
            var lane = WorkerLane(engine: try E(engine), settings: settings, run: self.memory.board)
            lane.serve()
        }
    }

    private var destinations: [sockaddr_in] {
        let answering = listeners.map { EngineSettings.endpoint("127.0.0.1", port: $0.port)! }
        return answering + (setup.dead.map { Array(repeating: $0, count: answering.count) } ?? [])
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
        for lane in 0..<setup.targetLanes { threads += startTarget(engine, lane: lane) ? 1 : 0 }
        threads += startWorker(engine) ? 1 : 0
        #expect(threads == setup.targetLanes + 1)
        board[.start].store(monotonicNanoseconds(), ordering: .releasing)
        memory.set(.ramp)
        ring()
        let worker = board.worker(0)
        var ramped = wait { worker[.rampState] == 2 }
        if setup.hibernateAfterNanoseconds != nil {
            // Nobody says anything now: idle lanes have to wake by themselves.
            ramped = ramped && wait { footprint.hibernated == worker[.joinedNow] }
        }
        ramped = ramped && wait { worker[.messagesAnswered] >= setup.answers && (!setup.finishes || worker[.finished] == UInt64(setup.users)) }
        whenSilent = footprint
        memory.set(.sweep)
        ring()
        let swept = ramped && wait { worker[.sweepState] == 2 }
        let outcome = Outcome(
            joined: worker[.joinedNow], verified: worker[.verified], causes: worker.causes,
            digest: [worker[.digestLow], worker[.digestHigh], worker[.digestUsers]])
        afterSweep = footprint
        let targets = (0..<setup.targetLanes).map { board.target($0) }
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
        #expect(footprint == (0, 0), "footprint left: \(footprint)")
        if !setup.script.hasJoin { return ramped && swept && stopped ? outcome : nil }
        #expect(open.reduce(0, +) == outcome.joined && answered >= outcome.verified)
        #expect(setup.finishes || open.allSatisfy { $0 > 0 }, "the chain went from lane to lane: \(open)")
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
    private func digest(users: Int, seed: UInt64 = 42) -> [UInt64] {
        let kernel = SimulatedKernel(seed: 1, faults: .none)
        let memory = BoardMemory(targetLanes: 1, workerLanes: 1)
        memory.board.chain(0).pointee.store(1, ordering: .releasing)
        var worker = WorkerLane(
            engine: ScriptedProactor<MayWait>(kernel, slots: users), settings: TestUsers.worker(users: users, seed: seed),
            run: memory.board)
        var target = TargetLane(
            engine: ScriptedProactor<MayNotWait>(kernel, slots: users + 8),
            settings: TestUsers.target(capacity: users + 8, slots: users + 8), run: memory.board, cpus: [-1],
            footprint: memory.footprint([], slots: users + 8))
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
                let outcome = try play(kind, LoopbackRun(.init(users: Self.users, isUnpaced: isUnpaced)))
                #expect(outcome.joined == UInt64(Self.users) && outcome.verified == outcome.joined, "\(kind), \(outcome.causes)")
                #expect(outcome.causes == [:] && outcome.digest == expected, "\(kind)")
            }
        }
    }

    @Test(.enabled(if: EngineKind.hasRing, EngineKind.missing), arguments: [true, false])
    func ringsThatReceiveAtRestJoinAllUsersWithTheSameDigest(isUnpaced: Bool) throws {
        let outcome = try play(.ring, LoopbackRun(.init(users: Self.users, isUnpaced: isUnpaced, receivesAtRest: true)))
        #expect(outcome.joined == UInt64(Self.users) && outcome.verified == outcome.joined, "\(outcome.causes)")
        #expect(outcome.causes == [:] && outcome.digest == digest(users: Self.users))
    }

    @Test(.enabled(if: EngineKind.hasRing, EngineKind.missing)) func ringsThatReceiveAtRestPlaySessions() throws {
        let users: UInt64 = 200
        let run = LoopbackRun(.init(users: Int(users), script: Self.staying, answers: users * 7, receivesAtRest: true))
        let outcome = try play(.ring, run)
        #expect(outcome.joined == users && outcome.verified == users && outcome.causes == [:])
        let plain = LoopbackRun(
            .init(users: Int(users), script: Self.echoed, request: TestUsers.echoRequest, answers: users * 6, receivesAtRest: true))
        let echoed = try play(.ring, plain)
        #expect(echoed.verified == users && echoed.causes == [:])
        let brief = LoopbackRun(.init(users: Int(users), script: Self.leaving, finishes: true, receivesAtRest: true))
        #expect(try play(.ring, brief).causes == [:] && brief.memory.board.worker(0)[.finished] == users)
    }

    // MARK: sessions

    private static let push = SessionStep.push(
        topic: "rooms:lobby", event: "new:msg", payload: #"{"user":"%%user%%","body":"hi"}"#, .message)
    private static let turn: [SessionStep] = [push, .thinkExponential(meanSeconds: 0.01), .heartbeat]
    private nonisolated(unsafe) static let staying = TestUsers.script([.connect, .join(topic: "rooms:lobby"), .loop(times: 3, turn), .rest])
    private nonisolated(unsafe) static let leaving = TestUsers.script([
        .connect, .join(topic: "rooms:lobby"), .loop(times: 2, turn), .leave(topic: "rooms:lobby"), .think(seconds: 0.01), .close,
    ])
    private nonisolated(unsafe) static let echoed = TestUsers.script([
        .connect, .loop(times: 5, [.frame(isText: true, Array("hello %%user%%".utf8), .message)]), .think(seconds: 0.01),
        .frame(isText: false, [UInt8](repeating: 5, count: 1_016), .message), .rest,
    ])

    /// The opening is that of the published session, and so is the digest.
    @Test(arguments: EngineKind.available) func usersPlayTheirSessions(kind: EngineKind) throws {
        let users: UInt64 = 200
        let expected = digest(users: Int(users))
        let run = LoopbackRun(.init(users: Int(users), isUnpaced: kind == .ring, script: Self.staying, answers: users * 7))
        let outcome = try play(kind, run)
        let board = run.memory.board.worker(0)
        #expect(outcome.joined == users && outcome.verified == users && outcome.causes == [:] && outcome.digest == expected)
        #expect(board[.messagesSent] == users * 7 && board[.messagesAnswered] == users * 7 && board[.messagesRefused] == 0)
        var replies = HistogramSum()
        replies.add(board.histogram(.reply))
        #expect(replies.count == users * 6)

        let brief = LoopbackRun(.init(users: Int(users), script: Self.leaving, finishes: true))
        let gone = try play(kind, brief)
        let left = brief.memory.board.worker(0)
        #expect(gone.joined == 0 && gone.verified == 0 && gone.causes == [:] && gone.digest == expected)
        #expect(left[.finished] == users && left[.lost] == 0 && left[.openNow] == 0 && left[.messagesAnswered] == users * 6)
    }

    @Test(arguments: EngineKind.available) func usersOfPlainServersAreVerifiedByPings(kind: EngineKind) throws {
        let users: UInt64 = 200
        let run = LoopbackRun(.init(users: Int(users), script: Self.echoed, request: TestUsers.echoRequest, answers: users * 6))
        let outcome = try play(kind, run)
        #expect(outcome.joined == 0 && outcome.verified == users && outcome.causes == [:] && outcome.digest[2] == users)
        #expect(run.memory.board.worker(0)[.messagesAnswered] == users * 6)
    }

    /// Fewer ports than users: the kernel says so, each user that gets none asks as often as it may, and nobody hangs.
    @Test(.enabled(if: PrivateNetwork.isAllowed, PrivateNetwork.missing), arguments: EngineKind.available)
    func aSequenceOfPortsThatIsUsedUpEndsTheRestOfTheUsers(kind: EngineKind) throws {
        try PrivateNetwork.inside(ports: 20_000...29_999) {
            let run = LoopbackRun(.init(users: 50, ports: 30_000...30_019, retries: 5, targetLanes: 1, targetPorts: 1))
            try PrivateNetwork.choose(20_000...40_000)
            let outcome = try play(kind, run)
            #expect(outcome.joined == 20 && outcome.verified == 20)
            #expect(outcome.causes == [.errorAddressNotAvailable: 30 * 6, .errorGaveUp: 30])
        }
    }

    /// From a share of the ports no attempt is ever answered; its user goes on with the next port.
    @Test(.enabled(if: PrivateNetwork.isAllowed, PrivateNetwork.missing), arguments: EngineKind.available)
    func usersGoOnAfterAPortThatIsNeverAnswered(kind: EngineKind) throws {
        let users = 60, first: UInt16 = 30_000
        // A seed with which every user's second port is a good one: the kernel takes seconds for each attempt.
        func bad(_ seed: UInt64, _ ports: Range<Int>) -> Int {
            let unanswered = Unanswered(share: 0.25, seed: seed, worker: 0)
            return ports.count { unanswered.takes(port: first + UInt16($0)) }
        }
        let seed = try #require((1...UInt64(100_000)).first { seed in
            let silent = bad(seed, 0..<users)
            return silent >= 8 && bad(seed, users..<users + silent) == 0
        })
        let expected = digest(users: users, seed: seed)
        try PrivateNetwork.inside(ports: 20_000...29_999) {
            let silence = SilentAddress()
            let run = LoopbackRun(
                .init(users: users, seed: seed, ports: first...39_000, unansweredShare: 0.25, dead: silence.endpoint, targetLanes: 2))
            try PrivateNetwork.choose(20_000...40_000)
            let outcome = try play(kind, run)
            #expect(outcome.joined == UInt64(users) && outcome.verified == UInt64(users) && outcome.digest == expected)
            #expect(outcome.causes == [.errorTimedOut: UInt64(bad(seed, 0..<users))])
            #expect(run.memory.board.worker(0)[.retries] == UInt64(bad(seed, 0..<users)))
        }
    }

    /// What joins is written, what is silent hibernates without being told, what speaks wakes, what ends is given back.
    @Test(arguments: EngineKind.available) func theFootprintFollowsTheConnections(kind: EngineKind) throws {
        let parts = [FootprintPart(bytes: 2_704, access: .copy, hibernatedBytes: 520), FootprintPart(bytes: 100, access: .touch)]
        let run = LoopbackRun(
            .init(users: 300, footprint: parts, hibernateAfterNanoseconds: 20_000_000))
        let outcome = try play(kind, run)
        #expect(outcome.joined == 300 && outcome.verified == 300 && outcome.causes == [:])
        #expect(run.whenSilent == (300 * (520 + 104), 300))
        #expect(run.afterSweep.bytes == (300 - run.afterSweep.hibernated) * (2_704 + 104) + run.afterSweep.hibernated * (520 + 104))
    }
}
