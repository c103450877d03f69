/// Everything a worker lane is told at its start.
struct WorkerLaneSettings {
    /// This lane's number on the board.
    var lane: Int
    /// The users of this lane are numbered from this one on, over the whole run.
    var firstUser: UInt64
    var users: Int
    var seed: UInt64
    /// The worker whose arrivals these are, and how many of them belong to lanes before this one.
    var worker: UInt32
    var arrivalsBefore: Int
    var phases: UnsafePointer<Pacer.Phase>
    var phaseCount: Int
    var spacing: Pacer.Spacing
    /// Model seconds per wall second.
    var speedup: Double
    /// No arrival has a due time: lanes ramp in turn, each as fast as its window lets it.
    var isUnpaced: Bool
    var activeLanes: Int
    var window: Int
    var ports: Ports
    /// Which attempts go to an address that never answers.
    var unanswered: Unanswered
    /// The target's ports. As many destinations again follow them, at the address that never answers, unless
    /// `unanswered` is none.
    var destinationCount: Int
    var sourceAddress: UInt32
    var retry: RetryPolicy
    var request: UpgradeRequest
    var bell: Int32

    var script: Script

    /// Whoever echoes takes what conformance suites send: their longest messages have 16 MiB.
    var limits: MessageLimits { script.echoes ? MessageLimits(frameBytes: 32 << 20, messageBytes: 32 << 20) : .usual }

    /// The wheel reaches as far as the longest wait before a retry, and as far as the longest think, or half a minute of
    /// it: who thinks longer is inserted again.
    var retryBuckets: Int {
        let longest = Double(retry.retries * retry.waitMilliseconds) / speedup
        var buckets = RetryWheel.bucketsForRetries
        while Double(buckets) < longest + 64 && buckets < 1 << 20 { buckets *= 2 }
        let think = script.longestWaitNanoseconds / speedup / 1e6
        while Double(buckets) < think + 64 && buckets < 1 << 15 { buckets *= 2 }
        return buckets
    }
}

/// One user's connection: 32 bytes while it rests.
struct WorkerConnection {
    /// CLOCK_MONOTONIC nanoseconds at which what is measured now was due, or at which a wait is over.
    var due: UInt64 = 0
    var trace: UInt64 = 0
    var peer = Peer()
    /// Attempts that failed; from the handshake on, `marks`.
    var attempts: UInt16 = 0
    /// How many steps of its session the user has done: where it stands in `Script`.
    var place: UInt32 = 0

    /// What the sweep knows of an open connection. They lie where the attempts were counted: an open connection makes no
    /// more of them.
    enum Mark {
        /// The user opened after the sweep had begun, so it is not asked.
        static let late: UInt16 = 1
        /// It was asked and has not answered yet.
        static let asked: UInt16 = 2
        /// The server broke the protocol and is told so.
        static let refused: UInt16 = 4
    }

    var marks: UInt16 {
        get { attempts }
        set { attempts = newValue }
    }

    func has(_ mark: UInt16) -> Bool { attempts & mark != 0 }
}

/// Where a user's connection stands, in `Peer.state`; where the user stands in its session says its place.
enum UserState {
    static let free: UInt8 = 0
    static let connecting: UInt8 = 1
    static let upgrading: UInt8 = 2
    /// An answer is waited for.
    static let asking: UInt8 = 3
    /// The session wants nothing more.
    static let resting: UInt8 = 4
    /// A step is done when the message under way is sent.
    static let sending: UInt8 = 5
    /// Waits to retry.
    static let waiting: UInt8 = 6
    static let ended: UInt8 = 7
    /// A step begins when the message under way is sent.
    static let pausing: UInt8 = 8
    static let thinking: UInt8 = 9
    static let echoing: UInt8 = 10
    /// The user has said goodbye and waits for the server's.
    static let closing: UInt8 = 11
    /// The last frame is on its way: the answer to the server's goodbye, or the code it is refused with.
    static let parting: UInt8 = 12
    /// That is sent, and the server is to close; what it still says is dropped.
    static let lingering: UInt8 = 13
}
