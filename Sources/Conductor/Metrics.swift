import Engine
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
    /// Memory by what holds it, bytes: target, target_swap, target_limit, footprint, host_available, host_total.
    public var memoryBytes: [String: UInt64] = [:]
    /// Bytes per connection by the part's name in summary.json.
    public var connectionBytes: [String: Double] = [:]
    /// CPU time by side: target, workers, softirq.
    public var cpuSeconds: [String: Double] = [:]
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
    /// A run under way, as of its latest sample.
    init(_ plan: Plan, _ sample: Sample, stage: Progress.Stage, elapsedSeconds: Double, board: Board, limitBytes: UInt64?) {
        self.init(
            profile: plan.profile, engine: plan.engine.rawValue, fit: plan.fit.rawValue, version: plan.version, stage: stage.rawValue)
        self.elapsedSeconds = elapsedSeconds
        modelSeconds = sample.modelSeconds
        usersPlanned = plan.users
        take(sample.tally)
        if stage == .sweeping { verified = sample.tally.verified }
        for latency in Latency.allCases { latencies[latency.name] = Summary.Percentiles(board.latencies(latency)) }
        let memory: [(String, UInt64?)] = [
            ("target", sample.targetMemoryBytes), ("target_swap", sample.targetSwapBytes), ("target_limit", limitBytes),
            ("footprint", sample.hasTarget ? sample.tally.footprintBytes : nil), ("host_available", sample.memoryAvailableBytes),
            ("host_total", plan.host.memoryTotalBytes),
        ]
        for (name, bytes) in memory { memoryBytes[name] = bytes }
        cpuSeconds["target"] = sample.targetCPUSeconds
        cpuSeconds["workers"] = sample.workersCPUSeconds
        cpuSeconds["softirq"] = sample.softirqCPUSeconds
        memoryPressurePercent = sample.memoryPressurePercent
    }

    private mutating func take(_ tally: Tally) {
        usersStarted = tally.started
        users = tally.started - tally.ended
        (connected, connects) = (tally.connected, tally.connectedTotal)
        (joined, joins) = (tally.joined, tally.joinedTotal)
        (lost, retries, errors) = (tally.lost, tally.retries, tally.errors)
        (bytesIn, bytesOut) = (tally.bytesIn, tally.bytesOut)
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
        let latency = summary.latencyUs
        let all = [
            ("connect", latency.connect), ("join", latency.join), ("heartbeat", latency.heartbeat), ("reply", latency.reply),
            ("broadcast", latency.broadcast),
        ]
        for (name, figures) in all { latencies[name] = figures }
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

extension Latency {
    /// In summary.json.
    var name: String {
        switch self {
        case .connect: "connect"
        case .join: "join"
        case .heartbeat: "heartbeat"
        case .reply: "reply"
        }
    }
}

extension Summary.Percentiles {
    /// nil when nothing was measured.
    init?(_ sum: HistogramSum) {
        guard let p50 = sum.percentile(0.5), let p90 = sum.percentile(0.9), let p99 = sum.percentile(0.99),
            let p999 = sum.percentile(0.999), let max = sum.maximumMicroseconds
        else { return nil }
        self.init(p50: p50, p90: p90, p99: p99, p999: p999, max: max, count: UInt64(sum.count))
    }
}
