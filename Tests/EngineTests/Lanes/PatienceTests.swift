import Testing

@testable import Engine

/// What a lane does with clients that leave something half done. The simulated kernel's time passes as fast as it is asked.
@Suite struct PatienceTests {
    private static var rules: TargetRules {
        var rules = TargetRules()
        rules.handshakeTimeoutNanoseconds = 20_000_000
        rules.messageTimeoutNanoseconds = 50_000_000
        return rules
    }

    /// Lets time pass.
    private func wait<Way: ReceiveWay>(_ served: ServedByTarget<Way>, milliseconds: UInt64) {
        let end = served.kernel.time + milliseconds * 1_000_000
        while served.kernel.time < end { served.lane.pass() }
    }

    private func onEach(
        _ body: (ServedByTarget<MayWait>) -> Void, _ other: (ServedByTarget<MayNotWait>) -> Void,
        _ last: (ServedByTarget<MayWaitAtRest>) -> Void, rules: TargetRules = PatienceTests.rules
    ) {
        let first = ServedByTarget<MayWait>(rules: rules)
        body(first)
        #expect(first.wrongs == [])
        let second = ServedByTarget<MayNotWait>(rules: rules)
        other(second)
        #expect(second.wrongs == [])
        let third = ServedByTarget<MayWaitAtRest>(rules: rules)
        last(third)
        #expect(third.wrongs == [])
    }

    @Test func aHandshakeThatTricklesIsAnswered408AndTheNeighboursLiveOn() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let good = served.client(joined: true)
            let silent = served.kernel.connect(), slow = served.kernel.connect()
            let head = ServedByTarget<Way>.handshake("/socket/websocket")
            for byte in head.prefix(60) {
                slow.write([byte])
                wait(served, milliseconds: 1)
            }
            for client in [silent, slow] {
                #expect(text(client.read()).hasPrefix("HTTP/1.1 408 ") && client.isOver)
            }
            #expect(served.board[.handshakeTimeouts] == 2)
            // They never end: the lane does.
            wait(served, milliseconds: 60)
            #expect(served.board[.openNow] == 1)
            #expect(served.ask(good, ServedByTarget<Way>.heartbeat(2)).count == 1)
            good.finish()
            #expect(served.settle())
        }
        onEach(play, play, play)
    }

    @Test func aMessageThatNeverEndsIsClosed() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let good = served.client(at: "/echo")
            let header = served.client(at: "/echo"), fragment = served.client(at: "/echo"), piece = served.client(at: "/echo")
            header.write([0x81])
            fragment.write(ServedByTarget<Way>.frame(.text, bytes("a"), isFinal: false))
            piece.write(ServedByTarget<Way>.frame(.binary, [UInt8](repeating: 7, count: 5_000)).prefix(3_000))
            wait(served, milliseconds: 120)
            for client in [header, fragment, piece] {
                let frames = serverFrames(client.read()) ?? []
                #expect(frames.last?.opcode == .close && frames.last?.payload == [0x03, 0xF0] && client.isOver)
            }
            #expect(served.board[.messageTimeouts] == 3)
            wait(served, milliseconds: 60)
            #expect(served.board[.openNow] == 1 && good.read() == [])
            good.finish()
            #expect(served.settle())
        }
        onEach(play, play, play)
    }

    /// Control frames between the fragments are answered, and make the message no younger.
    @Test func aMessageThatPingsKeepAliveIsClosed() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.client(at: "/echo"), idle = served.client(at: "/echo")
            client.write(ServedByTarget<Way>.frame(.text, [], isFinal: false))
            for round in 0..<60 {
                client.write(ServedByTarget<Way>.frame(.ping, [UInt8(round)]) + ServedByTarget<Way>.frame(.continuation, [], isFinal: false))
                idle.write(ServedByTarget<Way>.frame(.ping, [UInt8(round)]))
                wait(served, milliseconds: 2)
            }
            let frames = serverFrames(client.read()) ?? []
            #expect(frames.count > 10 && frames.dropLast().allSatisfy { $0.opcode == .pong })
            #expect(frames.last?.opcode == .close && frames.last?.payload == [0x03, 0xF0] && client.isOver)
            #expect(served.board[.messageTimeouts] == 1 && !idle.isOver)
            client.finish()
            idle.finish()
            #expect(served.settle())
        }
        onEach(play, play, play)
    }

    @Test func aSilentConnectionIsClosedWhereTheRulesSaySo() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let silent = served.client(joined: true), busy = served.client(joined: true)
            for round in 0..<10 {
                #expect(served.ask(busy, ServedByTarget<Way>.heartbeat(UInt64(round))).count == 1)
                wait(served, milliseconds: 10)
            }
            let frames = serverFrames(silent.read()) ?? []
            #expect(frames.last?.opcode == .close && frames.last?.payload == [0x03, 0xE8])
            #expect(served.board[.idleTimeouts] == 1 && served.board[.channelsNow] == 1)
            silent.finish()
            busy.finish()
            #expect(served.settle())
        }
        var rules = PatienceTests.rules
        rules.idleTimeoutNanoseconds = 40_000_000
        onEach(play, play, play, rules: rules)
    }

    /// A lane that was full takes connections again once it has room.
    @Test func aFullLaneOpensAgain() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            for _ in 0..<5 {
                let clients = (0..<8).map { _ in served.client(joined: true) }
                #expect(served.board[.channelsNow] == 8)
                for client in clients { client.finish() }
                #expect(served.settle())
                #expect(served.board[.openNow] == 0)
            }
        }
        let first = ServedByTarget<MayWait>(capacity: 8)
        play(first)
        #expect(first.wrongs == [])
        let second = ServedByTarget<MayNotWait>(capacity: 8)
        play(second)
        #expect(second.wrongs == [])
        let third = ServedByTarget<MayWaitAtRest>(capacity: 8)
        play(third)
        #expect(third.wrongs == [])
    }
}
