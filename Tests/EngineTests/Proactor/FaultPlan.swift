import Glibc

@testable import Engine

/// What goes wrong in a simulated kernel, and how often: chances out of 1,000, each time there is an occasion.
struct FaultPlan {
    /// Bytes arrive in a piece of 1 to 64 instead of all at once.
    var shortPiece: UInt64 = 0
    /// An operation, a delivery or a completion waits for another turn.
    var delay: UInt64 = 0
    /// `ready` comes with nothing to receive.
    var spuriousReady: UInt64 = 0
    /// A receive says -EAGAIN though bytes are there; the watch speaks again.
    var emptyReceive: UInt64 = 0
    /// A receive says -EINTR, took nothing, and no watch speaks again.
    var interruptedReceive: UInt64 = 0
    /// A receive at rest finds no buffer although some are lent: others were faster.
    var noBuffer: UInt64 = 0
    var failedReceive: UInt64 = 0
    var failedSend: UInt64 = 0
    var failedConnect: UInt64 = 0
    /// A connection is cut at both ends.
    var cut: UInt64 = 0
    /// `ready` of the earlier use comes after a slot was closed.
    var staleReady: UInt64 = 0
    var failedAccept: UInt64 = 0
    var spuriousBell: UInt64 = 0

    static let connectErrors = [EADDRNOTAVAIL, ECONNREFUSED, ETIMEDOUT, EMFILE, ENFILE, EHOSTUNREACH, ENOMEM]
    static let receiveErrors = [ENOBUFS, ECONNRESET, ENOMEM, EIO]
    static let sendErrors = [EPIPE, ECONNRESET, ENOBUFS]
    static let acceptErrors = [ECONNABORTED, ENOMEM, EPROTO]

    static let none = FaultPlan()

    /// Only what a session survives unchanged: pieces, delays, and readiness that means nothing.
    static let harmless = FaultPlan(
        shortPiece: 400, delay: 300, spuriousReady: 20, emptyReceive: 50, interruptedReceive: 30, noBuffer: 200, staleReady: 300,
        spuriousBell: 20)

    /// A plan of its own for each seed: each fault is absent, rare or frequent.
    static func drawn(_ seed: UInt64) -> FaultPlan {
        var random = SplitMix64(seed: seed ^ 0xFA17)
        func chance(_ rare: UInt64, _ frequent: UInt64) -> UInt64 { [0, rare, frequent][Int(random.next() % 3)] }
        return FaultPlan(
            shortPiece: chance(100, 700), delay: chance(100, 500), spuriousReady: chance(5, 50), emptyReceive: chance(10, 150),
            interruptedReceive: chance(10, 100), noBuffer: chance(50, 500), failedReceive: chance(2, 20), failedSend: chance(2, 20),
            failedConnect: chance(50, 500), cut: chance(1, 5), staleReady: chance(100, 900), failedAccept: chance(20, 200),
            spuriousBell: chance(5, 50))
    }
}
