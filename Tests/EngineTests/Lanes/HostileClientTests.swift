import Testing

@testable import Engine

/// What a target lane makes of clients that mean no good.
@Suite struct HostileClientTests {
    /// Runs a body on both manners of an engine.
    private func onEach(
        _ body: (ServedByTarget<MayWait>) -> Void, _ other: (ServedByTarget<MayNotWait>) -> Void,
        _ last: (ServedByTarget<MayWaitAtRest>) -> Void
    ) {
        let first = ServedByTarget<MayWait>()
        body(first)
        #expect(first.wrongs == [])
        let second = ServedByTarget<MayNotWait>()
        other(second)
        #expect(second.wrongs == [])
        let third = ServedByTarget<MayWaitAtRest>()
        last(third)
        #expect(third.wrongs == [])
    }

    /// One client says `bytes` after its handshake and is closed with `code`, unless it is 0.
    private func closes<Way: ReceiveWay>(_ served: ServedByTarget<Way>, _ bytes: [UInt8], with code: CloseCode) {
        let client = served.client(joined: true)
        client.write(bytes)
        #expect(served.settle())
        let frames = serverFrames(client.read()) ?? []
        let expected = [UInt8(code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue)]
        #expect(frames.last?.opcode == .close && frames.last?.payload == expected, "\(code) for \(bytes.prefix(16))")
        // The target says nothing more, and is gone once the client is.
        #expect(client.isOver && served.board[.openNow] == 1)
        client.finish()
        #expect(served.settle())
    }

    @Test(arguments: [
        ("GARBAGE\r\n\r\n", "400"), ("GET /socket/websocket HTTP/1.0\r\n\r\n", "400"),
        ("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "404"), ("GET /socket/websocket HTTP/1.1\r\n\r\n", "400"),
        ("\u{0}\u{1}\u{2}", "400"),
        ("GET /socket/websocket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: short\r\nSec-WebSocket-Version: 13\r\n\r\n", "400"),
        ("GET /other HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", "404"),
        ("GET /socket/websocket?vsn=3.0.0 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", "403"),
    ])
    func aBadHandshakeIsRefused(request: String, status: String) {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.kernel.connect()
            client.write(bytes(request))
            #expect(served.settle())
            #expect(text(client.read()).hasPrefix("HTTP/1.1 \(status) "))
            #expect(client.isOver && served.board[.refused] == 1 && served.board[.upgraded] == 0)
            client.finish()
            #expect(served.settle())
        }
        onEach(play, play, play)
    }

    @Test func aHeadThatNeverEndsIsRefused() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.kernel.connect()
            client.write(bytes("GET /socket/websocket HTTP/1.1\r\n"))
            for _ in 0..<200 { client.write(bytes("X-Padding: aaaaaaaaaaaaaaaaaaaaaaaa\r\n")) }
            #expect(served.settle())
            #expect(text(client.read()).hasPrefix("HTTP/1.1 400 "))
            #expect(client.isOver)
            client.finish()
            #expect(served.settle())
        }
        onEach(play, play, play)
    }

    @Test func framesAgainstTheProtocolCloseWithItsCodes() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let unmasked = written { out in
                let header = Frame.writeHeader(.text, payloadBytes: 2, to: out)
                (out + header).copyMemory(from: bytes("{}"), byteCount: 2)
                return header + 2
            }
            closes(served, unmasked, with: .protocolError)
            closes(served, [0xC1, 0x80, 0, 0, 0, 0], with: .protocolError)
            closes(served, [0x83, 0x80, 0, 0, 0, 0], with: .protocolError)
            closes(served, ServedByTarget<Way>.frame(.continuation, bytes("x")), with: .protocolError)
            let begun = ServedByTarget<Way>.frame(.text, bytes("{"), isFinal: false)
            closes(served, begun + ServedByTarget<Way>.frame(.text, bytes("}")), with: .protocolError)
            closes(served, begun + ServedByTarget<Way>.frame(.continuation, [0x80]), with: .invalidData)
            closes(served, [0x82, 0xFF, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF], with: .messageTooBig)
            closes(served, [0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], with: .protocolError)
            closes(served, ServedByTarget<Way>.frame(.text, [UInt8](repeating: 0x61, count: 4_000)), with: .internalError)
            let half = [UInt8](repeating: 0x61, count: 40_000)
            closes(
                served,
                ServedByTarget<Way>.frame(.text, half, isFinal: false) + ServedByTarget<Way>.frame(.continuation, half),
                with: .messageTooBig)
            closes(served, ServedByTarget<Way>.frame(.text, bytes("not JSON")), with: .internalError)
            closes(served, ServedByTarget<Way>.frame(.text, [0xFF, 0xFE]), with: .invalidData)
            closes(served, ServedByTarget<Way>.frame(.binary, [0xFF, 0xFE]), with: .internalError)
            closes(served, ServedByTarget<Way>.frame(.close, [0x03]), with: .protocolError)
            closes(served, ServedByTarget<Way>.frame(.close, [0x03, 0xED]), with: .protocolError)
            closes(served, ServedByTarget<Way>.frame(.close, [0x03, 0xE8, 0xFF]), with: .invalidData)
            closes(served, ServedByTarget<Way>.frame(.close, [0x03, 0xE8]), with: .normal)
        }
        onEach(play, play, play)
    }

    @Test(arguments: [UInt64](1...40))
    func thousandsOfPingsAreAllAnsweredInTheirOrder(seed: UInt64) {
        func play<Way: ReceiveWay>(_ way: Way.Type) {
            let served = ServedByTarget<Way>(seed: seed)
            let client = served.client(joined: seed % 2 == 0)
            served.kernel.faults = seed == 1 ? .none : .harmless
            // At once: much more than a block.
            var sizes = SplitMix64(seed: seed)
            var payloads: [[UInt8]] = []
            var all: [UInt8] = []
            for number in 0..<(seed <= 2 ? 3_000 : 100) {
                let payload = bytes("\(number)") + [UInt8](repeating: 0x2E, count: Int(sizes.next() % 118))
                payloads.append(payload)
                all += ServedByTarget<Way>.frame(.ping, payload)
            }
            client.write(all)
            #expect(served.settle())
            let frames = serverFrames(client.read()) ?? []
            #expect(frames.allSatisfy { $0.opcode == .pong } && frames.map(\.payload) == payloads)
            client.finish()
            #expect(served.settle())
            #expect(served.wrongs == [])
        }
        play(MayWait.self)
        play(MayNotWait.self)
        play(MayWaitAtRest.self)
    }

    @Test(arguments: [UInt64](1...100))
    func aBurstOfHeartbeatsThatEndsInAHalfCloseLeavesNothingBehind(seed: UInt64) {
        func play<Way: ReceiveWay>(_ way: Way.Type) {
            let served = ServedByTarget<Way>(seed: seed)
            let client = served.client(joined: true)
            served.kernel.faults = .harmless
            for number in 0..<40 { client.write(ServedByTarget<Way>.heartbeat(UInt64(number))) }
            client.finish()
            #expect(served.settle())
            #expect(served.wrongs == [], "seed \(seed)")
            #expect(served.board[.heartbeatsAnswered] <= 40)
        }
        play(MayWait.self)
        play(MayNotWait.self)
        play(MayWaitAtRest.self)
    }

    /// Handshake and messages that fill a block to the last byte: afterwards the lane must still listen.
    @Test func aHandshakeThatFillsABlockWithItsFirstMessagesIsNotTheEnd() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.kernel.connect()
            var first = ServedByTarget<Way>.handshake
            while first.count < Blocks.bytes - 131 { first += ServedByTarget<Way>.frame(.pong, [1, 2]) }
            first += ServedByTarget<Way>.frame(.pong, [UInt8](repeating: 9, count: Blocks.bytes - first.count - 6))
            #expect(first.count == Blocks.bytes)
            client.write(first)
            #expect(served.settle())
            _ = client.read()
            client.write(ServedByTarget<Way>.join)
            #expect(served.settle())
            #expect(served.board[.channelsJoined] == 1)
            client.finish()
            #expect(served.settle())
        }
        onEach(play, play, play)
    }

    @Test func aLaneWithoutBuffersEndsConnectionsAndRecovers() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let clients = (0..<4).map { _ in served.client(joined: true) }
            var taken: [UInt32] = []
            // A block that was lent is there to receive into: then none is left to answer with.
            let left = Way.lendLimit > 0 ? 0 : 1
            while served.lane.pipe.blocks.available > left { taken.append(served.lane.pipe.blocks.take()) }
            for client in clients { client.write(ServedByTarget<Way>.heartbeat(1)) }
            #expect(served.settle())
            #expect(served.board[.errorNoBuffer] > 0 && clients.contains { $0.isOver })
            for block in taken { served.lane.pipe.blocks.giveBack(block) }
            let another = served.client(joined: true)
            another.write(ServedByTarget<Way>.heartbeat(1))
            #expect(served.settle())
            #expect(served.board[.heartbeatsAnswered] >= 1 && !another.read().isEmpty)
            for client in clients + [another] where !client.isOver { client.finish() }
            #expect(served.settle())
        }
        onEach(play, play, play)
    }

    /// Half a message keeps a block. When few are left it is turned away, and whole messages are answered all the same.
    @Test func halvesOfMessagesLeaveBlocksForTheOthers() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let good = served.client(joined: true), half = served.client(joined: true), early = served.client(joined: true)
            early.write(Array(ServedByTarget<Way>.heartbeat(1).prefix(5)))
            #expect(served.settle())
            var taken: [UInt32] = []
            while !served.lane.pipe.isShortOfBlocks { taken.append(served.lane.pipe.blocks.take()) }
            let head = served.kernel.connect()
            head.write(Array(ServedByTarget<Way>.handshake.prefix(20)))
            half.write(Array(ServedByTarget<Way>.heartbeat(1).prefix(5)))
            #expect(served.settle())
            #expect(text(head.read()).hasPrefix("HTTP/1.1 503 ") && head.isOver)
            #expect(serverFrames(half.read())?.last?.payload == [0x03, 0xF5] && half.isOver)
            #expect(served.board[.refusedNoRoom] == 2 && served.board[.refusedHandshake] == 0)
            #expect(served.ask(good, ServedByTarget<Way>.heartbeat(2)).count == 1)
            // Who kept one before may still end what it began.
            #expect(served.ask(early, Array(ServedByTarget<Way>.heartbeat(1).dropFirst(5))).count == 1)
            let late = served.client(joined: true)
            #expect(!late.isOver)
            for block in taken { served.lane.pipe.blocks.giveBack(block) }
            for client in [good, half, early, head, late] { client.finish() }
            #expect(served.settle())
        }
        onEach(play, play, play)
    }

    /// Anything at all, in pieces, with any end: the lane stays whole and serves the next client.
    @Test func noiseLeavesNothingBehind() {
        func play<Way: ReceiveWay>(_ way: Way.Type) {
            var random = SplitMix64(seed: 99)
            let seeds = [
                ServedByTarget<Way>.handshake, ServedByTarget<Way>.join, ServedByTarget<Way>.heartbeat(3),
                ServedByTarget<Way>.frame(.ping, bytes("hello")), ServedByTarget<Way>.frame(.close, [3, 0xE8]),
                ServedByTarget<Way>.handshake + ServedByTarget<Way>.join,
            ]
            let served = ServedByTarget<Way>(seed: 5, faults: .harmless)
            for round in 0..<1_000 {
                let client = round % 2 == 0 ? served.kernel.connect() : served.client(joined: round % 4 == 1)
                for _ in 0...Int(random.next() % 4) {
                    client.write(mutated(seeds[Int(random.next() % UInt64(seeds.count))], with: seeds, &random))
                    if random.next() & 1 == 0 { served.lane.pass() }
                }
                if random.next() & 1 == 0 { client.finish() } else { client.reset() }
                guard served.settle(), served.wrongs.isEmpty else {
                    Issue.record("round \(round): \(served.wrongs)")
                    return
                }
            }
            let client = served.client(joined: true)
            client.write(ServedByTarget<Way>.heartbeat(7))
            served.settle()
            #expect(serverFrames(client.read())?.count == 1)
        }
        play(MayWait.self)
        play(MayNotWait.self)
        play(MayWaitAtRest.self)
    }
}
