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

    /// The wheel reaches as far as the longest wait.
    var retryBuckets: Int {
        let longest = Double(retry.retries * retry.waitMilliseconds) / speedup
        var buckets = RetryWheel.bucketsForRetries
        while Double(buckets) < longest + 64 && buckets < 1 << 20 { buckets *= 2 }
        return buckets
    }
}

/// One user's connection: 32 bytes while it rests.
struct WorkerConnection {
    /// CLOCK_MONOTONIC nanoseconds at which what is measured now was due.
    var due: UInt64 = 0
    var trace: UInt64 = 0
    var peer = Peer()
    var attempts: UInt16 = 0
}

/// Where a user's session stands, in `Peer.state`.
enum UserState {
    static let free: UInt8 = 0
    static let connecting: UInt8 = 1
    static let upgrading: UInt8 = 2
    static let joining: UInt8 = 3
    static let joined: UInt8 = 4
    static let sweeping: UInt8 = 5
    static let waiting: UInt8 = 6
    static let ended: UInt8 = 7
}
