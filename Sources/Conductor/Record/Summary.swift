import Foundation
import Profiles

/// What a run came to: `summary.json`. A figure that could not be measured is null, never 0.
///
/// Its keys are the snake_case of the property names; schema `simbench.summary/1`.
public struct Summary: Codable, Equatable, Sendable {
    public struct Ceiling: Codable, Equatable, Sendable {
        /// memory, swap, ports, descriptors, accept_queue, syn_drops, tcp_mem, cpu, timeouts, target_exit, interrupted or none.
        public var cause: String
        public var atConnected: Int?
        /// Sentences.
        public var evidence: [String]
    }
    public struct Users: Codable, Equatable, Sendable {
        public var peak: Int
        public var started: Int
        /// Users whose session was played to its end; nil only in summaries of older versions.
        public var finished: Int?
    }
    public struct Level: Codable, Equatable, Sendable {
        public var peak: Int
        public var final: Int
    }
    public struct Verified: Codable, Equatable, Sendable {
        /// Connections that were joined when the sweep began.
        public var asked: Int
        /// Of those, the ones whose heartbeat was answered.
        public var replied: Int
        public var missing: Int
        public var seconds: Double
    }
    public struct Ramp: Codable, Equatable, Sendable {
        /// From the first arrival to the last join, wall seconds.
        public var seconds: Double?
        public var joinsPerSecond: Double?
    }
    public struct Percentiles: Codable, Equatable, Sendable {
        public var p50: UInt64
        public var p90: UInt64
        public var p99: UInt64
        public var p999: UInt64
        public var max: UInt64
        public var count: UInt64
    }
    public struct Latency: Codable, Equatable, Sendable {
        public var connect: Percentiles?
        public var join: Percentiles?
        public var heartbeat: Percentiles?
        public var broadcast: Percentiles?
        /// From a message of a session that waits for one to its answer.
        public var reply: Percentiles?

        /// By their names in summary.json, in the order in which they are shown.
        public var named: [(name: String, figures: Percentiles?)] {
            [("connect", connect), ("join", join), ("heartbeat", heartbeat), ("reply", reply), ("broadcast", broadcast)]
        }
    }
    public struct ConnectionBytes: Codable, Equatable, Sendable {
        public var targetKernel: Double?
        public var targetUser: Double?
        public var targetFootprint: Double?
        public var workerKernel: Double?
        public var workerUser: Double?
        /// Kernel and user bytes of both ends together.
        public var pair: Double?
        /// Memory of the processes that does not grow with connections, bytes in all.
        public var fixed: Double?
        /// How the kernel's part was measured and split, in a sentence.
        public var method: String
        /// Growth by slab cache over the hold, bytes per pair.
        public var slab: [String: Double]?
    }
    public struct CPU: Codable, Equatable, Sendable {
        public var target: Double?
        public var workers: Double?
        public var softirq: Double?
        /// What the three are, in a sentence.
        public var method: String
    }
    /// How often something was done for a connection.
    public struct Work: Codable, Equatable, Sendable {
        public var target: Double?
        public var workers: Double?
        /// What is counted, in a sentence.
        public var method: String
    }
    /// The run's curve of connections beside the reference's; all nil without one. `Conductor.Fidelity` says how.
    public struct Fidelity: Codable, Equatable, Sendable {
        /// In percent of the reference's final value.
        public var rmsePct: Double?
        public var maxDeviationPct: Double?
        /// In percent of the reference at the sample where it is largest.
        public var maxRelativeDeviationPct: Double?
        /// Of the run's last value from the reference's, in percent of that.
        public var finalDeviationPct: Double?
        public var referenceFinalConnected: Double?
        /// The samples of the reference that were compared.
        public var comparedSamples: Int?
        public var comparedFromModelS: Double?
        public var comparedToModelS: Double?
        /// Where the run's curve bends; nil when it does not, or is too short to tell.
        public var kneeConnected: Double?
        public var kneeModelS: Double?
        /// From, to: at least 95 % sure.
        public var kneeIntervalModelS: [Double]?
        /// Connections per model second before and after the knee.
        public var slopeBefore: Double?
        public var slopeAfter: Double?
        public var referenceKneeConnected: Double?
        public var referenceKneeModelS: Double?
        public var referenceKneeIntervalModelS: [Double]?
        public var referenceSlopeBefore: Double?
        public var referenceSlopeAfter: Double?
        /// In percent of the reference's, in model seconds since the load began.
        public var kneeDeviationPct: Double?
        public var slopeAfterDeviationPct: Double?
        /// Why there was no comparison, or what must be known about it.
        public var remark: String?
    }
    /// The limits around the target and what they showed; null for a run without.
    public struct Droplet: Codable, Equatable, Sendable {
        /// The memory limit of the target's control group.
        public var limitBytes: UInt64?
        /// null is the host's swap.
        public var swapLimitBytes: UInt64?
        /// Charged before the first connection.
        public var baseBytes: UInt64?
        public var memoryPeakBytes: UInt64?
        public var swapPeakBytes: UInt64?
        /// How often an allocation met the limit.
        public var limitHits: UInt64?
        public var oomKills: UInt64?
        /// Charged per connection, in memory or in swap, footprint included, as measured while connections were held.
        public var chargedPerConnection: Double?
        /// What the plan reckoned with.
        public var predictedPerConnection: Double?
        public var chargeDeviationPct: Double?
    }
    /// Who used the CPUs that were there, over the ramp. On one host load and target compete for them.
    public struct Interference: Codable, Equatable, Sendable {
        /// Of all the host's CPU time.
        public var hostBusyPct: Double?
        public var targetPct: Double?
        public var workersPct: Double?
        /// Softirq of the whole host; a kernel that does not account it apart has it in the two above as well.
        public var softirqPct: Double?
        /// Busy with neither of these: other programs and the kernel's own threads.
        public var othersPct: Double?
        public var idlePct: Double?
        /// The CPUs were used up, and the workers used more of them than the target, or used up CPUs of their own: the
        /// load, not the target, was the limit. nil at rate max on CPUs that both share, where the load is meant to be.
        public var generatorBound: Bool?
        /// `generator-bound`, `target-bound`, `cpu-bound` (both sides at rate max), or `not cpu-bound`.
        public var verdict: String?
        /// What the shares are and how the verdict comes about, in sentences; nil in records of versions that did not tell.
        public var method: String?
    }
    public struct Teardown: Codable, Equatable, Sendable {
        public var seconds: Double
        /// What was left, in sentences.
        public var leaks: [String]
    }
    public struct Traffic: Codable, Equatable, Sendable {
        public var bytesIn: UInt64
        public var bytesOut: UInt64
        /// Messages of sessions, joins among them, without what the sweep asks; nil only in summaries of older versions.
        public var messagesSent: UInt64?
        public var messagesAnswered: UInt64?
        /// Of those answered: with an error, or by the crash of the channel.
        public var messagesRefused: UInt64?
    }
    /// The run as a stretch of time.
    public struct Course: Codable, Equatable, Sendable {
        /// UTC, such as 2026-01-02T03:04:05Z.
        public var startedAt: String
        /// From then to the end of the teardown, wall seconds.
        public var seconds: Double
        /// A sentence; nil when the run went all its way.
        public var endedEarlyBecause: String?
    }
    public struct ExpectationResult: Codable, Equatable, Sendable {
        public var figure: String
        public var comparison: String
        public var value: Double
        /// nil: it was not measured, and the expectation failed for that.
        public var measured: Double?
        public var held: Bool
    }

    public var schema = "simbench.summary/1"
    public var version: String
    public var profile: String
    public var engine: Plan.EngineKind
    public var fit: Plan.Fit
    public var speedup: Double
    public var seed: UInt64
    /// Over the logical traces of all joined sessions; null when none joined.
    public var digest: String?
    public var degraded: [String]
    /// passed, failed, broken or interrupted.
    public var verdict: String
    public var ceiling: Ceiling
    public var users: Users
    public var connected: Level
    public var joined: Level
    public var verified: Verified?
    /// Connections that ended after they had joined, before the run did.
    public var lost: Int
    /// By cause; what did not happen is not there.
    public var errors: [String: Int]
    public var retries: Int
    public var ramp: Ramp
    public var latencyUs: Latency
    public var bytesPerConnection: ConnectionBytes
    public var cpuUsPerConnection: CPU
    public var contextSwitchesPerConnection: Work?
    public var systemCallsPerConnection: Work?
    /// As the workers saw it.
    public var traffic: Traffic
    public var fidelity: Fidelity
    public var droplet: Droplet?
    public var interference: Interference
    public var teardown: Teardown
    public var expectations: [ExpectationResult]
    public var host: HostFacts
    /// Connections of people who looked in on the chat page; in no other figure. null for a run without a door.
    public var visitors: Int?
    /// nil in records of versions that did not tell.
    public var run: Course?
    /// null for a run that ended before its connections were held.
    public var placement: Placement?

    /// Pretty, with sorted keys, so that two summaries can be compared by eye and by diff.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        guard var tree = try JSONSerialization.jsonObject(with: encoder.encode(self)) as? [String: Any] else {
            throw RunError("The summary is no JSON object.")
        }
        Summary.spellNulls(in: &tree)
        return try JSONSerialization.data(withJSONObject: tree, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    /// Figures that may be missing, by the object they stand in: an encoder leaves nil out, and the contract wants null.
    private static let nullable: [String: [String]] = [
        "": [
            "digest", "verified", "droplet", "visitors", "run", "placement", "context_switches_per_connection",
            "system_calls_per_connection",
        ],
        "users": ["finished"],
        "ceiling": ["at_connected"],
        "ramp": ["seconds", "joins_per_second"],
        "latency_us": ["connect", "join", "heartbeat", "broadcast", "reply"],
        "bytes_per_connection": [
            "target_kernel", "target_user", "target_footprint", "worker_kernel", "worker_user", "pair", "fixed", "slab",
        ],
        "cpu_us_per_connection": ["target", "workers", "softirq"],
        "interference": [
            "host_busy_pct", "target_pct", "workers_pct", "softirq_pct", "others_pct", "idle_pct", "generator_bound", "verdict", "method",
        ],
        "fidelity": [
            "rmse_pct", "max_deviation_pct", "max_relative_deviation_pct", "final_deviation_pct", "reference_final_connected",
            "compared_samples", "compared_from_model_s", "compared_to_model_s", "knee_connected", "knee_model_s",
            "knee_interval_model_s", "slope_before", "slope_after", "reference_knee_connected", "reference_knee_model_s",
            "reference_knee_interval_model_s", "reference_slope_before", "reference_slope_after", "knee_deviation_pct",
            "slope_after_deviation_pct", "remark",
        ],
    ]

    /// Of what may be missing as a whole, where it is there.
    private static let nullableWithin: [String: [String]] = [
        "droplet": dropletKeys, "run": ["ended_early_because"],
        "context_switches_per_connection": ["target", "workers"], "system_calls_per_connection": ["target", "workers"],
    ]

    private static let dropletKeys = [
        "limit_bytes", "swap_limit_bytes", "base_bytes", "memory_peak_bytes", "swap_peak_bytes", "limit_hits", "oom_kills",
        "charged_per_connection", "predicted_per_connection", "charge_deviation_pct",
    ]

    private static func spellNulls(in tree: inout [String: Any]) {
        if let results = tree["expectations"] as? [[String: Any]] {
            tree["expectations"] = results.map { $0.merging(["measured": NSNull()], uniquingKeysWith: { first, _ in first }) }
        }
        let within = nullableWithin.filter { tree[$0.key] is [String: Any] }
        for (place, keys) in nullable.merging(within, uniquingKeysWith: { first, _ in first }) {
            var object = place.isEmpty ? tree : tree[place] as? [String: Any] ?? [:]
            for key in keys where object[key] == nil { object[key] = NSNull() }
            if place.isEmpty { tree = object } else { tree[place] = object }
        }
    }
}
