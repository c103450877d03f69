/// Numbers that look random and are a pure function of (seed, user, counter).
///
/// Every key nonce, mask key and inter-arrival gap of a run comes from here, so none of them has to be stored and a run
/// with the same seed puts the same bytes on the wire and reaches the same digest, on either engine and in any order
/// of events. It is NOT cryptographic: whoever knows the seed knows every mask. RFC 6455 section 10.3 wants masks that
/// an attacker cannot predict, to protect intermediaries; here both ends and everything between are the same machine's.
struct Keyed {
    /// What a number is drawn for: the top byte of the counter, so that purposes never share numbers.
    enum Purpose: UInt64 {
        case nonce = 1
        case mask = 2
        case arrival = 3
        case think = 4
        case unanswered = 5
    }

    private let key: UInt64

    /// The stream of one user (its number is global to the run) or, for arrivals, of one worker.
    @inline(__always) init(seed: UInt64, user: UInt64) {
        key = Keyed.mixed(Keyed.mixed(seed &+ Keyed.gamma) &+ user &* Keyed.gamma)
    }

    @inline(__always) func value(_ purpose: Purpose, _ number: UInt64) -> UInt64 {
        value(counter: purpose.rawValue &<< 56 | number & 0x00FF_FFFF_FFFF_FFFF)
    }

    @inline(__always) func value(counter: UInt64) -> UInt64 {
        Keyed.mixed(key &+ (counter &+ 1) &* Keyed.gamma)
    }

    @inline(__always) static func value(seed: UInt64, user: UInt64, counter: UInt64) -> UInt64 {
        Keyed(seed: seed, user: user).value(counter: counter)
    }

    /// The mask of a user's n-th frame, as the four bytes lie in memory.
    @inline(__always) func mask(frame: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value(.mask, frame) &>> 32) }

    /// Writes the 24 characters of a user's n-th Sec-WebSocket-Key: a retried handshake draws a fresh one.
    @inline(__always) func writeNonce(attempt: UInt64, to out: UnsafeMutableRawPointer) {
        Base64.writeNonce(value(.nonce, attempt &* 2), value(.nonce, attempt &* 2 &+ 1), to: out)
    }

    @inline(__always) private static var gamma: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    /// SplitMix64's finaliser (Steele, Lea, Flood 2014; constants of Stafford's variant 13).
    @inline(__always) static func mixed(_ x: UInt64) -> UInt64 {
        var z = x
        z = (z ^ z &>> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z &>> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z &>> 31
    }
}

/// SplitMix64 as a sequence, for the places that keep a state: resampling, fuzzers, tests, fault injection.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Keyed.mixed(state)
    }
}
