import CLab
import Engine
import Foundation
import Glibc
import Lab
import Profiles

/// The state of a run under way.
final class Run {
    /// Lanes that cannot be made ready within this time are given up.
    static let readySeconds = 60.0
    /// A ramp or sweep in which nothing moves for so long is over: longer than six SYN retries take.
    static let stallSeconds = 150.0
    static let sweepStallSeconds = 30.0
    /// The ramp stops while so much of the host's memory is left, so that nothing is killed for it.
    static let memoryReserveBytes: UInt64 = 160 << 20
    /// A full ramp takes some 400 MiB a second: it is looked at often enough to stop within the reserve.
    static let memoryPeriodSeconds = 0.1

    let plan: Plan
    let record: Record
    let board: Board
    let boardDescriptor: Int32
    let waiting: Waiting
    let bell: Int32
    let executable: String
    /// Gone once the target has it.
    var door: Door?
    /// Where the chat page is while the run lasts; nil where nobody can reach it.
    let chatURL: String?
    let onEvent: (String) -> Void
    let onProgress: (Progress) -> Void
    let began = monotonicSeconds()
    let startedAt = Date()
    var world: World?
    var degraded: [String]
    var sampler: Sampler?
    var evidence: Ceiling.Evidence
    var interrupts = 0
    var broken: String?
    /// Why the load ended early although nothing broke: what the profile expects to happen has happened.
    var stopped: String?
    var droplet: TargetDroplet?
    /// The target's CPUs, where its droplet limits them and not its memory.
    var targetGroup: Cgroup?
    /// The workers' droplets, which one process carries, as one; nil where the profile limits none, or not below the host.
    var workersGroup: Cgroup?
    var last: Sample?
    /// nil where nobody watches but the terminal.
    var live: LiveTeller?
    var lastEvent: String?
    /// Of the target's network, while a command is awaited.
    var listeners: Listeners?
    /// Of model time 0 on.
    var tsungLog: TsungLog?
    var nextSample = 0.0
    var nextMemoryLook = 0.0
    /// Connected over model time, for the comparison with the reference.
    var curve = Curve()
    var onsets = Onsets()
    var peakUsers = 0, peakConnected = 0, peakJoined = 0

    init(
        _ plan: Plan, directory: String, executable: String, door: Door.Opening, onEvent: @escaping (String) -> Void,
        onProgress: @escaping (Progress) -> Void
    ) throws {
        self.plan = plan
        self.executable = executable
        self.door = door.door
        chatURL = door.url
        self.onEvent = onEvent
        self.onProgress = onProgress
        degraded = plan.degraded + door.degraded
        bell = simbench_eventfd(0)
        waiting = Waiting(bell: bell)
        record = try Record(directory: directory, plan: plan)
        // Who comes through the door is served by a lane of its own.
        let targetLanes = plan.target.lanes + (door.door == nil ? 0 : 1)
        let bytes = Board.bytes(targetLanes: targetLanes, workerLanes: plan.workerLanes.count)
        boardDescriptor = simbench_memory_file("simbench-board", UInt64(bytes))
        guard bell >= 0, boardDescriptor >= 0, let memory = Board.map(descriptor: boardDescriptor, bytes: bytes) else {
            throw RunError("Shared memory of \(bytes) bytes for the lanes' counters was refused (errno \(errno)).")
        }
        board = Board(creatingAt: memory, targetLanes: targetLanes, workerLanes: plan.workerLanes.count)
        evidence = Ceiling.Evidence(tally: Tally(board, targetLanes: plan.target.lanes), planned: plan.users)
    }

    deinit {
        close(bell)
        close(boardDescriptor)
    }

    /// What the plan's own lanes have counted by now.
    func tally() -> Tally { Tally(board, targetLanes: plan.target.lanes) }

    func note(_ sentence: String) {
        record.note(sentence)
        lastEvent = sentence
        onEvent(sentence)
    }

    // MARK: the whole

    func carryOut() throws -> RunOutcome {
        tell(.building)
        let quiet = Quiet.wait(atMostSeconds: Quiet.limitSeconds(users: plan.users)) { if case .signal = waiting.next(milliseconds: 0) { interrupts += 1 }; return interrupts > 0 }
        if quiet.seconds > 1 { note(String(format: "Waited %.1f s for the kernel to put away what ran before.", quiet.seconds)) }
        if !quiet.isQuiet && interrupts == 0 { degraded.append("The host was not quiet when the run began: bytes per connection may be off.") }
        guard isGoingOn else {
            evidence.interrupted = true
            return outcome(Figures())
        }
        let world: World
        do { world = try build() } catch let error as LabError where error.kind == .hostCannot { throw error } catch {
            breakOff("\(error)")
            evidence.ended = broken
            return outcome(Figures())
        }
        self.world = world
        degraded += world.degraded
        note("The lab is built: \(plan.network.rawValue), \(plan.workers.count) workers.")
        var figures = Figures()
        do {
            let census = try SocketCensus(namespace: world.targetNamespace)
            defer { census.close() }
            figures.softnet = SoftnetStat.current()
            figures.counters = census.counters()
            try startLanes(world)
            if isGoingOn { ramp(&figures) }
            if isGoingOn { hold(&figures) }
            if isGoingOn { figures.verified = sweep() }
            conclude(&figures, census)
            figures.teardown = teardown(world, census)
        } catch {
            // The lab stands, but the run cannot begin: the record says why.
            kill()
            broken = "\(error)"
            note(broken ?? "")
            evidence.ended = broken
            figures.teardown = Summary.Teardown(seconds: 0, leaks: world.remove())
        }
        return outcome(figures)
    }

    func build() throws -> World {
        let world = try World.build(plan, hostFacts: plan.host)
        for sentence in world.swept { note(sentence) }
        try buildDroplet(world)
        return world
    }

    /// What is measured on the way.
    struct Figures {
        var usageBefore: Usage?
        var usageAfter: Usage?
        var workBefore: WorkMark?
        var workAfter: WorkMark?
        /// How many CPUs each side may use.
        var targetCPUs: Int?
        var workersCPUs: Int?
        var memoryBefore: MemoryMark?
        var memoryHeld: MemoryMark?
        var placement: Summary.Placement?
        var pairsHeld = 0
        var rampSeconds: Double?
        var verified: Summary.Verified?
        var softnet: SoftnetStat?
        var counters: TcpCounters?
        /// Joins by the end of the ramp.
        var rampJoins = 0
        var final: Tally?
        var teardown = Summary.Teardown(seconds: 0, leaks: [])
    }

    var isGoingOn: Bool { interrupts == 0 && broken == nil && stopped == nil }
}
