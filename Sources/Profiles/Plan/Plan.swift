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
        /// 0 is none; nil is whatever the host has.
        public var swapBytes: UInt64?
        /// Speed of the swap device, bytes a model second, reading and writing alike; nil is the host's disk.
        public var swapBytesPerSecond: Double?
        /// What the machine held before its first connection: system, virtual machine, empty server.
        public var baseBytes: UInt64?
        public var cpus: Int?

        public init(
            memoryBytes: UInt64? = nil, swapBytes: UInt64? = nil, swapBytesPerSecond: Double? = nil,
            baseBytes: UInt64? = nil, cpus: Int? = nil
        ) {
            self.memoryBytes = memoryBytes
            self.swapBytes = swapBytes
            self.swapBytesPerSecond = swapBytesPerSecond
            self.baseBytes = baseBytes
            self.cpus = cpus
        }
    }

    /// How a figure of a profile came to be.
    public enum Basis: String, Codable, Sendable, CaseIterable {
        /// Published, or in the sources of what is modelled.
        case known
        /// Measured on what is modelled, but not in the run that is rebuilt.
        case measured
        /// Chosen so that the rebuilt run comes out as published.
        case calibrated
        /// Nobody knows; a plausible value.
        case assumed
    }

    /// One component of the memory that the modelled server holds per connection, as this run allocates it.
    public struct FootprintPart: Codable, Equatable, Sendable {
        /// What a message of the connection does to it.
        public enum Access: String, Codable, Sendable, CaseIterable {
            case none
            /// Read and written in place.
            case touch
            /// Written anew in another place, as a copying collector does.
            case copy
        }
        public var name: String
        /// Really allocated per connection here, after the fit.
        public var bytes: UInt64
        /// In the profile.
        public var modelBytes: UInt64
        public var onMessage: Access
        /// Really left after hibernation; nil: it never hibernates.
        public var hibernatedBytes: UInt64?
        public var basis: Basis
        public var source: String
    }

    /// What the lab builds of the target's droplet, after the fit.
    ///
    /// The limit is set once the target is ready: what it holds then, and `kneeConnections` times `chargedBytes`. So
    /// memory is full at the same number of connections as on the modelled machine, whatever this program itself needs.
    public struct Cap: Codable, Equatable, Sendable {
        /// Connections with which the modelled machine's memory is full.
        public var kneeConnections: Int
        /// Connections with which its swap is full too; nil where swap is the host's, or there is no end to it.
        public var ceilingConnections: Int?
        /// What the kernel will charge to the target's group per connection: its sockets, its user memory, its footprint.
        public var chargedBytes: Double
        /// What the target is reckoned to hold before its first connection.
        public var baseBytes: UInt64
        /// nil is the host's swap, 0 none.
        public var swapBytes: UInt64?
        /// Bytes per wall second; nil is as fast as the disk.
        public var swapBytesPerSecond: Double?
        /// The limit itself, around a command whose memory is not modelled: the droplet's, less what its system holds.
        /// Then `chargedBytes` is the kernel's part alone, and `kneeConnections` the most that could be held.
        public var exactBytes: UInt64?

        /// The limit as planned, before the target's own memory is measured.
        public var memoryBytes: UInt64 { exactBytes ?? baseBytes + UInt64(Double(kneeConnections) * chargedBytes) }
    }

    /// Something that the plan expects at a number of connections.
    public struct Prediction: Codable, Equatable, Sendable {
        /// ports, memory, swap, or end: how many are connected once all users have arrived.
        public var cause: String
        public var connected: Int
        public var sentence: String
    }

    /// The rented machines that a run stands for.
    public struct Cloud: Codable, Equatable, Sendable {
        public struct Machines: Codable, Equatable, Sendable {
            public var name: String
            public var count: Int
            public var memoryBytes: UInt64
            public var dollarsPerHour: Double
        }
        public var machines: [Machines]
        public var hours: Double

        public var dollarsPerHour: Double { machines.reduce(0) { $0 + Double($1.count) * $1.dollarsPerHour } }
        public var dollars: Double { hours * dollarsPerHour }
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
        public var rules: Rules
        /// What the handshakes' Host header names; nil is address and port.
        public var host: String?
        /// Somebody else's server: no process of ours serves it, and nothing is known of its side.
        public var isForeign: Bool
        /// A command of the user's that the lab runs as the target; nil: the built-in one.
        public var command: String?

        /// Whether the built-in target serves it, whose lanes count what they do.
        public var hasLanes: Bool { !isForeign && command == nil }

        public init(
            address: String, port: UInt16, portCount: Int, path: String, lanes: Int, laneCapacity: Int,
            droplet: Droplet, rules: Rules = Rules(), host: String? = nil, isForeign: Bool = false, command: String? = nil
        ) {
            self.address = address
            self.port = port
            self.portCount = portCount
            self.path = path
            self.lanes = lanes
            self.laneCapacity = laneCapacity
            self.droplet = droplet
            self.rules = rules
            self.host = host
            self.isForeign = isForeign
            self.command = command
        }
    }

    /// One simulated load machine.
    public struct Worker: Codable, Equatable, Sendable {
        public var index: Int
        /// The name of the group in the profile it came from.
        public var group: String
        /// Dotted IPv4 source address; 0.0.0.0 leaves it to the kernel.
        public var address: String
        /// Users started here at most (Tsung's maxusers).
        public var users: Int
        public var firstPort: UInt16
        public var lastPort: UInt16
        public var portOrder: PortOrder
        public var droplet: Droplet
        /// Share of its source ports whose connection attempts never get an answer.
        public var unansweredShare: Double

        public var leavesAddressToKernel: Bool { address == Address.kernelsChoice }

        public init(
            index: Int, group: String, address: String, users: Int, firstPort: UInt16, lastPort: UInt16,
            portOrder: PortOrder, droplet: Droplet, unansweredShare: Double = 0
        ) {
            self.index = index
            self.group = group
            self.address = address
            self.users = users
            self.firstPort = firstPort
            self.lastPort = lastPort
            self.portOrder = portOrder
            self.droplet = droplet
            self.unansweredShare = unansweredShare
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
    /// nil in records of versions that knew but one way for each engine.
    public var waiting: Waiting?
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
    /// net.ipv4.tcp_syn_linear_timeouts there, on kernels that have it: so many retries of a second each come first.
    public var synLinearTimeouts: Int
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
    /// Modelled server memory per connection, part by part; empty when the profile models none.
    public var footprint: [FootprintPart]
    /// Model seconds without a message after which parts hibernate; nil: never.
    public var hibernateAfterSeconds: Double?
    /// The part of the profile's footprint that is really allocated, 0 to 1; below 1 with fit `connections`.
    public var footprintScale: Double
    /// The part of the profile's users that really connect, 0 to 1; below 1 with fit `footprint`.
    public var connectionScale: Double
    /// What the lab enforces of the target's droplet; nil is no limit.
    public var cap: Cap?
    public var cloud: Cloud?
    /// Where attempts go that never get an answer: an address in the target's network that nobody has.
    public var unansweredAddress: String?
    /// nil in records of versions that had none.
    public var placement: Placement?
    /// nil is off.
    public var rps: PacketSteering?
    /// In the order in which they come.
    public var predictions: [Prediction] = []
    public var expectations: [Expectation]
    /// Absolute path of the reference curve, when the profile names one.
    public var referencePath: String?
    /// What this plan gives up compared with the profile on a host that lacks nothing; sentences.
    public var degraded: [String]
    /// Remarks for the reader of `simbench plan`: what was chosen or scaled, and why; sentences.
    public var notes: [String]
    public var host: HostFacts
    /// The words that started the run, the program's name first; nil for a plan that is only shown.
    public var command: [String]?

    /// Users in the model's numbers: those that really connect, divided by the part of the profile's that they are.
    public var modelUsers: Int { Int((Double(users) / max(connectionScale, 1e-6)).rounded()) }

    /// Modelled server memory per connection as the profile has it, bytes; 0 when it models none.
    public var modelFootprintBytes: UInt64 { footprint.reduce(0) { $0 + $1.modelBytes } }
    /// What of it is really allocated per connection, bytes.
    public var footprintBytes: UInt64 { footprint.reduce(0) { $0 + $1.bytes } }
}
