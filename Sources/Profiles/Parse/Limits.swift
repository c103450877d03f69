/// The largest quantities a profile or a flag may ask for.
///
/// They are far beyond any machine this runs on. What exceeds them is a slip of the keyboard, and is refused with a
/// sentence instead of being carried into arithmetic that would overflow.
public enum Limits {
    public static let users = 100_000_000
    public static let durationSeconds = 30.0 * 86_400
    public static let ratePerSecond = 10_000_000.0
    public static let bytes: UInt64 = 1 << 50
    /// One /30 per worker in 198.19.0.0/16 makes room for 16,383; the rest is margin.
    public static let workers = 16_000
    /// A bridge has 1,023 ports (BR_MAX_PORTS less one), and one is the target's.
    public static let bridgeWorkers = 1_022
    public static let cpus = 4_096
    public static let memoryNodes = 1_024
    public static let retries = 1_000
    /// The kernel takes at most 127 for net.ipv4.tcp_syn_retries.
    public static let synRetries = 127
    public static let speedup = 0.01...10_000.0
    public static let samplePeriodSeconds = 0.05...3_600.0
    public static let activeLanes = 256
    public static let window = 4_096
    /// Threads per side. Every lane is one.
    public static let lanes = 4_096
    public static let targetPorts = 8
    /// One footprint part of one connection.
    public static let footprintPartBytes: UInt64 = 64 << 20
    /// One frame's payload, or one message: a control frame has up to 125 bytes.
    public static let messageBytes: ClosedRange<UInt64> = 125...(1 << 30)
    public static let shortestTimeoutSeconds = 0.01
    /// RFC 1035: so many a name has at most.
    public static let hostCharacters = 253
    /// A request's head has to hold it, with all its headers.
    public static let pathCharacters = 1_000
    /// A target's command line.
    public static let commandBytes = 4_096
    /// Elements in any list or mapping of a profile.
    public static let elements = 1_000
    public static let textCharacters = 500
    public static let profileBytes = 1 << 20
    /// Steps that a user plays, all loops written out: the place in them is 32 bits of each connection.
    public static let sessionSteps = 1_000_000_000
    public static let loopTimes = 1_000_000_000
    public static let loopDepth = 8
    /// Joins that a session is written with.
    public static let sessionJoins = 16
    public static let topicCharacters = 200
    public static let eventCharacters = 100
    /// A frame that a user sends fits one of its lane's buffers, header included.
    public static let sentFrameBytes = 1_024
    /// The longest header of such a frame: two bytes, two of length, four of mask.
    public static let frameHeaderBytes = 8
    /// A push without topic, event and payload, with the longest ref.
    public static let pushFrameBytes = 64
    public static let referenceBytes = 64 << 20
}
