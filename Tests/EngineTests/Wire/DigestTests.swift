import Testing

@testable import Engine

@Suite struct DigestTests {
    /// RFC 3174 section 7.3, and the empty message.
    @Test(arguments: [
        ("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        ("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        ("0123456701234567012345670123456701234567012345670123456701234567", 10, "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
    ])
    func vectors(piece: String, times: Int, digest: String) {
        let message = [[UInt8]](repeating: bytes(piece), count: times).flatMap { $0 }
        #expect(hexadecimal(message.withUnsafeBytes { SHA1.digest($0) }) == digest)
    }

    @Test func handshakeShortcutAgreesWithTheGeneralWay() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            var message = (0..<60).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let expected = message.withUnsafeBytes { SHA1.digest($0) }
            message += [0x80, 0, 0, 0]
            #expect(message.withUnsafeBytes { SHA1.digestOfHandshake($0.baseAddress!) } == expected)
        }
    }

    @Test func everyLengthAroundTheBlocks() {
        // SHA-1 of n times "x", n from 0 to 130, folded into one digest; the constant is Python's hashlib's.
        var all: [UInt8] = []
        for n in 0...130 {
            let message = [UInt8](repeating: 0x78, count: n)
            let words = message.withUnsafeBytes { SHA1.digest($0) }
            all += written { words.store(to: $0); return SHA1.digestBytes }
        }
        #expect(hexadecimal(all.withUnsafeBytes { SHA1.digest($0) }) == "c8aae94427ef2bc2653160a5197170068f5fc9fd")
    }

    /// RFC 6455 section 1.3.
    @Test func acceptOfTheSampleKey() {
        let key = bytes("dGhlIHNhbXBsZSBub25jZQ==")
        let accept = written { out in
            key.withUnsafeBytes { AcceptKey.write(forKey: $0.baseAddress!, to: out) }
            return AcceptKey.bytes
        }
        #expect(text(accept) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test func base64OfNonces() {
        // "the sample nonce", whose base64 RFC 6455 uses.
        let nonce = bytes("the sample nonce")
        let (high, low) = nonce.withUnsafeBytes {
            (UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)),
             UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
        #expect(text(written { Base64.writeNonce(high, low, to: $0); return 24 }) == "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(text(written { Base64.writeNonce(.max, .max, to: $0); return 24 }) == "/////////////////////w==")
        #expect(text(written { Base64.writeNonce(0, 0, to: $0); return 24 }) == "AAAAAAAAAAAAAAAAAAAAAA==")
    }

    @Test func everyByteInEveryPlaceOfANonce() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let guarded = GuardedBytes()
        for place in 0..<24 {
            for byte in UInt8.min...UInt8.max {
                var key = bytes("AQIDBAUGBwgJCgsMDQ4PEC==")
                key[place] = byte
                let expected = place < 22 ? alphabet.contains(byte) : byte == 0x3D
                #expect(Base64.isNonce(guarded.hold(key).baseAddress!) == expected, "\(byte) at \(place)")
            }
        }
    }

    @Test func keyedNumbersAreAFunctionAndSpread() {
        let user = Keyed(seed: 7, user: 42)
        #expect(user.value(.mask, 3) == Keyed(seed: 7, user: 42).value(.mask, 3))
        #expect(Keyed.value(seed: 7, user: 42, counter: 9) == user.value(counter: 9))
        var seen = Set<UInt64>()
        for seed in 0..<10 as Range<UInt64> {
            for user in 0..<100 as Range<UInt64> {
                for number in 0..<10 as Range<UInt64> {
                    seen.insert(Keyed(seed: seed, user: user).value(.nonce, number))
                    seen.insert(Keyed(seed: seed, user: user).value(.mask, number))
                }
            }
        }
        #expect(seen.count == 20_000)
        // SplitMix64's first output for seed 0, from its authors' C.
        var sequence = SplitMix64(seed: 0)
        let first = sequence.next()
        #expect(first == 0xE220_A839_7B1D_CDAF)
    }
}

private func hexadecimal(_ words: SHA1.Words) -> String {
    [words.a, words.b, words.c, words.d, words.e].map { word in
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
}
