import Glibc
import Testing

@testable import Engine

/// Users that cannot connect at once: how they wait, and what becomes of them when the run goes on.
@Suite struct RetryLanesTests {
    // MARK: many at the same time

    /// No attempt of any user comes through; 18 model seconds pass in a second.
    @Test(arguments: [EADDRNOTAVAIL, ETIMEDOUT]) func tensOfThousandsOfUsersMayWaitAtTheSameTime(error: Int32) {
        let users = 20_000, retries = 6, speedup = 18.0
        let memory = BoardMemory(targetLanes: 0, workerLanes: 1)
        let kernel = SimulatedKernel(seed: 1, faults: .none)
        // There is one port, which somebody holds; or nobody answers, whatever the port.
        let holder = SimulatedSocket(Handle(slot: 0, generation: 0), isAdopted: true)
        holder.sourcePort = 1_024
        #expect(kernel.claimPort(holder))
        if error == ETIMEDOUT { kernel.unansweredFrom = 0 }
        var lane = WorkerLane(
            engine: ScriptedProactor<MayWait>(kernel, slots: users),
            settings: TestUsers.worker(
                users: users, seed: 7, window: users, ports: error == ETIMEDOUT ? .kernel : memory.ports(1_024...1_024),
                retries: retries, speedup: speedup),
            run: memory.board)
        memory.set(.ramp)
        lane.begin()
        var mostWaiting = 0
        for _ in 0..<100_000 where lane.board[.rampState] != 2 {
            lane.pass()
            mostWaiting = max(mostWaiting, lane.wheelCount)
        }
        let board = lane.board
        let attempts = UInt64(users * (retries + 1))
        #expect(board[.attempts] == attempts && board[.retries] == UInt64(users * retries))
        #expect(board.causes == [Counter.forError(-error): attempts, .errorGaveUp: UInt64(users)])
        #expect(board[.usersEnded] == UInt64(users) && lane.inFlight == 0 && lane.wheelCount == 0 && lane.underWay == 0)
        #expect(mostWaiting > 10_000, "at most \(mostWaiting) waited at once")
        // 10 ms to 60 ms of model time, each rounded up to whole milliseconds of wall time.
        let waits = (1...retries).reduce(0) { $0 + Int((Double($1 * 10) / speedup).rounded(.up)) }
        #expect(lane.now - lane.began >= UInt64(waits) * 1_000_000)
        #expect(kernel.violations == [] && kernel.endpoints[0].openSockets == 0)
    }

    // MARK: attempts that nobody answers

    private func unanswered<Way: ReceiveWay>(_ way: Way.Type, ports: ClosedRange<UInt16>?, traces: [UInt64]) {
        for seed in 1...60 as ClosedRange<UInt64> {
            var pair = LanePair<Way>(
                .init(users: 12, seed: seed, faults: .harmless, window: 4, ports: ports, retries: 40, unansweredShare: 0.3))
            pair.play()
            let wrongs = pair.wrongs(traces: traces)
            #expect(wrongs == [], "seed \(seed)")
            #expect(pair.board[.joined] == 12 && pair.board[.verified] == 12, "the digest is that of an undisturbed run")
            #expect(pair.board.causes.keys.allSatisfy { $0 == .errorTimedOut })
            #expect(pair.board[.errorTimedOut] == pair.board[.retries] && pair.board[.retries] > 0)
            if !wrongs.isEmpty { return }
        }
    }

    private func traces<Way: ReceiveWay>(_ way: Way.Type) -> [UInt64] {
        var pair = LanePair<Way>(.init(users: 12))
        pair.play()
        return pair.traces()
    }

    @Test(arguments: [nil, 1_000...4_000 as ClosedRange<UInt16>])
    func attemptsThatNobodyAnswersChangeNoDigest(ports: ClosedRange<UInt16>?) {
        unanswered(MayWait.self, ports: ports, traces: traces(MayWait.self))
        unanswered(MayNotWait.self, ports: ports, traces: traces(MayNotWait.self))
        unanswered(MayWaitAtRest.self, ports: ports, traces: traces(MayWaitAtRest.self))
    }

    /// They wait for minutes: meanwhile others begin, however small the window.
    @Test func whoWaitsForNobodyHoldsUpNobody() {
        var pair = LanePair<MayWait>(.init(users: 40, seed: 3, window: 2, ports: 1_000...4_000, retries: 40, unansweredShare: 0.5))
        pair.kernel.synTimeoutNanoseconds = .max / 2
        pair.worker.begin()
        pair.first.begin()
        pair.second.begin()
        pair.memory.set(.ramp)
        pair.passUntil("the last user's start") { board in board[.usersStarted] == 40 }
        let silent = UInt64(pair.worker.unansweredNow)
        #expect(silent > 10)
        pair.passUntil("the others' join") { board in board[.joinedNow] == 40 - silent }
        #expect(pair.hang == nil && pair.board[.rampState] == 1)
    }

    // MARK: the run goes on

    private func sweepBeforeTheRest<Way: ReceiveWay>(_ way: Way.Type, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var faults = FaultPlan.harmless
        faults.failedConnect = 300
        var pair = LanePair<Way>(
            .init(users: 24, seed: seed, faults: faults, window: 8, ports: 1_000...1_030, retries: 40, unansweredShare: 0.3))
        pair.worker.begin()
        pair.first.begin()
        pair.second.begin()
        pair.memory.set(.ramp)
        for _ in 0..<(random.next() % 400) { pair.pass() }
        // Users that have not come through go on when the ramp is left, but nobody begins.
        pair.memory.set(.hold)
        let started = pair.board[.usersStarted], retriesBefore = pair.board[.retries]
        for _ in 0..<(random.next() % 400) { pair.pass() }
        #expect(pair.board[.usersStarted] == started && pair.board[.retries] >= retriesBefore)
        let joined = pair.board[.joinedNow], retries = pair.board[.retries]
        pair.memory.set(.sweep)
        pair.passUntil("the sweep's end") { board in board[.sweepState] == 2 }
        for _ in 0..<300 { pair.pass() }
        let board = pair.board
        #expect(pair.hang == nil && pair.kernel.violations == [], "seed \(seed)")
        #expect(board[.sweepAsked] == joined && board[.verified] == joined && board[.verifyFailed] == 0, "seed \(seed)")
        #expect(board[.retries] == retries, "nobody retries during the sweep")
        #expect(board[.joinedNow] >= joined && board[.lost] == 0)
        let counted = board[.joinedNow] + board[.usersEnded] + UInt64(pair.worker.inFlight)
        #expect(counted == started, "seed \(seed): \(counted) of \(started) users are somewhere")
    }

    @Test(arguments: [UInt64](1...40)) func usersOnTheirWayNeitherBlockNorCorruptTheSweep(seed: UInt64) {
        sweepBeforeTheRest(MayWait.self, seed: seed)
        sweepBeforeTheRest(MayNotWait.self, seed: seed)
        sweepBeforeTheRest(MayWaitAtRest.self, seed: seed)
    }
}
