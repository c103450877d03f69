@testable import Engine

/// A worker lane and two target lanes on one simulated kernel, moved by hand: the second target lane takes over when the
/// first one is full.
struct LanePair<Way: ReceiveWay>: ~Copyable {
    typealias Scripted = ScriptedProactor<Way>

    struct Setup {
        var users = 12
        var seed: UInt64 = 1
        var faults = FaultPlan.none
        var isUnpaced = true
        var window = 8
        /// nil leaves the choice to the kernel.
        var ports: ClosedRange<UInt16>?
        var retries = 3
        var unansweredShare = 0.0
        /// Of the first target lane; the second has room for all.
        var capacity = 1_000
        var spareSlots = 8
        /// During the sweep faults go on.
        var sweepsUnderFaults = false
        var footprint: [FootprintPart] = []
        var hibernateAfterNanoseconds: UInt64?
        var script = TestUsers.published
        var request = TestUsers.request
        var speedup = 1.0
    }

    /// More than any seed needs by far: beyond it something hangs.
    static var passLimit: Int { 40_000 }

    let setup: Setup
    let memory: BoardMemory
    let kernel: SimulatedKernel
    var worker: WorkerLane<Scripted>
    var first: TargetLane<Scripted>
    var second: TargetLane<Scripted>
    /// Joined when the sweep began.
    var joinedBeforeSweep: UInt64 = 0
    var hang: String?

    init(_ setup: Setup) {
        self.setup = setup
        memory = BoardMemory(targetLanes: 2, workerLanes: 1)
        kernel = SimulatedKernel(seed: setup.seed, faults: setup.faults)
        kernel.unansweredFrom = 1
        let board = memory.board
        board.chain(0).pointee.store(1, ordering: .releasing)
        board[.targetLanesTaken].store(1, ordering: .releasing)
        board[.start].store(kernel.time, ordering: .releasing)
        let slots = setup.capacity + setup.spareSlots
        worker = WorkerLane(
            engine: Scripted(kernel, slots: setup.users),
            settings: TestUsers.worker(
                users: setup.users, seed: 7, isUnpaced: setup.isUnpaced, window: setup.window,
                ports: memory.ports(setup.ports), retries: setup.retries, unansweredShare: setup.unansweredShare,
                speedup: setup.speedup, script: setup.script, request: setup.request),
            run: board)
        first = TargetLane(
            engine: Scripted(kernel, slots: slots),
            settings: TestUsers.target(lane: 0, capacity: setup.capacity, slots: slots, laneCount: 2), run: board, cpus: [-1],
            footprint: memory.footprint(setup.footprint, slots: slots, hibernateAfterNanoseconds: setup.hibernateAfterNanoseconds))
        second = TargetLane(
            engine: Scripted(kernel, slots: setup.users * 8 + 8),
            settings: TestUsers.target(lane: 1, capacity: setup.users * 8, slots: setup.users * 8 + 8, laneCount: 2), run: board, cpus: [-1],
            footprint: memory.footprint(
                setup.footprint, slots: setup.users * 8 + 8, hibernateAfterNanoseconds: setup.hibernateAfterNanoseconds, lane: 1))
    }

    var board: LaneBoard { worker.board }
    var targets: [LaneBoard] { [first.board, second.board] }
    func both(_ counter: Counter) -> UInt64 { first.board[counter] + second.board[counter] }

    /// Ramp, sweep, and then quiet.
    mutating func play() {
        worker.begin()
        first.begin()
        second.begin()
        memory.set(.ramp)
        passUntil("the ramp's end") { board in board[.rampState] == 2 }
        if !setup.sweepsUnderFaults { kernel.faults = .none }
        if !setup.sweepsUnderFaults { settle() }
        joinedBeforeSweep = board[.joinedNow]
        memory.set(.sweep)
        passUntil("the sweep's end") { board in board[.sweepState] == 2 }
        kernel.faults = .none
        settle()
    }

    mutating func pass() {
        worker.pass()
        first.pass()
        second.pass()
        // What the lanes write to their bell nobody hears here: it rings all the time.
        kernel.ringBells()
    }

    mutating func passUntil(_ what: String, _ done: (LaneBoard) -> Bool) {
        for _ in 0..<Self.passLimit {
            if done(board) { return }
            pass()
        }
        hang = hang ?? "\(what) never came: states \((0..<setup.users).map { worker.connections[$0].peer.state }), \(board.causes)"
    }

    /// Until nothing is under way any more.
    mutating func settle() {
        for _ in 0..<Self.passLimit {
            worker.pass()
            first.pass()
            second.pass()
            if kernel.isQuiet { return }
        }
        hang = hang ?? "there was no quiet"
    }

    // MARK: what must hold

    /// What is wrong after `play`, in sentences; nothing is what should be.
    func wrongs(traces: [UInt64]) -> [String] {
        var wrongs = kernel.violations
        func demand(_ holds: Bool, _ sentence: @autoclosure () -> String) { if !holds { wrongs.append(sentence()) } }
        if let hang { return wrongs + [hang] }
        let users = UInt64(setup.users)
        demand(board[.usersStarted] == users, "started \(board[.usersStarted]) of \(users)")
        demand(board[.joinedNow] + board[.usersEnded] == users, "\(board[.joinedNow]) joined and \(board[.usersEnded]) ended of \(users)")
        demand(board[.joined] - board[.lost] == board[.joinedNow], "joined, lost and joinedNow do not add up")
        demand(board[.connectedNow] == board[.joinedNow], "connectedNow \(board[.connectedNow]), joinedNow \(board[.joinedNow])")
        demand(board[.openNow] == board[.joinedNow], "openNow \(board[.openNow]), joinedNow \(board[.joinedNow])")
        demand(board[.attempts] == board[.usersStarted] + board[.retries], "attempts are not first ones and retries")
        // One cause for each failed attempt, and one for each user that ended.
        let failedAttempts = board[.attempts] - board[.tcpConnected]
        let causes = board.causes.values.reduce(0, +)
        demand(causes == failedAttempts + board[.usersEnded], "\(causes) causes for \(failedAttempts) attempts and \(board[.usersEnded]) users: \(board.causes)")
        demand(worker.inFlight == 0 && worker.wheelCount == 0 && worker.sweepsInFlight == 0, "something is in flight")
        demand(worker.unansweredNow == 0, "\(worker.unansweredNow) attempts still wait for nobody")
        // The sweep.
        demand(board[.sweepAsked] == joinedBeforeSweep, "\(board[.sweepAsked]) asked, \(joinedBeforeSweep) were joined")
        let judged = board[.verified] + board[.verifyFailed]
        demand(board[.joinedNow] <= board[.verified] && judged <= joinedBeforeSweep, "\(board[.verified]) verified of \(joinedBeforeSweep)")
        if !setup.sweepsUnderFaults {
            demand(board[.verified] == joinedBeforeSweep && board[.joinedNow] == joinedBeforeSweep, "\(board[.verified]) verified of \(joinedBeforeSweep) without a fault")
        }
        // Buffers and slots.
        demand(worker.pipe.blocksInUse == 0, "worker: \(worker.pipe.blocksInUse) blocks missing")
        demand(kernel.endpoints[0].openSockets == Int(board[.openNow]), "worker: slots leaked")
        for (index, target) in targets.enumerated() {
            let endpoint = kernel.endpoints[1 + index]
            demand(target[.accepted] == target[.closed] + target[.openNow], "target \(index): accepted is not closed and open")
            demand(endpoint.openSockets == Int(target[.openNow]), "target \(index): slots leaked")
            demand(endpoint.freeSlotCount + endpoint.openSockets == endpoint.slots, "target \(index): slots lost")
        }
        wrongs += footprintWrongs(first) + footprintWrongs(second)
        demand(first.pipe.blocksInUse == 0, "target 0: blocks missing")
        demand(second.pipe.blocksInUse == 0, "target 1: blocks missing")
        demand(both(.openNow) == board[.openNow], "\(both(.openNow)) open at the target, \(board[.openNow]) at the worker")
        demand(both(.channelsJoined) >= board[.joined], "fewer channels than joined users")
        demand(both(.heartbeatsAnswered) >= board[.verified], "fewer answers than verified users")
        demand(both(.refused) == 0, "a session was refused")
        // The digest is that of the users that joined, whatever happened to the others.
        var low: UInt64 = 0, high: UInt64 = 0, counted: UInt64 = 0
        for user in 0..<setup.users where worker.connections[user].peer.state == UserState.resting {
            demand(worker.connections[user].trace == traces[user], "user \(user) has another trace than without faults")
            low &+= traces[user]
            high &+= Keyed.mixed(traces[user])
            counted += 1
        }
        demand(board[.digestUsers] == board[.joined], "the digest counts \(board[.digestUsers]) of \(board[.joined]) users")
        if board[.lost] == 0 {
            demand(board[.digestLow] == low && board[.digestHigh] == high && board[.digestUsers] == counted, "another digest")
        }
        return wrongs
    }

    /// The footprint is that of the connections that have joined, awake or not.
    private func footprintWrongs(_ target: borrowing TargetLane<Scripted>) -> [String] {
        let peers = target.peers
        let joined = (0..<target.settings.slots).filter { peers[$0].has(Peer.Flag.joined) }.count
        let awake = setup.footprint.reduce(0) { $0 + FootprintBlocks.awakeBytes($1) }
        let asleep = setup.footprint.reduce(0) { $0 + FootprintBlocks.asleepBytes($1) }
        let bytes = UInt64(joined * awake) - target.board[.hibernatedNow] * UInt64(awake - asleep)
        if target.board[.footprintBytes] == bytes { return [] }
        return ["target \(target.settings.lane): a footprint of \(target.board[.footprintBytes]) bytes, \(bytes) should be"]
    }

    /// Each user's trace, after a play without faults.
    func traces() -> [UInt64] { (0..<setup.users).map { worker.connections[$0].trace } }
}
