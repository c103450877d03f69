@testable import Engine

extension FuzzTarget {
    /// A stream of frames, header by header. The first byte says who sends and how long a payload may be.
    static let frame = FuzzTarget(
        name: "frame", maximumBytes: 64,
        seeds: [
            [0, 0x82, 0x83, 1, 2, 3, 4, 9, 9, 9], [1, 0x81, 0x02, 0x68, 0x69], [2, 0x01, 0x80, 1, 2, 3, 4, 0x80, 0x80, 1, 2, 3, 4],
            [2, 0x82, 0xFE, 0x01, 0x00, 1, 2, 3, 4], [5, 0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0], [1, 0x88, 0x02, 0x03, 0xE8],
            [0, 0x89, 0x80, 0, 0, 0, 0, 0x8A, 0x80, 0, 0, 0, 0],
        ],
        words: ["\u{7E}", "\u{7F}", "\0\0\0\0\0\0", "\u{1}\0"],
        run: { input in
            guard let (choice, bytes) = input.choice else { return }
            let fromClient = choice & 1 == 0
            let limits = [125, 65_535, 1 << 40, 0]
            var rest = bytes
            while true {
                let parsed = checkFrame(rest, fromClient: fromClient, payloadLimit: limits[Int(choice >> 1 & 3)])
                guard case .header(let header) = parsed else { return }
                let next = Int(header.headerBytes) + header.payloadBytes
                guard next <= rest.count else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[next...])
            }
        })

    /// Masking, at any place in a payload and however it is cut. Key, offset and cut are the first six bytes.
    static let mask = FuzzTarget(
        name: "mask", maximumBytes: 160,
        seeds: [[1, 2, 3, 4, 0, 5] + Array(repeating: 7, count: 40), [0xFF, 0, 0, 1, 3, 33] + Array(0..<100), [1, 2, 3, 4, 1, 0]],
        words: [],
        run: { input in
            guard input.count >= 6 else { return }
            let key = input.loadUnaligned(as: UInt32.self)
            let offset = Int(input[4])
            let bytes = UnsafeRawBufferPointer(rebasing: input[6...])
            guard let base = bytes.baseAddress else { return }
            let out = Scratch.first + Int(input[5] & 7)
            Mask.copy(key, from: base, to: out, count: bytes.count, offset: offset)
            var isRight = true
            for i in 0..<bytes.count where out.load(fromByteOffset: i, as: UInt8.self) != bytes[i] ^ input[(i + offset) & 3] { isRight = false }
            require(isRight, "Byte i is masked with byte i mod 4 of the key.")
            let cut = bytes.count * Int(input[5]) / 256
            Mask.apply(key, to: out, count: cut, offset: offset)
            Mask.apply(key, to: out + cut, count: bytes.count - cut, offset: offset + cut)
            require(UnsafeRawBufferPointer(start: out, count: bytes.count).equals(bytes), "Unmasked in two pieces it is what it was.")
        })

    /// UTF-8, whole and in two pieces, against the standard library. The first byte says where it is cut.
    static let utf8 = FuzzTarget(
        name: "utf8", maximumBytes: 40,
        seeds: [
            seed(128, "plain text, sixteen."), seed(100, "é ü 世界 🙂"), [9, 0xED, 0x9F, 0xBF, 0xEE, 0x80, 0x80], [1, 0xF4, 0x8F, 0xBF, 0xBF],
            [2, 0xC0, 0x80], [128, 0xED, 0xA0, 0x80], [50, 0xF4, 0x90, 0x80, 0x80], [77, 0xE0, 0x9F, 0xBF],
        ],
        words: ["é", "世", "🙂", "\u{7FF}", "\u{800}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}"],
        run: { input in
            guard let (choice, bytes) = input.choice else { return }
            let isValid = UTF8Check.isValid(bytes)
            let units = bytes.assumingMemoryBound(to: UInt8.self)
            require(isValid == (String(validating: units, as: UTF8.self) != nil), "The standard library says the same.")
            let cut = bytes.count * Int(choice) / 256
            var whole = UTF8Check(), pieces = UTF8Check()
            let isWholeFed = whole.feed(bytes)
            let isFed = pieces.feed(bytes.first(cut)) && pieces.feed(UnsafeRawBufferPointer(rebasing: bytes[cut...]))
            require(isFed == isWholeFed, "In pieces it is as valid as whole.")
            require(!isFed || pieces == whole, "In pieces it leaves the same state.")
            require(isValid == (isWholeFed && whole.isComplete), "Fed whole it is as valid as asked for whole.")
        })
}

/// Parses one header, holds the verdict against that on every shorter piece, and writes it again.
private func checkFrame(_ bytes: UnsafeRawBufferPointer, fromClient: Bool, payloadLimit: Int) -> FrameParse {
    let verdict = Frame.parse(bytes, fromClient: fromClient, payloadLimit: payloadLimit)
    for count in 0..<min(bytes.count, Frame.maximumHeaderBytes) {
        let piece = Frame.parse(bytes.first(count), fromClient: fromClient, payloadLimit: payloadLimit)
        require(piece == .needMore || piece == verdict, "A verdict on a piece is the verdict on the whole.")
    }
    guard case .header(let header) = verdict else {
        require(verdict != .needMore || bytes.count < Frame.maximumHeaderBytes, "The longest header is enough.")
        return verdict
    }
    require(header.payloadBytes <= payloadLimit && header.isMasked == fromClient, "A header keeps to what was asked for.")
    let count = fromClient
        ? Frame.writeMaskedHeader(
            header.opcode, payloadBytes: header.payloadBytes, mask: header.mask, isFinal: header.isFinal, to: Scratch.first)
        : Frame.writeHeader(header.opcode, payloadBytes: header.payloadBytes, isFinal: header.isFinal, to: Scratch.first)
    require(count == Int(header.headerBytes), "A header written again has the same length.")
    require(count == Frame.headerBytes(payloadBytes: header.payloadBytes, isMasked: fromClient), "Its length was foretold.")
    require(UnsafeRawBufferPointer(start: Scratch.first, count: count).equals(bytes.first(count)), "A header written again is the same.")
    return verdict
}
