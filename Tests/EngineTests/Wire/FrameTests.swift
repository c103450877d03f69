import Testing

@testable import Engine

private func parse(_ bytes: [UInt8], fromClient: Bool = false, limit: Int = 1 << 20) -> FrameParse {
    bytes.withUnsafeBytes { Frame.parse($0, fromClient: fromClient, payloadLimit: limit) }
}

private func header(
    _ opcode: Opcode, _ payloadBytes: Int, headerBytes: UInt8, mask: UInt32 = 0, isFinal: Bool = true, isMasked: Bool = false
) -> FrameParse {
    .header(
        FrameHeader(
            payloadBytes: payloadBytes, mask: mask, headerBytes: headerBytes, opcode: opcode, isFinal: isFinal,
            isMasked: isMasked))
}

@Suite struct FrameTests {
    /// RFC 6455 section 5.7.
    @Test func examplesOfTheStandard() {
        #expect(parse([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]) == header(.text, 5, headerBytes: 2))
        var masked: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(parse(masked, fromClient: true) == header(.text, 5, headerBytes: 6, mask: 0x3D21_FA37, isMasked: true))
        masked.withUnsafeMutableBytes { Mask.apply(0x3D21_FA37, to: $0.baseAddress! + 6, count: 5) }
        #expect(text(masked[6...]) == "Hello")
        #expect(parse([0x01, 0x03, 0x48, 0x65, 0x6C]) == header(.text, 3, headerBytes: 2, isFinal: false))
        #expect(parse([0x80, 0x02, 0x6C, 0x6F]) == header(.continuation, 2, headerBytes: 2))
        #expect(parse([0x89, 0x05]) == header(.ping, 5, headerBytes: 2))
        #expect(parse([0x82, 0x7E, 0x01, 0x00]) == header(.binary, 256, headerBytes: 4))
        #expect(parse([0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]) == header(.binary, 65_536, headerBytes: 10))
    }

    @Test(arguments: [
        [0xC1, 0x00], [0xA1, 0x00], [0x91, 0x00],  // Reserved bits.
        [0x83, 0x00], [0x87, 0x00], [0x8B, 0x00], [0x8F, 0x00],  // Reserved opcodes.
        [0x09, 0x00], [0x08, 0x00], [0x0A, 0x00],  // Control frames in fragments.
        [0x89, 0x7E, 0x00, 0x7E], [0x88, 0x7F],  // Control frames longer than 125.
        [0x82, 0x7E, 0x00, 0x7D], [0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],  // Lengths longer than they need be.
        [0x82, 0x7F, 0x80, 0, 0, 0, 0, 1, 0, 0],  // The top bit of a length.
        [0x81, 0x80, 0, 0, 0, 0],  // Masked, and from a server.
    ] as [[UInt8]])
    func violations(frame: [UInt8]) { #expect(parse(frame) == .violation(.protocolError)) }

    @Test func unmaskedFromAClient() {
        #expect(parse([0x81, 0x05], fromClient: true) == .violation(.protocolError))
    }

    @Test func limits() {
        #expect(parse([0x82, 0x05], limit: 4) == .violation(.messageTooBig))
        #expect(parse([0x82, 0x05], limit: 5) == header(.binary, 5, headerBytes: 2))
        #expect(parse([0x82, 0x7E, 0x10, 0x01], limit: 4_096) == .violation(.messageTooBig))
        #expect(parse([0x82, 0x7F, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == .violation(.messageTooBig))
        let most = parse([0x82, 0x7F, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], limit: .max)
        #expect(most == header(.binary, .max, headerBytes: 10))
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20])
    func whatIsWrittenIsRead(count: Int) {
        let guarded = GuardedBytes()
        for isFinal in [true, false] {
            let plain = written { Frame.writeHeader(.binary, payloadBytes: count, isFinal: isFinal, to: $0) }
            let masked = written {
                Frame.writeMaskedHeader(.text, payloadBytes: count, mask: 0x0403_0201, isFinal: isFinal, to: $0)
            }
            #expect(plain.count == Frame.headerBytes(payloadBytes: count, isMasked: false))
            #expect(masked.count == Frame.headerBytes(payloadBytes: count, isMasked: true))
            #expect(Array(masked.suffix(4)) == [1, 2, 3, 4])
            #expect(parse(plain) == header(.binary, count, headerBytes: UInt8(plain.count), isFinal: isFinal))
            #expect(parse(masked, fromClient: true) == header(
                .text, count, headerBytes: UInt8(masked.count), mask: 0x0403_0201, isFinal: isFinal, isMasked: true))
            for (frame, fromClient) in [(plain, false), (masked, true)] {
                for end in 0..<frame.count {
                    let held = guarded.hold(frame[..<end])
                    #expect(Frame.parse(held, fromClient: fromClient, payloadLimit: 1 << 20) == .needMore)
                }
            }
        }
    }

    @Test func closeFrames() {
        #expect(written { Frame.writeClose(1002, to: $0) } == [0x88, 0x02, 0x03, 0xEA])
        let masked = written { Frame.writeMaskedClose(1000, mask: 0xFFFF_FFFF, to: $0) }
        #expect(masked == [0x88, 0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC, 0x17])
        let allowed = (0...5_000 as ClosedRange<UInt16>).filter(CloseCode.isAllowedOnWire)
        #expect(allowed == [1000, 1001, 1002, 1003] + Array(1007...1014) + Array(3000...4999))
    }

    /// Random bytes against a plain reading of section 5.2, and every prefix against the whole.
    @Test func agreesWithAPlainReading() {
        var random = SplitMix64(seed: 4)
        let guarded = GuardedBytes()
        for run in 0..<fuzzRuns {
            var frame = (0..<Int(random.next() % 16)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            // Half of them with a sound beginning, small lengths among them.
            if run % 2 == 0, frame.count > 2 {
                frame[0] = [0x81, 0x82, 0x01, 0x80, 0x88, 0x89][Int(random.next() % 6)]
                for i in 2..<frame.count where random.next() % 2 == 0 { frame[i] = 0 }
            }
            let fromClient = run % 4 < 2
            let held = guarded.hold(frame)
            let verdict = Frame.parse(held, fromClient: fromClient, payloadLimit: 100_000)
            guard verdict == plainReading(frame, fromClient, 100_000) else { Issue.record("\(frame)"); return }
            for end in 0..<frame.count {
                let piece = Frame.parse(.init(rebasing: held[..<end]), fromClient: fromClient, payloadLimit: 100_000)
                guard piece == .needMore || piece == verdict else { Issue.record("\(frame) at \(end)"); return }
            }
        }
    }

    private func plainReading(_ f: [UInt8], _ fromClient: Bool, _ limit: UInt64) -> FrameParse {
        guard let first = f.first else { return .needMore }
        guard first & 0x70 == 0, let opcode = Opcode(rawValue: first & 15), first >= 0x80 || !opcode.isControl else {
            return .violation(.protocolError)
        }
        guard f.count > 1 else { return .needMore }
        guard (f[1] >= 0x80) == fromClient, !(opcode.isControl && f[1] & 0x7F > 125) else {
            return .violation(.protocolError)
        }
        let extra = [126: 2, 127: 8][f[1] & 0x7F] ?? 0
        guard f.count >= 2 + extra else { return .needMore }
        let length = extra == 0 ? UInt64(f[1] & 0x7F) : f[2..<2 + extra].reduce(0) { $0 << 8 | UInt64($1) }
        let least: UInt64 = extra == 0 ? 0 : extra == 2 ? 126 : 65_536
        guard length >= least, length >> 63 == 0 else { return .violation(.protocolError) }
        guard length <= limit else { return .violation(.messageTooBig) }
        let count = 2 + extra + (fromClient ? 4 : 0)
        guard f.count >= count else { return .needMore }
        let mask = fromClient ? f[(count - 4)..<count].reversed().reduce(0) { $0 << 8 | UInt32($1) } : 0
        return header(
            opcode, Int(length), headerBytes: UInt8(count), mask: mask, isFinal: first >= 0x80, isMasked: fromClient)
    }
}

@Suite struct MaskTests {
    /// Every alignment, length and offset that matters, in place and copying, against one byte at a time.
    @Test func agreesWithOneByteAtATime() {
        let key: UInt32 = 0xD4C3_B2A1
        let keyBytes: [UInt8] = [0xA1, 0xB2, 0xC3, 0xD4]
        let guarded = GuardedBytes(), other = GuardedBytes()
        for count in 0...80 {
            for offset in 0..<4 {
                for slack in 0..<9 {
                    let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ slack) }
                    let expected = payload.enumerated().map { $1 ^ keyBytes[($0 + offset) % 4] }
                    let place = guarded.holdMutable(payload + [UInt8](repeating: 0xEE, count: slack))
                    let copy = other.holdMutable([UInt8](repeating: 0xDD, count: count))
                    Mask.copy(key, from: place.baseAddress!, to: copy.baseAddress!, count: count, offset: offset)
                    Mask.apply(key, to: place.baseAddress!, count: count, offset: offset)
                    #expect(Array(copy) == expected)
                    #expect(Array(place) == expected + [UInt8](repeating: 0xEE, count: slack))
                }
            }
        }
    }
}

@Suite struct UTF8CheckTests {
    @Test(arguments: [
        ([], true), ([0x61], true), ([0xC3, 0xA9], true), ([0xE2, 0x82, 0xAC], true), ([0xF0, 0x9F, 0x98, 0x80], true),
        ([0xF4, 0x8F, 0xBF, 0xBF], true), ([0xED, 0x9F, 0xBF], true), ([0xC0, 0x80], false), ([0xC1, 0xBF], false),
        ([0xE0, 0x80, 0x80], false), ([0xED, 0xA0, 0x80], false), ([0xF0, 0x80, 0x80, 0x80], false),
        ([0xF4, 0x90, 0x80, 0x80], false), ([0xF5, 0x80], false), ([0x80], false), ([0xE2, 0x82], false),
    ] as [([UInt8], Bool)])
    func table(input: [UInt8], isValid: Bool) {
        #expect(input.withUnsafeBytes(UTF8Check.isValid) == isValid)
    }

    /// Random pieces: the same verdict as the standard library's, however the bytes are split.
    @Test func agreesWithTheStandardLibrary() {
        var random = SplitMix64(seed: 5)
        let seeds = [bytes("Grüße, 世界 🙂 and plain text for a while"), bytes("ascii only, more than eight of it")]
        for _ in 0..<fuzzRuns / 10 {
            let input = mutated(seeds[Int(random.next() % 2)], with: seeds, &random)
            let expected = String(validating: input, as: UTF8.self) != nil
            let split = Int(random.next() % UInt64(input.count + 1))
            var check = UTF8Check()
            let isFed = Array(input[..<split]).withUnsafeBytes { check.feed($0) }
                && Array(input[split...]).withUnsafeBytes { check.feed($0) }
            guard (isFed && check.isComplete) == expected else { Issue.record("\(input)"); return }
        }
    }
}
