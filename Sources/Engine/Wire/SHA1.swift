/// SHA-1 (RFC 3174), for the WebSocket handshake only (RFC 6455 section 1.3), where nothing rests on its strength.
///
/// Allocation-free. The handshake's own message, a 24-character key and a 36-character GUID, has its shape known
/// beforehand, so `digestOfHandshake` writes no padding and expands no schedule for the second block.
enum SHA1 {
    static let digestBytes = 20
    static let blockBytes = 64

    /// The running digest: five words, the first one the most significant.
    struct Words: Equatable {
        var a: UInt32 = 0x6745_2301
        var b: UInt32 = 0xEFCD_AB89
        var c: UInt32 = 0x98BA_DCFE
        var d: UInt32 = 0x1032_5476
        var e: UInt32 = 0xC3D2_E1F0

        @inline(__always) func store(to out: UnsafeMutableRawPointer) {
            out.storeBytes(of: a.bigEndian, toByteOffset: 0, as: UInt32.self)
            out.storeBytes(of: b.bigEndian, toByteOffset: 4, as: UInt32.self)
            out.storeBytes(of: c.bigEndian, toByteOffset: 8, as: UInt32.self)
            out.storeBytes(of: d.bigEndian, toByteOffset: 12, as: UInt32.self)
            out.storeBytes(of: e.bigEndian, toByteOffset: 16, as: UInt32.self)
        }
    }

    /// The digest of any number of bytes.
    static func digest(_ message: UnsafeRawBufferPointer) -> Words {
        var words = Words()
        var at = 0
        while let base = message.baseAddress, message.count - at >= blockBytes {
            compress(&words, base + at)
            at += blockBytes
        }
        // What is left, the 1 bit, zeroes and the length in bits need one block more or two (RFC 3174 section 4).
        withUnsafeTemporaryAllocation(byteCount: 2 * blockBytes, alignment: 8) { tail in
            guard let start = tail.baseAddress else { return }
            let rest = message.count - at
            let blocks = rest < blockBytes - 8 ? 1 : 2
            start.initializeMemory(as: UInt8.self, repeating: 0, count: blocks * blockBytes)
            if let base = message.baseAddress { start.copyMemory(from: base + at, byteCount: rest) }
            start.storeBytes(of: 0x80, toByteOffset: rest, as: UInt8.self)
            let bits = UInt64(message.count) &* 8
            start.storeBytes(of: bits.bigEndian, toByteOffset: blocks * blockBytes - 8, as: UInt64.self)
            for block in 0..<blocks { compress(&words, start + block * blockBytes) }
        }
        return words
    }

    /// The digest of a 60-byte message: `block` holds it and the padding's first four bytes (0x80 0 0 0), 64 in all.
    /// The second block then is zeroes and the length for every message, and its schedule is a table.
    @inline(__always) static func digestOfHandshake(_ block: UnsafeRawPointer) -> Words {
        var words = Words()
        compress(&words, block)
        compressHandshakeTail(&words)
        return words
    }

    /// Takes one 64-byte block, at any alignment, into the digest.
    @inline(never) static func compress(_ words: inout Words, _ block: UnsafeRawPointer) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 81) { schedule in
            guard let w = schedule.baseAddress else { return }
            for t in 0..<16 { w[t] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: t &* 4, as: UInt32.self)) }
            rounds(&words, w, isExpanded: false)
        }
    }
}

// MARK: - The eighty rounds

extension SHA1 {
    @inline(__always) static func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { (x &<< n) | (x &>> (32 &- n)) }

    /// One round, with the roles of the five words given by position, so that no word is ever moved.
    @inline(__always) private static func round(
        _ a: UInt32, _ b: inout UInt32, _ e: inout UInt32, _ f: UInt32, _ wk: UInt32
    ) {
        e = e &+ wk &+ f &+ rotated(a, 5)
        b = rotated(b, 30)
    }

    @inline(__always) private static func choose(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 { z ^ (x & (y ^ z)) }
    @inline(__always) private static func parity(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 { x ^ y ^ z }
    @inline(__always) private static func majority(_ x: UInt32, _ y: UInt32, _ z: UInt32) -> UInt32 {
        (x & y) &+ (z & (x ^ y))
    }

    /// Expands five words of the schedule, sixteen rounds ahead. Each round waits for the one before, so this fits in
    /// between: doing it all beforehand took a fifth longer.
    @inline(__always) private static func expand(_ w: UnsafeMutablePointer<UInt32>, beside t: Int) {
        for i in (t &+ 16)..<(t &+ 21) {
            w[i] = rotated(w[i &- 3] ^ w[i &- 8] ^ w[i &- 14] ^ w[i &- 16], 1)
        }
    }

    /// All rounds over a schedule of 80 words, of which the last 64 are expanded on the way unless they are there already.
    @inline(__always) static func rounds(
        _ words: inout Words, _ w: UnsafeMutablePointer<UInt32>, isExpanded: Bool
    ) {
        var a = words.a, b = words.b, c = words.c, d = words.d, e = words.e
        for t in stride(from: 0, to: 20, by: 5) {
            if !isExpanded { expand(w, beside: t) }
            round(a, &b, &e, choose(b, c, d), w[t] &+ 0x5A82_7999)
            round(e, &a, &d, choose(a, b, c), w[t &+ 1] &+ 0x5A82_7999)
            round(d, &e, &c, choose(e, a, b), w[t &+ 2] &+ 0x5A82_7999)
            round(c, &d, &b, choose(d, e, a), w[t &+ 3] &+ 0x5A82_7999)
            round(b, &c, &a, choose(c, d, e), w[t &+ 4] &+ 0x5A82_7999)
        }
        for t in stride(from: 20, to: 40, by: 5) {
            if !isExpanded { expand(w, beside: t) }
            round(a, &b, &e, parity(b, c, d), w[t] &+ 0x6ED9_EBA1)
            round(e, &a, &d, parity(a, b, c), w[t &+ 1] &+ 0x6ED9_EBA1)
            round(d, &e, &c, parity(e, a, b), w[t &+ 2] &+ 0x6ED9_EBA1)
            round(c, &d, &b, parity(d, e, a), w[t &+ 3] &+ 0x6ED9_EBA1)
            round(b, &c, &a, parity(c, d, e), w[t &+ 4] &+ 0x6ED9_EBA1)
        }
        for t in stride(from: 40, to: 60, by: 5) {
            if !isExpanded { expand(w, beside: t) }
            round(a, &b, &e, majority(b, c, d), w[t] &+ 0x8F1B_BCDC)
            round(e, &a, &d, majority(a, b, c), w[t &+ 1] &+ 0x8F1B_BCDC)
            round(d, &e, &c, majority(e, a, b), w[t &+ 2] &+ 0x8F1B_BCDC)
            round(c, &d, &b, majority(d, e, a), w[t &+ 3] &+ 0x8F1B_BCDC)
            round(b, &c, &a, majority(c, d, e), w[t &+ 4] &+ 0x8F1B_BCDC)
        }
        for t in stride(from: 60, to: 80, by: 5) {
            // The last four words, and one nobody reads: hence room for 81.
            if !isExpanded && t == 60 { expand(w, beside: t) }
            round(a, &b, &e, parity(b, c, d), w[t] &+ 0xCA62_C1D6)
            round(e, &a, &d, parity(a, b, c), w[t &+ 1] &+ 0xCA62_C1D6)
            round(d, &e, &c, parity(e, a, b), w[t &+ 2] &+ 0xCA62_C1D6)
            round(c, &d, &b, parity(d, e, a), w[t &+ 3] &+ 0xCA62_C1D6)
            round(b, &c, &a, parity(c, d, e), w[t &+ 4] &+ 0xCA62_C1D6)
        }
        words.a = words.a &+ a
        words.b = words.b &+ b
        words.c = words.c &+ c
        words.d = words.d &+ d
        words.e = words.e &+ e
    }
}
