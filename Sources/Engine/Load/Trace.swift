/// What a session said and heard, folded into 64 bits: the part of a run's digest that one user adds.
///
/// Whole messages are absorbed in their order, so that it does not matter in which pieces they travelled. Not a
/// cryptographic hash: it tells two runs apart, it does not prove anything against an adversary.
struct Trace {
    var value: UInt64

    init(user: UInt64) { value = Keyed.mixed(user &+ 0x9E37_79B9_7F4A_7C15) }
    init(resuming value: UInt64) { self.value = value }

    @inline(__always) mutating func absorb(_ bytes: UnsafeRawPointer, _ count: Int) {
        var hash = value ^ UInt64(truncatingIfNeeded: count)
        var at = 0
        while at &+ 8 <= count {
            hash = (hash ^ bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x9FB2_1C65_1E98_DF25
            hash ^= hash &>> 29
            at &+= 8
        }
        while at < count {
            hash = (hash ^ UInt64(bytes.load(fromByteOffset: at, as: UInt8.self))) &* 0x0000_0100_0000_01B3
            at &+= 1
        }
        value = Keyed.mixed(hash)
    }
}
