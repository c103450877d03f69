/// What a target admits, and how long it bears with a client. Times are wall time.
public struct TargetRules: Sendable {
    /// Largest payload of one frame, bytes; a larger one closes with 1009. The benchmark's largest is 98.
    public var frameLimitBytes = 65_536
    /// Largest message, all its fragments together, bytes; a larger one closes with 1009.
    public var messageLimitBytes = 65_536
    /// A connection that has not opened its WebSocket after so long is closed; cowboy 1.0.4 gives its request 5 s.
    public var handshakeTimeoutNanoseconds: UInt64 = 10_000_000_000
    /// A client that has begun a message and not ended it, does not take what it is sent, or does not answer a close
    /// is let go after so long.
    public var messageTimeoutNanoseconds: UInt64 = 60_000_000_000
    /// A connection without a message for so long is closed with 1000; nil: none is. Phoenix' own default is 60 s, the
    /// published benchmark set infinity.
    public var idleTimeoutNanoseconds: UInt64?
    /// Hosts that an Origin header may name (Phoenix' check_origin); nil admits every origin. A request without the
    /// header is no browser's and is admitted, as by Phoenix.
    public var origins: [String]?

    public init() {}
}
