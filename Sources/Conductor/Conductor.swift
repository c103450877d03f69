import CLab
import Engine
import Foundation
import Glibc
import Lab
import Profiles

/// Carries a plan out: builds the lab, starts both sides, leads them through the phases, tears down, leaves the record.
///
/// Call it on the main thread: it blocks until the run is over, and children die with the thread that started them.
public enum Conductor {
    /// `executable` is this program, which carries the lanes in processes of its own.
    ///
    /// - Parameters:
    ///   - door: where people reach the target's chat page while the run lasts.
    ///   - onLive: told the whole state once a second, on this thread; it must not block. nil costs nothing.
    public static func run(
        _ plan: Plan, directory: String, executable: String, door: Door.Wish = .automatic,
        onEvent: @escaping (String) -> Void, onProgress: @escaping (Progress) -> Void, onLive: ((LiveState) -> Void)? = nil
    ) throws -> RunOutcome {
        let run = try Run(
            plan, directory: directory, executable: executable, door: Door.open(door, plan), onEvent: onEvent,
            onProgress: onProgress)
        run.live = onLive.map { LiveTeller(plan, $0) }
        return try run.carryOut()
    }
}

extension Conductor {
    /// So many sockets are nothing that a plan would miss.
    private static let fewSockets: UInt64 = 10_000

    /// Waits, 90 s at most, while the kernel is putting away the sockets of something that has ended. Returns at once on
    /// a host that is quiet, or whose sockets are in use.
    public static func waitUntilSocketsAreGone() {
        guard Quiet.sockets() > fewSockets else { return }
        _ = Quiet.wait(atMostSeconds: Quiet.mostSeconds) { false }
    }
}

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
            figures.teardown = teardown(world, census, &figures)
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

    private func build() throws -> World {
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

    // MARK: starting

    private func startLanes(_ world: World) throws {
        if let command = plan.target.command {
            listeners = try startCommand(command, world)
        } else if plan.target.hasLanes {
            waiting.target = try spawn(.target, namespaces: world.targetNamespace.map { [$0] } ?? [])
            // The port is the target's now, and free again as soon as that has ended.
            door = nil
        }
        defer { listeners = nil }
        waiting.workers = try spawn(.workers, namespaces: world.workerNamespaces)
        let limit = monotonicSeconds() + Run.readySeconds
        while isTargetAwaited || board[.workersReady].load(ordering: .acquiring) == 0 {
            heed(waiting.next(milliseconds: 20))
            tellLive(.building)
            guard isGoingOn else { return }
            if monotonicSeconds() > limit { breakOff(unreadySentence) }
        }
        try settleDroplet()
        sampler = Sampler(
            board: board, plan: plan, target: waiting.target?.measured, workers: waiting.workers?.measured, droplet: droplet)
        if !plan.target.hasLanes {
            note("The workers are ready: \(plan.workerLanes.count) lanes, \(plan.engine.rawValue); the target is \(plan.target.address):\(plan.target.port).")
        } else {
            note("Both sides are ready: \(plan.target.lanes) target lanes, \(plan.workerLanes.count) worker lanes, \(plan.engine.rawValue).")
        }
        if let chatURL { note("The chat page is at \(chatURL) while the run lasts.") }
    }

    private var isTargetAwaited: Bool {
        if let listeners { return !isServed(by: listeners) }
        return plan.target.hasLanes && board[.targetReady].load(ordering: .acquiring) == 0
    }

    private var unreadySentence: String {
        if let listeners, !isServed(by: listeners) { return deafCommandSentence }
        return "The lanes were not ready within \(Int(Run.readySeconds)) s."
    }

    private func buildDroplet(_ world: World) throws {
        do {
            droplet = try plan.cap.map { try TargetDroplet($0, plan, in: world) }
            if droplet == nil, let cpus = plan.targetQuota {
                targetGroup = try world.makeCgroup("target", CgroupLimits(cpuQuota: Double(cpus)))
            }
            let bytes = plan.host.capUnavailableBecause == nil ? plan.workersMemoryBytes : nil
            if bytes != nil || plan.workersQuota != nil {
                let limits = CgroupLimits(
                    memoryBytes: bytes, swapBytes: bytes.map { _ in 0 }, cpuQuota: plan.workersQuota.map { Double($0) })
                workersGroup = try world.makeCgroup("workers", limits)
            }
        } catch {
            let leaks = world.remove()
            throw leaks.isEmpty ? error : RunError("\(error) Then: \(leaks.joined(separator: " "))")
        }
    }

    private func settleDroplet() throws {
        guard let droplet else { return }
        try droplet.settle()
        note(
            "The target's droplet: \(droplet.limitBytes >> 20) MiB, of which it holds \(droplet.baseBytes.map { "\($0 >> 20) MiB" } ?? "an unknown part") now; swap "
                + "\(droplet.cap.swapBytes.map { "\($0 >> 20) MiB" } ?? "as the host's").")
    }

    private func spawn(_ role: LaneProcess.Role, namespaces: [Int32]) throws -> ChildProcess {
        let planFile = try planDescriptor()
        defer { close(planFile) }
        var request = SpawnRequest(path: executable, arguments: ["lanes", role.rawValue])
        // What a connection takes is to be the same on every host.
        request.noHugePages = true
        request.descriptors = [
            2: record.events, LaneProcess.Descriptor.plan: planFile, LaneProcess.Descriptor.board: boardDescriptor,
            LaneProcess.Descriptor.bell: bell,
        ]
        if let group = role == .target ? droplet?.group ?? targetGroup : workersGroup { request.cgroupProcs = group.procs }
        if role == .target, let door { request.descriptors[LaneProcess.Descriptor.door] = door.descriptor }
        for (index, namespace) in namespaces.enumerated() {
            request.descriptors[LaneProcess.Descriptor.firstNamespace + Int32(index)] = namespace
        }
        let side = role == .target ? plan.placement?.target : plan.placement?.workers
        request.cpus = side?.cpus.map { Int32($0) } ?? []
        // One node needs no saying, and kernels without NUMA refuse it.
        if plan.host.numaNodes > 1 { request.memoryNodes = side?.nodes.map { Int32($0) } ?? [] }
        return try Spawner.spawn(request)
    }

    private func planDescriptor() throws -> Int32 {
        let data = try plan.encoded()
        let file = simbench_memory_file("simbench-plan", UInt64(data.count))
        let written = data.withUnsafeBytes { file < 0 ? -1 : pwrite(file, $0.baseAddress, $0.count, 0) }
        guard written == data.count else { throw RunError("The plan could not be handed to the lanes (errno \(errno)).") }
        return file
    }

    // MARK: phases

    private func ramp(_ figures: inout Figures) {
        figures.memoryBefore = memoryMark()
        figures.targetCPUs = usableCPUs(waiting.target, quota: plan.targetQuota)
        figures.workersCPUs = usableCPUs(waiting.workers, quota: plan.workersQuota)
        figures.workBefore = workMark()
        figures.usageBefore = Usage(target: waiting.target?.measured, workers: waiting.workers?.measured)
        let start = monotonicSeconds() + 0.001
        board[.start].store(UInt64(start * 1e9), ordering: .relaxed)
        sampler?.start = start
        nextSample = start
        beginTsungLog()
        enter(.ramp, "The ramp begins: \(UnitText.count(plan.users)) users.")
        // A paced load may rest between its arrivals; it stands still only after the last one.
        let scheduled = isPaced ? start + plan.phases.reduce(0) { $0 + $1.durationSeconds } / plan.speedup : start
        var moved = start
        var lastJoin = start
        var before = -1
        var joined = 0
        while isGoingOn {
            let tally = step(.ramping, until: monotonicSeconds() + Run.memoryPeriodSeconds)
            if tally.openedTotal > joined { (joined, lastJoin) = (tally.openedTotal, monotonicSeconds()) }
            if tally.ramping == 0 { break }
            // Whoever is still trying has been refused by every port that answers: two patiences long nobody got through.
            if isPaced, tally.started == plan.users, monotonicSeconds() - lastJoin > 2 * plan.synPatienceSeconds {
                note("Nobody joins any more; \(tally.onTheirWay) users are still without a connection and go on trying.")
                break
            }
            let progress = tally.openedTotal + tally.ended + tally.started
            if progress != before || monotonicSeconds() < scheduled { moved = monotonicSeconds() }
            before = progress
            if monotonicSeconds() - moved > Run.stallSeconds {
                evidence.stalledSeconds = monotonicSeconds() - moved
                note("The ramp stands still; the run goes on with what there is.")
                break
            }
            if let left = memoryLeft(), left < Run.memoryReserveBytes {
                evidence.memoryLeftBytes = left
                note("The ramp is stopped: \(left >> 20) MiB of the host's memory are left.")
                break
            }
        }
        figures.rampSeconds = (joined > 0 ? lastJoin : moved) - start
        figures.rampJoins = tally().openedTotal
        figures.usageAfter = Usage(target: waiting.target?.measured, workers: waiting.workers?.measured)
        figures.workAfter = workMark()
    }

    /// Those it may run on, or as many as its quota comes to.
    private func usableCPUs(_ process: ChildProcess?, quota: Int?) -> Int? {
        process?.measured.allowedCPUs().map { min($0, quota ?? $0) }
    }

    private func workMark() -> WorkMark {
        WorkMark(board, targetLanes: plan.target.lanes, target: waiting.target?.measured, workers: waiting.workers?.measured)
    }

    /// What memory can still be had, looked at no more often than every `memoryPeriodSeconds`.
    private func memoryLeft() -> UInt64? {
        let now = monotonicSeconds()
        guard now >= nextMemoryLook else { return nil }
        nextMemoryLook = now + Run.memoryPeriodSeconds
        return HostReadings.memory().flatMap(MemoryLeft.bytes)
    }

    var isPaced: Bool { plan.phases.contains { $0.ratePerSecond != nil } }

    private func hold(_ figures: inout Figures) {
        enter(.hold, "The hold begins: \(UnitText.count(tally().present(plan))) \(plan.joins ? "joined" : "connected").")
        let end = monotonicSeconds() + plan.holdSeconds
        // Freed handshake memory and deferred work settle before memory is measured.
        let settled = monotonicSeconds() + min(plan.holdSeconds / 2, 5)
        while isGoingOn, monotonicSeconds() < end {
            let tally = step(.holding, until: figures.memoryHeld == nil ? settled : end, secondsLeft: end - monotonicSeconds())
            if tally.started == plan.users, tally.ended == tally.started {
                note("Every user has left: there is nothing to hold.")
                break
            }
            if figures.memoryHeld == nil, monotonicSeconds() >= settled { measure(&figures) }
        }
        if figures.memoryHeld == nil { measure(&figures) }
    }

    private func measure(_ figures: inout Figures) {
        figures.memoryHeld = memoryMark()
        figures.placement = placementMeasured()
        let tally = self.tally()
        figures.pairsHeld = tally.present(plan)
        droplet?.measure(footprintBytes: tally.footprintBytes, connections: tally.present(plan))
    }

    private func memoryMark() -> MemoryMark {
        MemoryMark(target: waiting.target?.measured, workers: waiting.workers?.measured, footprintBytes: tally().footprintBytes)
    }

    private func sweep() -> Summary.Verified {
        let asked = tally().present(plan)
        let start = monotonicSeconds()
        enter(.sweep, "The sweep begins: \(asked) connections are asked for a \(plan.joins ? "heartbeat" : "pong").")
        var moved = start
        var before = -1
        while isGoingOn {
            let tally = step(.sweeping)
            if tally.sweeping == 0 { break }
            if tally.verified != before { moved = monotonicSeconds() }
            before = tally.verified
            if monotonicSeconds() - moved > Run.sweepStallSeconds {
                note("The sweep stands still: \(asked - tally.verified) answers are missing.")
                break
            }
        }
        let tally = self.tally()
        // Users that came or went when the sweep began were counted by their lanes.
        let (all, replied) = (tally.sweeping == 0 ? tally.asked : asked, tally.verified)
        note("The sweep is over: \(replied) of \(all) answered.")
        return Summary.Verified(asked: all, replied: replied, missing: all - replied, seconds: monotonicSeconds() - start)
    }

    private func conclude(_ figures: inout Figures, _ census: SocketCensus) {
        let tally = self.tally()
        figures.final = tally
        evidence.tally = tally
        endTsungLog()
        evidence.interrupted = interrupts > 0
        evidence.ended = evidence.ended ?? broken
        evidence.target = census.counters().flatMap { now in figures.counters.map { now.since($0) } }
        if let now = SoftnetStat.current(), let before = figures.softnet {
            var growth = now
            growth.dropped = now.dropped >= before.dropped ? now.dropped - before.dropped : 0
            evidence.softnet = growth
        }
        evidence.lanesFull = tally.acceptTableFull > 0
        evidence.targetTable = plan.target.command.flatMap { _ in waiting.target?.measured.fullestTable() }
        _ = droplet?.read()
        evidence.droplet = droplet?.summary
        evidence.onsets = onsets
        evidence.peakConnected = peakConnected
        evidence.interference = interference(figures)
        evidence.knee = isPaced ? KneeFit.knee(of: curve) : nil
        if let stage = live?.last?.stage { tellLive(stage, isForced: true) }
    }
}
