/// What a profile file asks for, checked by itself but not yet against a host.
///
/// The YAML keys are the snake_case of the property names here; `ProfileParser` says which are required. All times are
/// model time, except `holdSeconds` and `samplePeriodSeconds`, which are wall time.
public struct Profile: Equatable, Sendable {
    /// A number, or left to the planner.
    public enum Speedup: Equatable, Sendable {
        case auto
        case times(Double)
    }

    /// How many workers a group has.
    public enum WorkerCount: Equatable, Sendable {
        case fixed(Int)
        /// As many as the users need.
        case auto
    }

    /// How many users a phase starts.
    public enum UserLimit: Equatable, Sendable {
        case count(Int)
        /// As many as the host's memory, ports and descriptors carry.
        case host
    }

    public enum FitChoice: Equatable, Sendable {
        case auto
        case fixed(Plan.Fit)
    }

    public struct Target: Equatable, Sendable {
        public var droplet = Plan.Droplet()
        /// A server of the user's own, which `/bin/sh` starts; nil: the built-in target.
        public var command: String?
        public var port: UInt16 = 4000
        public var portCount = 1
        public var path = "/socket/websocket"
        public var rules = Plan.Rules()
    }

    public struct WorkerGroup: Equatable, Sendable {
        public var group: String
        public var count: WorkerCount
        /// Users each worker starts at most (Tsung's maxusers).
        public var users: Int
        public var ports: ClosedRange<UInt16>
        public var portOrder: Plan.PortOrder
        public var droplet: Plan.Droplet
        /// Share of each worker's source ports whose connection attempts never get an answer, 0 to 1.
        public var unansweredShare = 0.0
    }

    public struct Phase: Equatable, Sendable {
        /// nil only when the rate is max: until the phase's users are started.
        public var durationSeconds: Double?
        public var rate: Rate
        /// nil: bounded by rate × duration and by the workers.
        public var users: UserLimit?
    }

    public struct Load: Equatable, Sendable {
        public var interArrival: Plan.InterArrival = .exponential
        public var phases: [Phase]
        public var retries = 20
        public var retryWaitMilliseconds = 10.0
        public var synRetries = 6
    }

    /// Memory the modelled server holds per connection: one component, with where its size is from.
    public struct FootprintPart: Equatable, Sendable {
        public var name: String
        public var bytes: UInt64
        public var basis: Plan.Basis
        public var source: String
        /// What a message of the connection does to it.
        public var onMessage: Plan.FootprintPart.Access = .none
        /// What is left of it after `hibernateAfterSeconds` without a message; nil: it never hibernates.
        public var hibernatedBytes: UInt64?
    }

    /// What a figure is held against.
    public enum ExpectedValue: Equatable, Sendable {
        case number(Double)
        /// A fraction of all users the plan starts: `users`, or `99.5 % of users`.
        case ofUsers(Double)
    }

    public struct Expectation: Equatable, Sendable {
        public var figure: String
        public var comparison: String
        public var value: ExpectedValue
    }

    /// Means, not ends: what the planner otherwise chooses by the host's CPUs.
    public struct Tuning: Equatable, Sendable {
        public var activeLanes: Int?
        public var window: Int?
        public var targetLanes: Int?
        /// How the engine waits on a connection at rest; nil: by a poll on io_uring.
        public var waiting: Plan.Waiting?
    }

    public var name: String
    public var about = ""
    public var target = Target()
    public var workers: [WorkerGroup]
    public var load: Load
    public var session: [Plan.Step]
    public var network: Plan.NetworkModel = .routed
    public var rps: Plan.PacketSteering = .off
    public var placement: PlacementWish = .auto
    public var holdSeconds = 30.0
    public var speedup: Speedup = .times(1)
    public var engine: Plan.EngineKind?
    public var fit: FitChoice = .auto
    public var samplePeriodSeconds = 1.0
    public var footprint: [FootprintPart] = []
    /// Model seconds without a message after which parts hibernate; nil: never.
    public var hibernateAfterSeconds: Double?
    /// What the run would have been rented on; nil when the profile does not say.
    public var cloud: Plan.Cloud?
    public var expectations: [Expectation] = []
    public var tuning = Tuning()
    /// The reference curve's path: absolute when the profile file's own path was.
    public var referencePath: String?

    /// Modelled server memory per connection, bytes.
    public var footprintBytes: UInt64 { footprint.reduce(0) { $0 + $1.bytes } }
}
