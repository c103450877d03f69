@testable import Engine

extension FuzzTarget {
    /// A peer's stream of frames, received in pieces: what a lane reads of it against a plain reading of the whole, and no
    /// buffer is lost. The first byte says who sends and how long frames and messages may be, the second how large a piece is.
    static let messages = FuzzTarget(
        name: "messages", maximumBytes: 2_400,
        seeds: [
            [0, 1, 0x01, 0x83, 1, 2, 3, 4, 9, 9, 9, 0x89, 0x80, 5, 6, 7, 8, 0x80, 0x82, 1, 1, 1, 1, 0, 0],
            [1, 7, 0x01, 0x02, 0xE4, 0xB8, 0x80, 0x01, 0x96, 0x82, 0x00, 0x88, 0x02, 0x03, 0xE8],
            [3, 50, 0x02, 0x7E, 0x00, 0x80] + Array(repeating: 7, count: 128) + [0x80, 0x7E, 0x00, 0x80] + Array(repeating: 8, count: 128),
            [1, 255, 0x82, 0x7E, 0x05, 0x00] + Array(repeating: 1, count: 1_280) + [0x81, 0x03, 0x61, 0x62, 0x63],
            [1, 90, 0x01, 0x7E, 0x04, 0x10] + Array(repeating: 0x61, count: 1_056) + [0x89, 0x01, 0x21, 0x80, 0x01, 0x62],
        ],
        words: ["\0\u{2}", "\u{1}\u{1}", "\u{7E}\u{1}\0", "é", "世", "🙂"],
        run: { input in
            guard input.count > 2 else { return }
            let fromClient = input[0] & 1 == 0
            let reader = input[0] & 2 == 0 ? MessageReader.wide : MessageReader.narrow
            let bytes = UnsafeRawBufferPointer(rebasing: input[2...])
            var read = Told(Scratch.first), plain = Told(Scratch.second)
            reader.read(bytes, pieceBytes: 1 + Int(input[1]) * 5, fromClient: fromClient, into: &read)
            readPlainly(bytes, fromClient: fromClient, limits: reader.pipe.limits, into: &plain)
            require(read.bytes.equals(plain.bytes), "In pieces it reads as in one.")
        })
}

/// What was read, written down one after another.
private struct Told {
    let start: UnsafeMutableRawPointer
    var count = 0

    init(_ start: UnsafeMutableRawPointer) { self.start = start }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    mutating func frame(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        number(UInt32(opcode.rawValue) << 24 | UInt32(payload.count))
        if let source = payload.baseAddress { (start + count).copyMemory(from: source, byteCount: payload.count) }
        count += payload.count
    }

    mutating func violation(_ code: CloseCode) { number(0xFF << 24 | UInt32(code.rawValue)) }

    private mutating func number(_ value: UInt32) {
        (start + count).storeBytes(of: value, as: UInt32.self)
        count += 4
    }
}

/// The messages of a stream as RFC 6455, section 5.4, has them, with all of it at hand.
private func readPlainly(_ bytes: UnsafeRawBufferPointer, fromClient: Bool, limits: MessageLimits, into told: inout Told) {
    var rest = bytes
    var open: Opcode?
    var message: [UInt8] = []
    while true {
        let header: FrameHeader
        switch Frame.parse(rest, fromClient: fromClient, payloadLimit: limits.frameBytes) {
        case .needMore: return
        case .violation(let code): return told.violation(code)
        case .header(let parsed): header = parsed
        }
        let payload = UnsafeRawBufferPointer(rebasing: rest[Int(header.headerBytes)...].prefix(header.payloadBytes))
        let isWhole = payload.count == header.payloadBytes
        if header.opcode.isControl {
            guard isWhole else { return }
            unmasked(payload, header.mask).withUnsafeBytes { told.frame(header.opcode, $0) }
        } else {
            if (header.opcode == .continuation) != (open != nil) { return told.violation(.protocolError) }
            if message.count + header.payloadBytes > limits.messageBytes { return told.violation(.messageTooBig) }
            let opcode = open ?? header.opcode
            open = opcode
            message += unmasked(payload, header.mask)
            var check = UTF8Check()
            if opcode == .text {
                guard message.withUnsafeBytes({ check.feed($0) }) else { return told.violation(.invalidData) }
            }
            guard isWhole else { return }
            if header.isFinal {
                if opcode == .text && !check.isComplete { return told.violation(.invalidData) }
                message.withUnsafeBytes { told.frame(opcode, $0) }
                open = nil
                message = []
            }
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[(Int(header.headerBytes) + header.payloadBytes)...])
    }
}

private func unmasked(_ payload: UnsafeRawBufferPointer, _ mask: UInt32) -> [UInt8] {
    payload.enumerated().map { $1 ^ UInt8(truncatingIfNeeded: mask >> UInt32($0 % 4 * 8)) }
}

/// One connection's reading half as a lane has it.
private final class MessageReader {
    nonisolated(unsafe) static let wide = MessageReader(.usual)
    nonisolated(unsafe) static let narrow = MessageReader(MessageLimits(frameBytes: 200, messageBytes: 300))

    var pipe: Pipe<OneStream>

    private init(_ limits: MessageLimits) {
        let counts = UnsafeMutableRawPointer.allocate(byteCount: Board.laneBytes, alignment: 64)
        counts.initializeMemory(as: UInt8.self, repeating: 0, count: Board.laneBytes)
        pipe = Pipe(engine: OneStream(), board: LaneBoard(base: counts), slots: 1, limits: limits)
    }

    /// Reads the stream as far as it goes, and ends the connection.
    func read(_ stream: UnsafeRawBufferPointer, pieceBytes: Int, fromClient: Bool, into told: inout Told) {
        var peer = Peer()
        pipe.engine.stream = stream
        pipe.engine.pieceBytes = pieceBytes
        reading: while !pipe.engine.stream.isEmpty {
            require(pipe.ready(0, &peer, happened: 0), "There is a block.")
            guard let completion = pipe.engine.next(), case .bytes = pipe.arrived(completion, &peer) else { break }
            var used = 0
            repeat {
                switch pipe.read(0, &peer, fromClient: fromClient) {
                case .needMore: used = 0
                case .part(let count): used = count
                case .control(let opcode, let payload, let count):
                    told.frame(opcode, payload)
                    used = count
                case .message(let opcode, let payload, let count):
                    told.frame(opcode, payload)
                    pipe.endAssembly(0, &peer)
                    used = count
                case .violation(let code):
                    told.violation(code)
                    break reading
                }
                pipe.consume(used, &peer)
            } while used > 0 && peer.carried > 0
            require(Int(peer.carried) < Blocks.bytes, "Bytes that wait for more have room for it.")
        }
        pipe.close(0, &peer)
        require(pipe.blocks.available == pipe.blocks.count && pipe.assemblies.buffers.count == 0, "No buffer is lost.")
    }
}

/// An engine that receives a stream from memory, piece by piece.
private struct OneStream: Proactor, ~Copyable {
    static var receivesMayWait: Bool { false }

    var stream = UnsafeRawBufferPointer(start: nil, count: 0)
    var pieceBytes = 1
    private var received: Completion?

    init() {}

    mutating func receive(_ handle: Handle, into buffer: UnsafeMutableRawPointer, capacity: Int, block: UInt32, waits: Bool) {
        let piece = UnsafeRawBufferPointer(rebasing: stream.prefix(min(pieceBytes, capacity)))
        buffer.copyMemory(from: piece.baseAddress.unsafelyUnwrapped, byteCount: piece.count)
        stream = UnsafeRawBufferPointer(rebasing: stream[piece.count...])
        received = Completion(operation: .received, handle: handle, result: Int32(piece.count), block: block)
    }

    mutating func next() -> Completion? {
        defer { received = nil }
        return received
    }

    // Nothing else is asked of it.
    mutating func accept(from listener: Int32) {}
    mutating func stopAccepting() {}
    mutating func connect(_ handle: Handle, _ options: ConnectOptions) {}
    mutating func adopt(_ handle: Handle) {}
    mutating func watch(_ handle: Handle, mayReceive: Bool) {}
    mutating func send(_ handle: Handle, from buffer: UnsafeRawPointer, count: Int, block: UInt32) {}
    mutating func shutdown(_ handle: Handle) {}
    mutating func close(_ handle: Handle, watched: Bool, receiving: UInt32, sending: UInt32) {}
    mutating func listenToBell(_ descriptor: Int32) {}
    mutating func submit(waitNanoseconds: Int64?) {}
    mutating func reset(_ handle: Handle) {}
    mutating func abandon() {}
    var room: Int { 1 }
    var systemCalls: UInt64 { 0 }
}
