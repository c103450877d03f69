/// Which attempts never get an answer: the modelled network drops every SYN from a share of a worker's source ports.
///
/// It is a function of the seed, the worker and the port, so a port is good or bad for the whole run, and nothing is
/// kept for any of them. Where the kernel chooses the port it is not known beforehand: then each attempt of each user
/// draws anew.
struct Unanswered {
    private let seed: UInt64
    private let worker: Keyed
    /// Out of 2^63, so that a share of 1 is a threshold too.
    private let threshold: UInt64

    /// `share` is between 0 and 1; what lies outside counts as the nearest of them.
    init(share: Double, seed: UInt64, worker: UInt32) {
        self.seed = seed
        self.worker = Keyed(seed: seed, user: UInt64(worker))
        threshold = share > 0 ? UInt64(min(share, 1) * 0x1p63) : 0
    }

    @inline(__always) var isNone: Bool { threshold == 0 }

    @inline(__always) func takes(port: UInt16) -> Bool { isBelow(worker.value(.unanswered, UInt64(port))) }

    /// The attempts of a user are counted from 0; they are numbered after all ports.
    @inline(__always) func takes(user: UInt64, attempt: UInt16) -> Bool {
        isBelow(Keyed(seed: seed, user: user).value(.unanswered, 65_536 &+ UInt64(attempt)))
    }

    @inline(__always) private func isBelow(_ bits: UInt64) -> Bool { bits &>> 1 < threshold }
}
