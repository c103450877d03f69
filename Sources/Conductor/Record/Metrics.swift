import Profiles

/// Figures of a run at one moment, as monitoring systems collect them. What is not known is nil, or not in the table.
public struct Metrics: Equatable, Sendable {
    public var profile: String
    public var engine: String
    public var fit: String
    public var version: String
    /// A stage of `Progress`, or what the run came to.
    public var stage: String
    public var elapsedSeconds: Double?
    public var modelSeconds: Double?
    public var usersPlanned: Int?
    public var usersStarted = 0
    public var users: Int?
    public var connected = 0
    public var joined = 0
    /// Since the run began.
    public var connects: Int?
    public var joins: Int?
    /// Over the last period.
    public var joinsPerSecond: Double?
    public var lost = 0
    public var retries = 0
    /// Heartbeats of the verification sweep that were answered.
    public var verified: Int?
    /// By the cause's name in summary.json.
    public var errors: [String: Int] = [:]
    /// As the workers saw it.
    public var bytesIn: UInt64 = 0
    public var bytesOut: UInt64 = 0
    /// By the latency's name in summary.json.
    public var latencies: [String: Summary.Percentiles] = [:]
    /// Memory by what it is for, bytes.
    public var memoryBytes: [String: UInt64] = [:]
    /// Bytes per connection by the part's name in summary.json.
    public var connectionBytes: [String: Double] = [:]
    /// CPU time by side: target, workers, softirq.
    public var cpuSeconds: [String: Double] = [:]
    /// CPUs in use over the last period, by side.
    public var cpuCores: [String: Double] = [:]
    public var memoryPressurePercent: Double?

    public init(profile: String, engine: String, fit: String, version: String, stage: String) {
        self.profile = profile
        self.engine = engine
        self.fit = fit
        self.version = version
        self.stage = stage
    }
}

extension Metrics {
    /// A run under way.
    public init(_ state: LiveState, _ plan: Plan) {
        self.init(
            profile: plan.profile, engine: plan.engine.rawValue, fit: plan.fit.rawValue, version: plan.version,
            stage: state.outcome?.verdict ?? state.stage.rawValue)
        elapsedSeconds = state.elapsedSeconds
        modelSeconds = state.modelSeconds
        (usersPlanned, usersStarted, users) = (state.usersPlanned, state.usersStarted, state.users)
        (connected, connects) = (state.connected, state.connects)
        (joined, joins, joinsPerSecond) = (state.joined, state.joins, state.joinsPerSecond)
        verified = state.verified
        (lost, retries, errors) = (state.lost, state.retries, state.errors)
        (bytesIn, bytesOut) = (state.bytesIn, state.bytesOut)
        for (name, figures) in state.latencyUs.named { latencies[name] = figures }
        let memory = state.memory
        let parts: [(String, UInt64?)] = [
            ("target_kernel", memory.targetKernelBytes), ("target_user", memory.targetUserBytes),
            ("target_footprint", memory.targetFootprintBytes), ("target_charged", memory.chargedBytes),
            ("target_limit", memory.limitBytes), ("target_swap", memory.swapBytes), ("workers", memory.workersBytes),
            ("host_used", memory.hostUsedBytes), ("host_total", memory.hostTotalBytes),
        ]
        for (name, bytes) in parts { memoryBytes[name] = bytes }
        memoryPressurePercent = memory.pressurePercent
        let cpu = state.cpu
        for (name, cores) in [("target", cpu.target), ("workers", cpu.workers), ("softirq", cpu.softirq)] { cpuCores[name] = cores }
        let seconds = [("target", cpu.targetSeconds), ("workers", cpu.workersSeconds), ("softirq", cpu.softirqSeconds)]
        for (name, total) in seconds { cpuSeconds[name] = total }
    }

    /// A run that is over, from its record.
    public init(_ summary: Summary) {
        self.init(
            profile: summary.profile, engine: summary.engine.rawValue, fit: summary.fit.rawValue, version: summary.version,
            stage: summary.verdict)
        elapsedSeconds = summary.run?.seconds
        usersStarted = summary.users.started
        (connected, joined) = (summary.connected.final, summary.joined.final)
        (lost, retries, errors) = (summary.lost, summary.retries, summary.errors)
        verified = summary.verified?.replied
        (bytesIn, bytesOut) = (summary.traffic.bytesIn, summary.traffic.bytesOut)
        for (name, figures) in summary.latencyUs.named { latencies[name] = figures }
        let bytes = summary.bytesPerConnection
        let parts = [
            ("target_kernel", bytes.targetKernel), ("target_user", bytes.targetUser), ("target_footprint", bytes.targetFootprint),
            ("worker_kernel", bytes.workerKernel), ("worker_user", bytes.workerUser),
        ]
        for (name, figure) in parts { connectionBytes[name] = figure }
        memoryBytes["target_limit"] = summary.droplet?.limitBytes
        memoryBytes["host_total"] = summary.host.memoryTotalBytes
    }
}
