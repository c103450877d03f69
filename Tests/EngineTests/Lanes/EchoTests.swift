import Testing

@testable import Engine

/// Messages of any length and in any pieces, through the target's echo: what RFC 6455 says of frames.
@Suite struct EchoTests {
    private func onEach(
        _ body: (ServedByTarget<MayWait>) -> Void, _ other: (ServedByTarget<MayNotWait>) -> Void,
        _ last: (ServedByTarget<MayWaitAtRest>) -> Void, seed: UInt64 = 1, faults: FaultPlan = .none, limit: Int = 65_536
    ) {
        var rules = TargetRules()
        rules.frameLimitBytes = limit
        rules.messageLimitBytes = limit
        let first = ServedByTarget<MayWait>(seed: seed, faults: faults, rules: rules)
        body(first)
        #expect(first.wrongs == [])
        let second = ServedByTarget<MayNotWait>(seed: seed, faults: faults, rules: rules)
        other(second)
        #expect(second.wrongs == [])
        let third = ServedByTarget<MayWaitAtRest>(seed: seed, faults: faults, rules: rules)
        last(third)
        #expect(third.wrongs == [])
    }

    @Test(arguments: [0, 1, 125, 126, 900, 1_010, 1_016, 1_017, 1_018, 1_024, 2_000, 4_096, 65_535, 65_536])
    func aMessageOfAnyLengthComesBack(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.client(at: "/echo")
            let frames = served.ask(client, ServedByTarget<Way>.frame(.binary, payload))
            #expect(frames.count == 1 && frames.first?.opcode == .binary && frames.first?.payload == payload)
            client.finish()
            #expect(served.settle())
        }
        onEach(play, play, play, limit: 1 << 20)
    }

    /// Text and binary, in fragments cut anywhere, with pings between them, delivered in pieces of any size.
    @Test(arguments: [UInt64](1...20))
    func fragmentsMakeOneMessageAndPingsAreAnsweredBetweenThem(seed: UInt64) {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            var random = SplitMix64(seed: seed)
            let client = served.client(at: "/echo")
            var all: [UInt8] = [], expected: [(Opcode, [UInt8])] = []
            for _ in 0..<12 {
                let isText = random.next() & 1 == 0
                let length = Int(random.next() % (random.next() & 3 == 0 ? 20_000 : 300))
                let payload = isText ? bytes(String(repeating: "aé€😀", count: length / 10)) : (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                var at = 0
                let pieces = 1 + Int(random.next() % 6)
                for piece in 0..<pieces {
                    let end = piece == pieces - 1 ? payload.count : min(payload.count, at + Int(random.next() % UInt64(payload.count + 1)))
                    let opcode: Opcode = piece > 0 ? .continuation : isText ? .text : .binary
                    all += ServedByTarget<Way>.frame(opcode, Array(payload[at..<end]), isFinal: piece == pieces - 1)
                    at = end
                    if random.next() % 3 == 0, piece < pieces - 1 {
                        let ping = bytes("ping \(expected.count)")
                        all += ServedByTarget<Way>.frame(.ping, ping)
                        expected.append((.pong, ping))
                    }
                }
                expected.append((isText ? .text : .binary, payload))
            }
            while !all.isEmpty {
                let count = min(all.count, 1 + Int(random.next() % 3_000))
                client.write(all[..<count])
                all.removeFirst(count)
                if random.next() & 1 == 0 { served.lane.pass() }
            }
            #expect(served.settle())
            let frames = serverFrames(client.read()) ?? []
            #expect(frames.count == expected.count)
            for (frame, wanted) in zip(frames, expected) { #expect(frame.opcode == wanted.0 && frame.payload == wanted.1) }
            client.finish()
            #expect(served.settle())
        }
        onEach(play, play, play, seed: seed, faults: .harmless)
    }

    @Test func badTextIsRefusedAtTheByteThatMakesItBad() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.client(at: "/echo")
            // The frame promises 100 bytes; the second is wrong already.
            let whole = ServedByTarget<Way>.frame(.text, [0x61, 0xFF] + [UInt8](repeating: 0x61, count: 98))
            let frames = served.ask(client, Array(whole[..<(6 + 2)]))
            #expect(frames.count == 1 && frames.first?.opcode == .close && frames.first?.payload == [0x03, 0xEF])
            client.finish()
            #expect(served.settle())
            #expect(served.board[.refusedInvalidData] == 1)
        }
        onEach(play, play, play)
    }

    @Test func whatPassesTheLimitIsRefusedAndForgotten() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            for isOneFrame in [true, false] {
                let client = served.client(at: "/echo")
                if isOneFrame {
                    client.write(ServedByTarget<Way>.frame(.binary, [UInt8](repeating: 1, count: 10_001)))
                } else {
                    let half = [UInt8](repeating: 1, count: 5_001)
                    client.write(ServedByTarget<Way>.frame(.binary, half, isFinal: false) + ServedByTarget<Way>.frame(.continuation, half))
                }
                #expect(served.settle())
                let frames = serverFrames(client.read()) ?? []
                #expect(frames.count == 1 && frames.first?.payload == [0x03, 0xF1])
                #expect(served.lane.pipe.assemblies.buffers.bytes == 0)
                client.finish()
                #expect(served.settle())
            }
            #expect(served.board[.refusedTooBig] == 2)
        }
        onEach(play, play, play, limit: 10_000)
    }

    /// What is thrown at a connection after its close is dropped, however much it is.
    @Test func afterTheCloseNothingIsReadAndNothingIsKept() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.client(at: "/echo")
            let frames = served.ask(client, ServedByTarget<Way>.frame(.close, [0x03, 0xE9] + bytes("bye")))
            #expect(frames.count == 1 && frames.first?.opcode == .close && frames.first?.payload == [0x03, 0xE9])
            for _ in 0..<100 { client.write(ServedByTarget<Way>.frame(.binary, [UInt8](repeating: 1, count: 10_000))) }
            #expect(served.settle())
            #expect(client.read() == [] && served.board[.echoed] == 0 && served.board[.openNow] == 1)
            client.finish()
            #expect(served.settle())
        }
        onEach(play, play, play)
    }
}
