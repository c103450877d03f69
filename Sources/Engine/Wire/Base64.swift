/// Base64 (RFC 4648 section 4) of the two lengths a handshake has: a 16-byte nonce and a 20-byte digest.
///
/// The input comes as integers, most significant first, because that is how nonces are drawn and digests end.
enum Base64 {
    static let nonceCharacters = 24
    static let digestCharacters = 28

    private static var alphabet: StaticString { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" }
    private static var pad: UInt8 { 0x3D }

    /// 16 bytes, `high` first, as 22 characters and "==".
    @inline(__always) static func writeNonce(_ high: UInt64, _ low: UInt64, to out: UnsafeMutableRawPointer) {
        putTen(high, to: out)
        putTen(high &<< 60 | low &>> 4, to: out + 10)
        put(low &<< 56, 2, to: out + 20)
        out.storeBytes(of: pad, toByteOffset: 22, as: UInt8.self)
        out.storeBytes(of: pad, toByteOffset: 23, as: UInt8.self)
    }

    /// 20 bytes as 27 characters and "=".
    @inline(__always) static func writeDigest(_ digest: SHA1.Words, to out: UnsafeMutableRawPointer) {
        let high = UInt64(digest.a) &<< 32 | UInt64(digest.b)
        let low = UInt64(digest.c) &<< 32 | UInt64(digest.d)
        putTen(high, to: out)
        putTen(high &<< 60 | low &>> 4, to: out + 10)
        put(low &<< 56 | UInt64(digest.e) &<< 24, 7, to: out + 20)
        out.storeBytes(of: pad, toByteOffset: 27, as: UInt8.self)
    }

    /// True if 24 characters are base64 of 16 bytes. The four bits left over in the last character are not looked at:
    /// RFC 6455 section 4.1 itself gives an example in which they are not zero (AQIDBAUGBwgJCgsMDQ4PEC==).
    @inline(__always) static func isNonce(_ key: UnsafeRawPointer) -> Bool {
        guard key.loadUnaligned(fromByteOffset: 22, as: UInt16.self) == 0x3D3D else { return false }
        // 22 characters as three words, the last one overlapping.
        let outside = outsideAlphabet(key.loadUnaligned(as: UInt64.self))
            | outsideAlphabet(key.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            | outsideAlphabet(key.loadUnaligned(fromByteOffset: 14, as: UInt64.self))
        return outside == 0
    }

    /// Zero if all eight bytes are of the alphabet. Each byte is tested in its own seven bits, so nothing carries over;
    /// plain words, because SIMD comparisons cost calls at -O in Swift 6.3.
    @inline(__always) private static func outsideAlphabet(_ word: UInt64) -> UInt64 {
        let low = word & 0x7F7F_7F7F_7F7F_7F7F
        let folded = low | 0x2020_2020_2020_2020
        let letter = atLeast(folded, 0x61) & ~atLeast(folded, 0x7B) & atLeast(low, 0x41)
        // "/" stands right before the digits.
        let digit = atLeast(low, 0x2F) & ~atLeast(low, 0x3A)
        let plus = atLeast(low, 0x2B) & ~atLeast(low, 0x2C)
        return ~(letter | digit | plus) & 0x8080_8080_8080_8080 | word & 0x8080_8080_8080_8080
    }

    /// The top bit of each byte tells whether its low seven bits, all there are, come to `bound` at least.
    @inline(__always) private static func atLeast(_ word: UInt64, _ bound: UInt64) -> UInt64 {
        word &+ (0x80 &- bound) &* 0x0101_0101_0101_0101
    }

    @inline(__always) private static func putTen(_ bits: UInt64, to out: UnsafeMutableRawPointer) { put(bits, 10, to: out) }

    /// Writes the characters of the `count` topmost six-bit groups.
    @inline(__always) private static func put(_ bits: UInt64, _ count: Int, to out: UnsafeMutableRawPointer) {
        let table = alphabet.utf8Start
        for i in 0..<count {
            let group = Int(truncatingIfNeeded: bits &>> UInt64(58 &- 6 &* i)) & 63
            out.storeBytes(of: table[group], toByteOffset: i, as: UInt8.self)
        }
    }
}
