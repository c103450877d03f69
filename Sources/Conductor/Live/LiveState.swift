import Profiles

/// A run as it stands, for whoever draws it: made once a second by the conductor, and handed out as a value.
///
/// Its figures are counted and read as those of the record are, at moments of its own. What is not known is nil,
/// never 0. Schema `simbench.live/1`; JSON keys are the snake_case of the property names.
public struct LiveState: Codable, Equatable, Sendable {
    /// Memory of the target against its cap, and of the host.
    public struct Memory: Codable, Equatable, Sendable {
        /// The droplet's limit; nil without a droplet.
        public var limitBytes: UInt64?
        /// Charged to the droplet; nil without one.
        public var chargedBytes: UInt64?
        /// Of the target, in memory: what the kernel holds for it. With a droplet it is what is charged beside the
        /// process; without, half of what the kernel's slabs grew by since the run began.
        public var targetKernelBytes: UInt64?
        /// The target's own memory beside the footprint.
        public var targetUserBytes: UInt64?
        /// The modelled server's memory, as far as it is in memory and not in swap.
        public var targetFootprintBytes: UInt64?
        /// Of the droplet.
        public var swapBytes: UInt64?
        /// nil: swap is the host's.
        public var swapLimitBytes: UInt64?
        /// How often the droplet's limit was met.
        public var limitHits: UInt64?
        /// Share of the last period in which some task waited for memory.
        public var pressurePercent: Double?
        public var workersBytes: UInt64?
        public var hostUsedBytes: UInt64?
        public var hostTotalBytes: UInt64

        public init(hostTotalBytes: UInt64) { self.hostTotalBytes = hostTotalBytes }
    }

    /// In CPUs over the last period: 1 is one CPU busy all the time.
    public struct CPU: Codable, Equatable, Sendable {
        public var target: Double?
        public var workers: Double?
        /// Of the whole host; a kernel that does not account it apart has it in the other two as well.
        public var softirq: Double?
        /// Of the whole host; nil where the run is confined to some of its CPUs.
        public var idle: Double?
        /// CPU time since each process began, and of softirq since the run did.
        public var targetSeconds: Double?
        public var workersSeconds: Double?
        public var softirqSeconds: Double?
        public var host: Int

        public init(host: Int) { self.host = host }
    }

    /// One simulated load machine: the sum over its lanes.
    public struct Worker: Codable, Equatable, Sendable {
        public var index: Int
        public var group: String
        public var planned: Int
        public var started: Int
        public var connected: Int
        public var joined: Int
        public var errors: Int

        public init(index: Int, group: String, planned: Int) {
            self.index = index
            self.group = group
            self.planned = planned
            (started, connected, joined, errors) = (0, 0, 0, 0)
        }
    }

    public struct Knee: Codable, Equatable, Sendable {
        public var modelSeconds: Double
        public var connected: Double

        public init(modelSeconds: Double, connected: Double) {
            self.modelSeconds = modelSeconds
            self.connected = connected
        }
    }

    /// An expectation in words: `latency_us.join.p99 < 50 ms`, and `41.3 ms`.
    public struct ExpectationText: Codable, Equatable, Sendable {
        public var wanted: String
        /// nil: it was not measured.
        public var measured: String?
        public var held: Bool

        init(_ result: Summary.ExpectationResult) {
            let texts = result.measured.map { FigureText.texts(wanted: result.value, measured: $0, of: result.figure) }
            wanted = "\(result.figure) \(result.comparison) \(texts?.wanted ?? FigureText.bound(result.value, of: result.figure))"
            measured = texts?.measured
            held = result.held
        }
    }

    /// What the run came to.
    public struct Outcome: Codable, Equatable, Sendable {
        /// passed, failed, broken or interrupted.
        public var verdict: String
        public var exitStatus: Int32
        /// The first thing that stopped growth, and the sentences for it.
        public var ceiling: Summary.Ceiling?
        public var expectations: [Summary.ExpectationResult]
        /// The same as people read them, in the same order.
        public var expectationTexts: [ExpectationText]
        public var leaks: [String]
        /// Who used the CPUs over the ramp, and what that means.
        public var interference: Summary.Interference?
        public var interferenceSentence: String?
        public var referenceKnee: Knee?
        /// Why there is no more than this, where a run could not even begin.
        public var remark: String?

        public init(verdict: String, exitStatus: Int32, remark: String? = nil) {
            self.verdict = verdict
            self.exitStatus = exitStatus
            self.remark = remark
            (expectations, expectationTexts, leaks) = ([], [], [])
        }
    }

    public var schema = "simbench.live/1"
    public var stage: Progress.Stage
    public var elapsedSeconds: Double
    /// Since the first arrival could be due; nil before the ramp.
    public var modelSeconds: Double?
    public var secondsLeft: Double?
    public var usersPlanned: Int
    public var usersStarted: Int
    /// Started and not ended.
    public var users: Int
    public var connected: Int
    public var joined: Int
    public var verified: Int?
    /// WebSockets opened and joins answered since the run began.
    public var connects: Int?
    public var joins: Int?
    /// Over the last period.
    public var joinsPerSecond: Double
    public var lost: Int
    public var retries: Int
    public var errorsTotal: Int
    /// By cause; what did not happen is not there.
    public var errors: [String: Int]
    public var bytesIn: UInt64
    public var bytesOut: UInt64
    /// Sockets still to go, while tearing down.
    public var socketsLeft: Int?
    public var latencyUs: Summary.Latency
    public var memory: Memory
    public var cpu: CPU
    public var workers: [Worker]
    /// Where the curve bends, once the ramp is over and it does.
    public var knee: Knee?
    /// nil until the run is over.
    public var outcome: Outcome?
    /// What happened last, in a sentence.
    public var event: String?
    public var chatUrl: String?
}

extension Progress.Stage: Codable {}
