import Glibc
import Testing

@testable import Engine

/// How many seeds each test plays; SIMBENCH_SEEDS asks for more.
private let seedCount: UInt64 = getenv("SIMBENCH_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 150

/// Whole sessions against target lanes, over a kernel that goes wrong as its seed says.
@Suite struct SessionLanesTests {
    private static let users = 10
    private static let push = SessionStep.push(
        topic: "rooms:lobby", event: "new:msg", payload: #"{"user":"%%user%%","body":"hi"}"#, .reply)

    /// Of a turn: a push, a heartbeat, and what needs no answer.
    private nonisolated(unsafe) static let chat = TestUsers.script([
        .connect, .thinkExponential(meanSeconds: 0.001), .join(topic: "rooms:lobby"),
        .loop(times: 3, [push, .think(seconds: 0.002), .loop(times: 2, [.heartbeat]), .thinkExponential(meanSeconds: 0.003)]),
        .push(topic: "rooms:lobby", event: "new:msg", payload: #"{"body":"no answer is waited for"}"#, .none),
        .push(topic: "rooms:lobby", event: "new:msg", payload: #"{"body":"any will do"}"#, .message),
        .push(topic: "rooms:lobby", event: "new:msg", payload: #"{"body":"its own, of all users'","user":"%%user%%"}"#, .broadcast),
        .leave(topic: "rooms:lobby"), .close,
    ])
    private nonisolated(unsafe) static let plain = TestUsers.script([
        .connect, .loop(times: 4, [.frame(isText: true, Array("hello %%user%%".utf8), .message), .think(seconds: 0.001)]),
        .frame(isText: false, [UInt8](repeating: 7, count: 1_000), .message), .frame(isText: true, [0x61], .none),
    ])
    /// Users come and go in the lobby for as long as the test lasts.
    private nonisolated(unsafe) static let comings = TestUsers.script([
        .connect, .join(topic: "rooms:lobby"),
        .loop(times: 100_000, [push, .thinkExponential(meanSeconds: 0.002), .leave(topic: "rooms:lobby"), .thinkExponential(meanSeconds: 0.001), .join(topic: "rooms:lobby"), .heartbeat]),
    ])
    private nonisolated(unsafe) static let plainForLong = TestUsers.script([
        .connect, .loop(times: 100_000, [.frame(isText: true, Array("hello %%user%%".utf8), .message), .thinkExponential(meanSeconds: 0.001)]),
    ])

    private func pair<Way: ReceiveWay>(
        _ way: Way.Type, _ script: Script, seed: UInt64, faults: FaultPlan, request: UpgradeRequest = TestUsers.request
    ) -> LanePair<Way> {
        var pair = LanePair<Way>(
            .init(
                users: Self.users, seed: seed, faults: faults, isUnpaced: seed & 1 == 0, window: 1 + Int(seed % 8), script: script,
                request: request, speedup: seed & 2 == 0 ? 1 : 2.5))
        pair.worker.begin()
        pair.first.begin()
        pair.second.begin()
        pair.memory.set(.ramp)
        return pair
    }

    /// What must hold once every user is gone.
    private func wrongs<Way: ReceiveWay>(_ pair: borrowing LanePair<Way>) -> [String] {
        var wrongs = pair.kernel.violations + (pair.hang.map { [$0] } ?? [])
        func demand(_ holds: Bool, _ sentence: @autoclosure () -> String) { if !holds { wrongs.append(sentence()) } }
        let board = pair.board
        demand(board[.usersStarted] == UInt64(Self.users) && board[.usersEnded] == UInt64(Self.users), "not all users ended")
        demand(board[.joinedNow] == 0 && board[.connectedNow] == 0 && board[.openNow] == 0, "joined \(board[.joinedNow]), connected \(board[.connectedNow]), open \(board[.openNow])")
        demand(pair.worker.presentNow == 0 && pair.worker.inFlight == 0 && pair.worker.wheelCount == 0, "present \(pair.worker.presentNow), in flight \(pair.worker.inFlight)")
        let failedAttempts = board[.attempts] - board[.tcpConnected]
        let causes = board.causes.values.reduce(0, +)
        demand(causes + board[.finished] == failedAttempts + board[.usersEnded], "\(board.causes) and \(board[.finished]) finished")
        demand(board[.opened] == board[.lost] + board[.finished], "\(board[.opened]) opened, \(board[.lost]) lost, \(board[.finished]) finished")
        demand(pair.worker.pipe.blocksInUse == 0, "worker: blocks missing")
        demand(pair.worker.pipe.assemblies.buffers.count == 0, "worker: large buffers missing")
        demand(pair.first.pipe.blocksInUse == 0, "target: blocks missing")
        demand(pair.kernel.endpoints.allSatisfy { $0.openSockets == 0 }, "sockets are open")
        demand(board[.digestUsers] == board[.opened], "the digest counts \(board[.digestUsers]) of \(board[.opened])")
        return wrongs
    }

    private func digest<Way: ReceiveWay>(_ pair: borrowing LanePair<Way>) -> [UInt64] { [pair.board[.digestLow], pair.board[.digestHigh]] }

    /// Plays a session to its end on each seed.
    private func play<Way: ReceiveWay>(
        _ way: Way.Type, _ script: Script, request: UpgradeRequest = TestUsers.request, faults: (UInt64) -> FaultPlan,
        judge: (borrowing LanePair<Way>) -> [String] = { _ in [] }
    ) {
        var undisturbed: [UInt64] = []
        for seed in 0...seedCount {
            var pair = pair(way, script, seed: seed, faults: seed == 0 ? .none : faults(seed), request: request)
            pair.passUntil("the last user's end") { board in board[.usersEnded] == UInt64(Self.users) && board[.rampState] == 2 }
            pair.kernel.faults = .none
            pair.settle()
            var wrongs = wrongs(pair) + judge(pair)
            if seed == 0 { undisturbed = digest(pair) }
            if pair.board[.finished] == UInt64(Self.users), digest(pair) != undisturbed { wrongs.append("another digest") }
            if wrongs.isEmpty { continue }
            Issue.record("seed \(seed), \(way): \(wrongs.joined(separator: "; "))")
            return
        }
    }

    private func chats<Way: ReceiveWay>(_ way: Way.Type) {
        play(way, Self.chat, faults: { _ in .harmless }) { pair in
            let board = pair.board, users = UInt64(Self.users)
            var wrongs: [String] = []
            if board[.finished] != users || board.causes != [:] { wrongs.append("\(board[.finished]) finished, \(board.causes)") }
            // Each: a join, three turns of three messages, three pushes more and the leave; one is sent without waiting.
            if board[.messagesSent] != users * 14 || board[.messagesAnswered] != users * 13 || board[.messagesRefused] != 0 {
                wrongs.append("\(board[.messagesSent]) sent, \(board[.messagesAnswered]) answered, \(board[.messagesRefused]) refused")
            }
            if pair.both(.heartbeatsAnswered) != users * 6 || pair.both(.channelsNow) != 0 { wrongs.append("the target disagrees") }
            if pair.both(.closesAnswered) != users { wrongs.append("\(pair.both(.closesAnswered)) closes answered") }
            return wrongs
        }
    }

    @Test func sessionsArePlayedToTheirEnd() {
        chats(MayWait.self)
        chats(MayNotWait.self)
        chats(MayWaitAtRest.self)
    }

    private func frames<Way: ReceiveWay>(_ way: Way.Type) {
        play(way, Self.plain, request: TestUsers.echoRequest, faults: { _ in .harmless }) { pair in
            let board = pair.board, users = UInt64(Self.users)
            let isRight = board[.finished] == users && board.causes == [:] && board[.messagesSent] == users * 6 && board[.messagesAnswered] == users * 5
            return isRight && board[.joined] == 0 ? [] : ["\(board[.finished]) finished, \(board[.messagesAnswered]) answered, \(board.causes)"]
        }
    }

    @Test func sessionsWithoutPhoenixArePlayedToTheirEnd() {
        frames(MayWait.self)
        frames(MayNotWait.self)
        frames(MayWaitAtRest.self)
    }

    @Test func everyUserFinishesOrEndsForOneCause() {
        play(MayWait.self, Self.chat, faults: FaultPlan.drawn)
        play(MayNotWait.self, Self.chat, faults: FaultPlan.drawn)
        play(MayWaitAtRest.self, Self.chat, faults: FaultPlan.drawn)
        play(MayWait.self, Self.plain, request: TestUsers.echoRequest, faults: FaultPlan.drawn)
        play(MayNotWait.self, Self.plain, request: TestUsers.echoRequest, faults: FaultPlan.drawn)
        play(MayWaitAtRest.self, Self.plain, request: TestUsers.echoRequest, faults: FaultPlan.drawn)
    }

    // MARK: the sweep

    /// The sweep comes at any moment of sessions that go on and on.
    private func sweep<Way: ReceiveWay>(_ way: Way.Type, _ script: Script, request: UpgradeRequest, faults: (UInt64) -> FaultPlan, isHarmless: Bool) {
        for seed in 1...seedCount {
            var pair = pair(way, script, seed: seed, faults: faults(seed), request: request)
            var random = SplitMix64(seed: seed)
            for _ in 0..<(random.next() % 600) { pair.pass() }
            pair.memory.set(.hold)
            for _ in 0..<(random.next() % 200) { pair.pass() }
            let present = UInt64(pair.worker.presentNow)
            #expect(!script.hasJoin || present == pair.board[.joinedNow])
            pair.memory.set(.sweep)
            pair.passUntil("the sweep's end") { board in board[.sweepState] == 2 }
            for _ in 0..<100 { pair.pass() }
            let board = pair.board
            var wrongs = pair.kernel.violations + (pair.hang.map { [$0] } ?? [])
            if board[.sweepAsked] != present { wrongs.append("\(board[.sweepAsked]) asked, \(present) were present") }
            if board[.sweepAsked] != board[.verified] + board[.verifyFailed] {
                wrongs.append("\(board[.sweepAsked]) asked, \(board[.verified]) verified, \(board[.verifyFailed]) failed")
            }
            if isHarmless && (board[.verifyFailed] > 0 || board[.lost] > 0 || board.causes != [:]) {
                wrongs.append("\(board[.verifyFailed]) failed, \(board[.lost]) lost, \(board.causes)")
            }
            if pair.worker.sweepsInFlight != 0 { wrongs.append("\(pair.worker.sweepsInFlight) in flight") }
            if wrongs.isEmpty { continue }
            Issue.record("seed \(seed), \(way): \(wrongs.joined(separator: "; "))")
            return
        }
    }

    @Test func theSweepAsksWhoeverIsThereAndNobodyElse() {
        sweep(MayWait.self, Self.comings, request: TestUsers.request, faults: { _ in .harmless }, isHarmless: true)
        sweep(MayNotWait.self, Self.comings, request: TestUsers.request, faults: { _ in .harmless }, isHarmless: true)
        sweep(MayWaitAtRest.self, Self.comings, request: TestUsers.request, faults: { _ in .harmless }, isHarmless: true)
        sweep(MayWait.self, Self.plainForLong, request: TestUsers.echoRequest, faults: { _ in .harmless }, isHarmless: true)
        sweep(MayNotWait.self, Self.plainForLong, request: TestUsers.echoRequest, faults: { _ in .harmless }, isHarmless: true)
        sweep(MayWaitAtRest.self, Self.plainForLong, request: TestUsers.echoRequest, faults: { _ in .harmless }, isHarmless: true)
    }

    @Test func whoIsLostDuringTheSweepFailsIt() {
        sweep(MayWait.self, Self.comings, request: TestUsers.request, faults: FaultPlan.drawn, isHarmless: false)
        sweep(MayNotWait.self, Self.comings, request: TestUsers.request, faults: FaultPlan.drawn, isHarmless: false)
        sweep(MayWaitAtRest.self, Self.comings, request: TestUsers.request, faults: FaultPlan.drawn, isHarmless: false)
        sweep(MayWait.self, Self.plainForLong, request: TestUsers.echoRequest, faults: FaultPlan.drawn, isHarmless: false)
        sweep(MayNotWait.self, Self.plainForLong, request: TestUsers.echoRequest, faults: FaultPlan.drawn, isHarmless: false)
        sweep(MayWaitAtRest.self, Self.plainForLong, request: TestUsers.echoRequest, faults: FaultPlan.drawn, isHarmless: false)
    }

    // MARK: time

    /// A think takes as long as it should, divided by the speedup, also when it is longer than the wheel reaches.
    @Test(arguments: [(0.05, 1.0), (100, 1), (100, 12.5), (1, 1_000), (86_400, 50)]) func aThinkLastsAsLongAsItSays(seconds: Double, speedup: Double) {
        let kernel = SimulatedKernel(seed: 1, faults: .none)
        let memory = BoardMemory(targetLanes: 1, workerLanes: 1)
        memory.board.chain(0).pointee.store(1, ordering: .releasing)
        var worker = WorkerLane(
            engine: ScriptedProactor<MayWait>(kernel, slots: 3),
            settings: TestUsers.worker(
                users: 3, seed: 7, speedup: speedup, script: TestUsers.script([.connect, .think(seconds: seconds), .close])),
            run: memory.board)
        var target = TargetLane(
            engine: ScriptedProactor<MayNotWait>(kernel, slots: 8), settings: TestUsers.target(capacity: 8, slots: 8), run: memory.board,
            cpus: [-1], footprint: memory.footprint([], slots: 8))
        worker.begin()
        target.begin()
        memory.set(.ramp)
        for _ in 0..<100 where worker.board[.rampState] != 2 {
            worker.pass()
            target.pass()
        }
        let wall = UInt64(seconds / speedup * 1e9)
        let connected = kernel.time
        #expect(worker.board[.connectedNow] == 3 && worker.wheel.count == 3)
        // The kernel waits at most a millisecond at a time; what is not yet due is looked at again at no cost.
        while kernel.time < connected + wall - wall / 50 - 1_000_000 {
            kernel.time += max(1, wall / 100)
            if kernel.time < connected + wall - wall / 50 { worker.pass() }
            guard worker.board[.finished] == 0 else { break }
        }
        #expect(worker.board[.finished] == 0 && worker.presentNow == 3, "\(kernel.time - connected) of \(wall) ns")
        kernel.time = max(kernel.time, connected + wall + 2_000_000)
        for _ in 0..<50 {
            worker.pass()
            target.pass()
        }
        #expect(worker.board[.finished] == 3 && worker.board.causes == [:])
        // The time they would have waited for a close passes, and finds nobody.
        kernel.time += 4_000_000_000
        worker.pass()
        worker.pass()
        #expect(worker.wheel.count == 0 && worker.board[.usersEnded] == 3)
    }

    /// What the digest of the published session is made of: the handshake, its answer, the join with the user's first mask,
    /// and the reply, message by message.
    @Test func theTraceIsThatOfTheOpening() {
        var pair = LanePair<MayWait>(.init(users: 1, faults: .harmless))
        pair.play()
        let user = Keyed(seed: 7, user: 1_000)
        let request = written { TestUsers.request.write(user, attempt: 0, to: $0) }
        let join = originalJoinFrame(user: 1_000, mask: user.mask(frame: 0))
        var trace = Trace(user: 1_000)
        for message in [request, ServedByTest<MayWait>.accepted(request), join, ServedByTest<MayWait>.joinReply] {
            message.withUnsafeBytes { trace.absorb($0.baseAddress!, $0.count) }
        }
        #expect(pair.board[.joined] == 1 && pair.traces() == [trace.value])
    }

    @Test func aRestTouchesNoTimer() {
        var pair = LanePair<MayWait>(.init(users: 20))
        pair.play()
        #expect(pair.worker.wheel.count == 0 && pair.worker.wheelBytes == RetryWheel.bytes(slots: 20, buckets: RetryWheel.bucketsForRetries))
        #expect(MemoryLayout<WorkerConnection>.stride == 32)
    }
}
