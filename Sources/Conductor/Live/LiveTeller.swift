import Engine
import Lab
import Profiles

/// Makes a `LiveState` once a second, for as long as somebody is to be told. Only the conductor's thread uses it.
///
/// It looks at both processes, the host and the whole board: some 3 KiB of histogram a lane and kind of latency, 1 ms
/// for 125 lanes. It asks nothing of the lanes.
struct LiveTeller {
    static let periodSeconds = 1.0
    /// A run whose sampling period is shorter is told as often as it is sampled, but no more often than this.
    static let shortestPeriodSeconds = 0.25

    let plan: Plan
    /// Rates over less than this are of the clock's ticks (10 ms) rather than of the run; those before stand.
    private static let shortestSpanSeconds = 0.1

    private let tell: (LiveState) -> Void
    private let period: Double
    /// CLOCK_MONOTONIC seconds at which the next state is due.
    private(set) var dueSeconds = 0.0
    private var stage: Progress.Stage?
    private var usage: Usage
    /// Before anything ran.
    private let first: Usage
    private var pressure: UInt64?
    private var openedTotal = 0
    /// The kernel's slabs when the run began.
    private let slabBytes: UInt64?
    /// As it was told last, and as it was before the teardown began.
    private(set) var last: LiveState?
    private var held: LiveState?

    init(_ plan: Plan, _ tell: @escaping (LiveState) -> Void) {
        self.plan = plan
        self.tell = tell
        period = min(Self.periodSeconds, max(plan.samplePeriodSeconds, Self.shortestPeriodSeconds))
        first = Usage(target: nil, workers: nil)
        usage = first
        slabBytes = HostReadings.memory()?["Slab"]
    }

    /// What a run adds to what is read off the board and the host.
    struct Moment {
        var stage: Progress.Stage
        var elapsedSeconds: Double
        /// CLOCK_MONOTONIC seconds at model time 0; nil before the ramp.
        var startSeconds: Double?
        var secondsLeft: Double?
        var socketsLeft: Int?
        var target: MeasuredProcess?
        var workers: MeasuredProcess?
        var droplet: TargetDroplet?
        var knee: LiveState.Knee?
        var event: String?
        var chatURL: String?
    }

    func isDue(_ stage: Progress.Stage) -> Bool { stage != self.stage || monotonicSeconds() >= dueSeconds }

    mutating func tell(_ moment: Moment, _ board: Board) {
        let now = Usage(target: moment.target, workers: moment.workers)
        let seconds = max(now.seconds - usage.seconds, 1e-6)
        let tally = Tally(board, targetLanes: plan.target.lanes)
        let group = moment.droplet?.read()
        let waited = group?.pressureSomeTotalMicroseconds ?? now.pressureMicroseconds
        var state = LiveState(
            stage: moment.stage, elapsedSeconds: moment.elapsedSeconds,
            modelSeconds: moment.startSeconds.map { max(0, now.seconds - $0) * plan.speedup }, secondsLeft: moment.secondsLeft,
            usersPlanned: plan.users, tally, joinsPerSecond: Double(max(0, tally.openedTotal - openedTotal)) / seconds,
            latency: Summary.Latency(board), memory: memory(moment.droplet, group, now, tally),
            cpu: cpu(now, seconds), workers: Self.workers(plan, board))
        (state.connects, state.joins) = (tally.connectedTotal, tally.joinedTotal)
        state.verified = moment.stage == .sweeping ? tally.verified : nil
        state.socketsLeft = moment.socketsLeft
        state.knee = moment.knee
        state.event = moment.event
        state.chatUrl = moment.chatURL
        if let waited, let pressure, waited >= pressure {
            state.memory.pressurePercent = min(100, Double(waited - pressure) * 1e-4 / seconds)
        }
        if seconds >= Self.shortestSpanSeconds {
            (usage, openedTotal, pressure) = (now, tally.openedTotal, waited)
        } else if let last {
            (state.cpu, state.joinsPerSecond, state.memory.pressurePercent) = (last.cpu, last.joinsPerSecond, last.memory.pressurePercent)
        }
        (stage, last) = (moment.stage, state)
        if moment.stage != .tearingDown { held = state }
        dueSeconds = now.seconds + period
        tell(state)
    }

    /// The last of a run: what stood before the teardown, with the summary's figures, and what it came to.
    mutating func finish(_ summary: Summary, exitStatus: Int32, elapsedSeconds: Double, event: String?) {
        guard var state = held else { return }
        state.stage = .done
        (state.usersStarted, state.connected, state.joined) = (summary.users.started, summary.connected.final, summary.joined.final)
        (state.lost, state.retries, state.joinsPerSecond) = (summary.lost, summary.retries, 0)
        (state.errors, state.errorsTotal) = (summary.errors, summary.errors.values.reduce(0, +))
        (state.bytesIn, state.bytesOut) = (summary.traffic.bytesIn, summary.traffic.bytesOut)
        state.verified = summary.verified?.replied
        state.latencyUs = summary.latencyUs
        state.cpu = LiveState.CPU(host: plan.host.cpus)
        state.elapsedSeconds = elapsedSeconds
        (state.secondsLeft, state.socketsLeft, state.event) = (nil, nil, event)
        var outcome = LiveState.Outcome(verdict: summary.verdict, exitStatus: exitStatus)
        outcome.ceiling = summary.ceiling
        outcome.expectations = summary.expectations
        outcome.expectationTexts = summary.expectations.map(LiveState.ExpectationText.init)
        outcome.leaks = summary.teardown.leaks
        (outcome.interference, outcome.interferenceSentence) = (summary.interference, summary.interference.explanation)
        let fidelity = summary.fidelity
        if let seconds = fidelity.kneeModelS, let connected = fidelity.kneeConnected {
            state.knee = LiveState.Knee(modelSeconds: seconds, connected: connected * plan.connectionScale)
        }
        if let seconds = fidelity.referenceKneeModelS, let connected = fidelity.referenceKneeConnected {
            outcome.referenceKnee = LiveState.Knee(modelSeconds: seconds, connected: connected * plan.connectionScale)
        }
        state.outcome = outcome
        last = state
        tell(state)
    }

    // MARK: readings

    private func cpu(_ now: Usage, _ seconds: Double) -> LiveState.CPU {
        var cpu = LiveState.CPU(host: plan.host.cpus)
        cpu.target = Usage.seconds(now.target, since: usage.target).map { $0 / seconds }
        cpu.workers = Usage.seconds(now.workers, since: usage.workers).map { $0 / seconds }
        cpu.softirq = now.softirqSeconds(since: usage).map { $0 / seconds }
        cpu.idle = Usage.isWholeHost(plan) ? now.idleSeconds(since: usage).map { $0 / seconds } : nil
        (cpu.targetSeconds, cpu.workersSeconds) = (now.target.map(Usage.seconds), now.workers.map(Usage.seconds))
        cpu.softirqSeconds = now.softirqSeconds(since: first)
        return cpu
    }

    private func memory(_ droplet: TargetDroplet?, _ group: CgroupReading?, _ now: Usage, _ tally: Tally) -> LiveState.Memory {
        var memory = LiveState.Memory(hostTotalBytes: plan.host.memoryTotalBytes)
        let host = HostReadings.memory()
        memory.hostUsedBytes = host.flatMap(MemoryLeft.bytes).map { plan.host.memoryTotalBytes > $0 ? plan.host.memoryTotalBytes - $0 : 0 }
        memory.workersBytes = now.workers?.residentBytes
        let resident = now.target?.residentBytes
        if let resident {
            let footprint = min(resident, tally.footprintBytes)
            memory.targetFootprintBytes = footprint
            memory.targetUserBytes = resident - footprint
        }
        if let droplet {
            memory.limitBytes = droplet.limitBytes
            memory.chargedBytes = group?.memoryBytes
            memory.swapBytes = group?.swapBytes
            memory.swapLimitBytes = droplet.cap.swapBytes
            memory.limitHits = group?.limitHits
            if let charged = group?.memoryBytes, let resident { memory.targetKernelBytes = charged > resident ? charged - resident : 0 }
        } else if plan.target.hasLanes, let slab = host?["Slab"], let before = slabBytes, resident != nil {
            memory.targetKernelBytes = slab > before ? (slab - before) / 2 : 0
        }
        return memory
    }

    /// A row for each worker of the plan, in its order.
    static func workers(_ plan: Plan, _ board: Board) -> [LiveState.Worker] {
        var rows = plan.workers.map { LiveState.Worker(index: $0.index, group: $0.group, planned: $0.users) }
        for (index, lane) in plan.workerLanes.enumerated() where index < board.workerLanes && rows.indices.contains(lane.worker) {
            let counters = board.worker(index)
            rows[lane.worker].started += Int(counters[.usersStarted])
            rows[lane.worker].connected += Int(counters[.connectedNow])
            rows[lane.worker].joined += Int(counters[.joinedNow])
            rows[lane.worker].errors += Tally.causes.reduce(0) { $0 + Int(counters[$1]) }
        }
        return rows
    }
}

extension LiveState {
    init(
        stage: Progress.Stage, elapsedSeconds: Double, modelSeconds: Double?, secondsLeft: Double?, usersPlanned: Int, _ tally: Tally,
        joinsPerSecond: Double, latency: Summary.Latency, memory: Memory, cpu: CPU, workers: [Worker]
    ) {
        self.init(
            stage: stage, elapsedSeconds: elapsedSeconds, modelSeconds: modelSeconds, secondsLeft: secondsLeft,
            usersPlanned: usersPlanned, usersStarted: tally.started, users: tally.started - tally.ended, connected: tally.connected,
            joined: tally.joined, joinsPerSecond: joinsPerSecond, lost: tally.lost, retries: tally.retries,
            errorsTotal: tally.errorCount, errors: tally.errors, bytesIn: tally.bytesIn, bytesOut: tally.bytesOut,
            latencyUs: latency, memory: memory, cpu: cpu, workers: workers)
    }

    /// A run of which nothing is known yet but its size.
    public init(building plan: Plan) {
        self.init(
            stage: .building, elapsedSeconds: 0, modelSeconds: nil, secondsLeft: nil, usersPlanned: plan.users, Tally.none,
            joinsPerSecond: 0, latency: Summary.Latency(), memory: Memory(hostTotalBytes: plan.host.memoryTotalBytes),
            cpu: CPU(host: plan.host.cpus),
            workers: plan.workers.map { Worker(index: $0.index, group: $0.group, planned: $0.users) })
    }
}
