/// Masking (RFC 6455 section 5.3): byte i of a payload is XORed with byte i mod 4 of the key.
///
/// A key is held as the UInt32 that its four bytes are in memory. `offset` is how many bytes of the payload went before,
/// for payloads that arrive in pieces. Any alignment will do, and nothing beyond `count` is read or written.
enum Mask {
    /// Masks or unmasks in place.
    @inline(__always) static func apply(
        _ key: UInt32, to bytes: UnsafeMutableRawPointer, count: Int, offset: Int = 0
    ) {
        copy(key, from: UnsafeRawPointer(bytes), to: bytes, count: count, offset: offset)
    }

    /// Masks or unmasks while copying. The two places are the same or do not overlap.
    static func copy(
        _ key: UInt32, from source: UnsafeRawPointer, to out: UnsafeMutableRawPointer, count: Int, offset: Int = 0
    ) {
        let key = rotated(key, offset)
        let key64 = UInt64(key) &<< 32 | UInt64(key)
        let key256 = SIMD4<UInt64>(repeating: key64)
        var at = 0
        while at &+ 32 <= count {
            let block = source.loadUnaligned(fromByteOffset: at, as: SIMD4<UInt64>.self) ^ key256
            out.storeBytes(of: block, toByteOffset: at, as: SIMD4<UInt64>.self)
            at &+= 32
        }
        while at &+ 8 <= count {
            let word = source.loadUnaligned(fromByteOffset: at, as: UInt64.self) ^ key64
            out.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
            at &+= 8
        }
        if at &+ 4 <= count {
            let word = source.loadUnaligned(fromByteOffset: at, as: UInt32.self) ^ key
            out.storeBytes(of: word, toByteOffset: at, as: UInt32.self)
            at &+= 4
        }
        // Whole words went before, so the key's bytes are in step again: at most three are left.
        var rest = key
        while at < count {
            let byte = source.load(fromByteOffset: at, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
            out.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
            rest &>>= 8
            at &+= 1
        }
    }

    /// The key as seen by a payload's byte number `offset`.
    @inline(__always) static func rotated(_ key: UInt32, _ offset: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: offset & 3) &* 8
        return key &>> bits | key &<< ((32 &- bits) & 31)
    }
}
