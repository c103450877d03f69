/// Where a run stands, told once per sampling period to whoever watches.
public struct Progress: Equatable, Sendable {
    public enum Stage: String, Sendable {
        case building, ramping, holding, sweeping, tearingDown = "tearing down", done
    }

    public var stage: Stage
    /// Wall seconds since the run began.
    public var elapsedSeconds: Double
    /// Model seconds since the first arrival could be due; nil before the ramp.
    public var modelSeconds: Double?
    public var usersStarted: Int
    public var usersPlanned: Int
    public var connected: Int
    public var joined: Int
    /// Over the last period.
    public var joinsPerSecond: Double
    /// Memory of the whole host in use, and what it has.
    public var memoryUsedBytes: UInt64?
    public var memoryTotalBytes: UInt64
    public var errors: Int
    public var lost: Int
    /// Heartbeats answered in the verification sweep; nil before it.
    public var verified: Int?
    /// Sockets still to go, while tearing down.
    public var socketsLeft: Int?
    /// Wall seconds until the hold ends, as far as it can be told.
    public var secondsLeft: Double?
    /// Where the target's chat page is, once it is served.
    public var chatURL: String?

    public init(
        stage: Stage, elapsedSeconds: Double, modelSeconds: Double? = nil, usersStarted: Int = 0, usersPlanned: Int,
        connected: Int = 0, joined: Int = 0, joinsPerSecond: Double = 0, memoryUsedBytes: UInt64? = nil,
        memoryTotalBytes: UInt64, errors: Int = 0, lost: Int = 0, verified: Int? = nil, socketsLeft: Int? = nil,
        secondsLeft: Double? = nil, chatURL: String? = nil
    ) {
        self.stage = stage
        self.elapsedSeconds = elapsedSeconds
        self.modelSeconds = modelSeconds
        self.usersStarted = usersStarted
        self.usersPlanned = usersPlanned
        self.connected = connected
        self.joined = joined
        self.joinsPerSecond = joinsPerSecond
        self.memoryUsedBytes = memoryUsedBytes
        self.memoryTotalBytes = memoryTotalBytes
        self.errors = errors
        self.lost = lost
        self.verified = verified
        self.socketsLeft = socketsLeft
        self.secondsLeft = secondsLeft
        self.chatURL = chatURL
    }
}
