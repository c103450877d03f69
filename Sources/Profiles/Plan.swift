/// A profile, the host's facts and the flags, fully resolved: every number a run will use.
///
/// It is printed by `simbench plan`, saved as `plan.json` with every run, and handed to the processes that carry the
/// lanes. Units come last in the names; JSON keys are the snake_case of the property names.
public struct Plan: Codable, Equatable, Sendable {
    public enum EngineKind: String, Codable, Sendable, CaseIterable {
        case ioUring = "io_uring"
        case epoll
    }
    public enum NetworkModel: String, Codable, Sendable, CaseIterable {
        case routed, bridge, overlay, loopback
    }
    public enum Fit: String, Codable, Sendable, CaseIterable {
        case full, connections, footprint
    }
    public enum InterArrival: String, Codable, Sendable, CaseIterable {
        /// Tsung's: each worker draws exponential gaps, so that arrivals form a Poisson process.
        case exponential
        /// The same gap each time.
        case uniform
    }
    public enum PortOrder: String, Codable, Sendable, CaseIterable {
        /// The kernel chooses a free source port within the worker's range.
        case kernel
        /// The worker walks its range from the first port to the last.
        case sequence
    }

    /// One arrival phase, for all workers together, in model time.
    public struct Phase: Codable, Equatable, Sendable {
        /// Arrivals end then, started or not. 0 only when the rate is max: the phase ends with its last user.
        public var durationSeconds: Double
        /// Users started per model second by all workers together; nil is `max`, as fast as both ends go.
        public var ratePerSecond: Double?
        /// At most this many users are started in this phase by all workers together.
        public var users: Int

        public init(durationSeconds: Double, ratePerSecond: Double? = nil, users: Int) {
            self.durationSeconds = durationSeconds
            self.ratePerSecond = ratePerSecond
            self.users = users
        }
    }

    /// The limits of one simulated machine; nil is "not limited".
    public struct Droplet: Codable, Equatable, Sendable {
        public var memoryBytes: UInt64?
        public var swapBytes: UInt64?
        public var cpus: Int?

        public init(memoryBytes: UInt64? = nil, swapBytes: UInt64? = nil, cpus: Int? = nil) {
            self.memoryBytes = memoryBytes
            self.swapBytes = swapBytes
            self.cpus = cpus
        }
    }

    public struct Target: Codable, Equatable, Sendable {
        /// Dotted IPv4 address the workers connect to.
        public var address: String
        public var port: UInt16
        /// How many consecutive ports, from `port` on, the target listens on. 1 is what the original did.
        public var portCount: Int
        public var path: String
        public var lanes: Int
        /// Connections one lane holds at most.
        public var laneCapacity: Int
        public var droplet: Droplet

        public init(
            address: String, port: UInt16, portCount: Int, path: String, lanes: Int, laneCapacity: Int,
            droplet: Droplet
        ) {
            self.address = address
            self.port = port
            self.portCount = portCount
            self.path = path
            self.lanes = lanes
            self.laneCapacity = laneCapacity
            self.droplet = droplet
        }
    }

    /// One simulated load machine.
    public struct Worker: Codable, Equatable, Sendable {
        public var index: Int
        /// The name of the group in the profile it came from.
        public var group: String
        /// Dotted IPv4 source address.
        public var address: String
        /// Users started here at most (Tsung's maxusers).
        public var users: Int
        public var firstPort: UInt16
        public var lastPort: UInt16
        public var portOrder: PortOrder
        public var droplet: Droplet

        public init(
            index: Int, group: String, address: String, users: Int, firstPort: UInt16, lastPort: UInt16,
            portOrder: PortOrder, droplet: Droplet
        ) {
            self.index = index
            self.group = group
            self.address = address
            self.users = users
            self.firstPort = firstPort
            self.lastPort = lastPort
            self.portOrder = portOrder
            self.droplet = droplet
        }
    }

    /// A slice of one worker's users, carried by one thread.
    public struct WorkerLane: Codable, Equatable, Sendable {
        public var worker: Int
        /// The first of this lane's users, counted within its worker.
        public var firstUser: Int
        public var users: Int

        public init(worker: Int, firstUser: Int, users: Int) {
            self.worker = worker
            self.firstUser = firstUser
            self.users = users
        }
    }

    /// One step of the session that every user plays.
    public enum Step: Codable, Equatable, Sendable {
        case connect
        case join(topic: String)
        /// Stay connected and silent for so long, in model seconds.
        case think(seconds: Double)
    }

    /// Bytes per connection that the plan reckons with, each with where the figure comes from.
    public struct LedgerLine: Codable, Equatable, Sendable {
        public var name: String
        public var bytes: Double
        public var source: String

        public init(name: String, bytes: Double, source: String) {
            self.name = name
            self.bytes = bytes
            self.source = source
        }
    }

    public struct Expectation: Codable, Equatable, Sendable {
        /// Dotted path of a figure in summary.json, such as `joined.peak`.
        public var figure: String
        /// One of >=, <=, >, <, ==.
        public var comparison: String
        public var value: Double

        public init(figure: String, comparison: String, value: Double) {
            self.figure = figure
            self.comparison = comparison
            self.value = value
        }
    }

    public var schema = "simbench.plan/1"
    public var version: String
    public var profile: String
    public var about: String
    public var engine: EngineKind
    public var fit: Fit
    /// Model seconds per wall second.
    public var speedup: Double
    public var seed: UInt64
    public var interArrival: InterArrival
    public var phases: [Phase]
    /// Users started in all, over all phases and workers.
    public var users: Int
    /// Wall seconds that the connections are held once the last arrival is done.
    public var holdSeconds: Double
    /// A user whose connect fails tries again so many times (Tsung's max_retries).
    public var retries: Int
    /// The n-th retry waits n times this (Tsung's retry_timeout), model milliseconds.
    public var retryWaitMilliseconds: Double
    public var session: [Step]
    public var network: NetworkModel
    /// net.ipv4.tcp_syn_retries in the workers' namespaces.
    public var synRetries: Int
    public var target: Target
    public var workers: [Worker]
    public var workerLanes: [WorkerLane]
    /// Lanes that ramp at the same time on each side when arrivals are not paced.
    public var activeLanes: Int
    /// Handshakes in flight per active lane when arrivals are not paced.
    public var window: Int
    /// Wall seconds between samples.
    public var samplePeriodSeconds: Double
    public var ledger: [LedgerLine]
    /// Modelled server memory per connection, bytes; 0 when the profile models none.
    public var footprintBytes: UInt64
    public var expectations: [Expectation]
    /// Absolute path of the reference curve, when the profile names one.
    public var referencePath: String?
    /// What this plan gives up compared with the profile on a host that lacks nothing; sentences.
    public var degraded: [String]
    /// Remarks for the reader of `simbench plan`: what was chosen or scaled, and why; sentences.
    public var notes: [String]
    public var host: HostFacts
}
