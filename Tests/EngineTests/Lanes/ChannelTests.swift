import Testing

@testable import Engine

/// The chat example as a client sees it, in both serializers.
@Suite struct ChannelTests {
    private static let v2 = "/socket/websocket?vsn=2.0.0"
    private static let v1 = "/socket/websocket?vsn=1.0.0"

    private func onEach(
        _ body: (ServedByTarget<MayWait>) -> Void, _ other: (ServedByTarget<MayNotWait>) -> Void,
        _ last: (ServedByTarget<MayWaitAtRest>) -> Void, rules: TargetRules = TargetRules()
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

    private func finish<Way: ReceiveWay>(_ served: ServedByTarget<Way>, _ clients: RawPeer...) {
        for client in clients { client.finish() }
        #expect(served.settle())
    }

    @Test func aV1SessionFromJoinToLeave() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.client(at: Self.v1)
            func ask(_ topic: String, _ event: String, _ ref: String, _ payload: String = "{}") -> [String] {
                served.ask(client, #"{"topic":"\#(topic)","event":"\#(event)","payload":\#(payload),"ref":"\#(ref)"}"#)
            }
            func reply(_ topic: String, _ ref: String, _ payload: String) -> String {
                #"{"topic":"\#(topic)","ref":\#(ref),"payload":\#(payload),"event":"phx_reply"}"#
            }
            let ok = #"{"status":"ok","response":{}}"#
            func error(_ reason: String) -> String { #"{"status":"error","response":{"reason":"\#(reason)"}}"# }
            #expect(ask("phoenix", "heartbeat", "1") == [reply("phoenix", #""1""#, ok)])
            #expect(ask("rooms:lobby", "new:msg", "2") == [reply("rooms:lobby", #""2""#, error("unmatched topic"))])
            #expect(ask("rooms:other", "phx_join", "3") == [reply("rooms:other", #""3""#, error("unauthorized"))])
            #expect(ask("other", "phx_join", "4") == [reply("other", #""4""#, error("unmatched topic"))])
            #expect(ask("rooms:lobby", "phx_join", "5") == [reply("rooms:lobby", #""5""#, ok)])
            #expect(ask("rooms:lobby", "phx_join", "6") == [reply("rooms:lobby", "null", error("already joined"))])
            #expect(served.board[.channelsNow] == 1)
            let said = #"{"user":"a","body":"hello"}"#
            #expect(
                ask("rooms:lobby", "new:msg", "7", said) == [
                    #"{"topic":"rooms:lobby","ref":null,"payload":\#(said),"event":"new:msg"}"#,
                    reply("rooms:lobby", #""7""#, #"{"status":"ok","response":{"msg":"hello"}}"#),
                ])
            #expect(
                ask("rooms:lobby", "phx_leave", "8") == [
                    reply("rooms:lobby", #""8""#, ok), #"{"topic":"rooms:lobby","ref":null,"payload":{},"event":"phx_close"}"#,
                ])
            #expect(served.board[.channelsNow] == 0)
            #expect(ask("rooms:lobby", "phx_join", "9") == [reply("rooms:lobby", #""9""#, ok)])
            #expect(ask("rooms:lobby", "nonsense", "10") == [#"{"topic":"rooms:lobby","ref":null,"payload":{},"event":"phx_error"}"#])
            #expect(served.board[.channelsNow] == 0)
            finish(served, client)
        }
        onEach(play, play, play)
    }

    @Test func aV2SessionFromJoinToLeave() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let client = served.client(at: Self.v2)
            func ask(_ message: String) -> [String] { served.ask(client, message) }
            let ok = #"{"status":"ok","response":{}}"#
            #expect(ask(#"[null,"1","phoenix","heartbeat",{}]"#) == [#"[null,"1","phoenix","phx_reply",\#(ok)]"#])
            #expect(ask(#"["3","3","rooms:lobby","phx_join",{}]"#) == [#"["3","3","rooms:lobby","phx_reply",\#(ok)]"#])
            let said = #"{"user":"a","body":"hello"}"#
            #expect(
                ask(#"["3","4","rooms:lobby","new:msg",\#(said)]"#) == [
                    #"[null,null,"rooms:lobby","new:msg",\#(said)]"#,
                    #"["3","4","rooms:lobby","phx_reply",{"status":"ok","response":{"msg":"hello"}}]"#,
                ])
            // An earlier join's messages are dropped.
            #expect(ask(#"["2","5","rooms:lobby","new:msg",\#(said)]"#) == [])
            // A second join ends the first channel.
            #expect(
                ask(#"["6","6","rooms:lobby","phx_join",{}]"#) == [
                    #"["6","6","rooms:lobby","phx_reply",\#(ok)]"#, #"["3","3","rooms:lobby","phx_close",{}]"#,
                ])
            #expect(served.board[.channelsNow] == 1)
            #expect(ask(#"["6","7","rooms:lobby","nonsense",{}]"#) == [#"["6","6","rooms:lobby","phx_error",{}]"#])
            #expect(ask(#"["8","8","rooms:lobby","phx_join",{}]"#).count == 1)
            #expect(
                ask(#"["8","9","rooms:lobby","phx_leave",{}]"#) == [
                    #"["8","9","rooms:lobby","phx_reply",\#(ok)]"#, #"["8","8","rooms:lobby","phx_close",{}]"#,
                ])
            #expect(ask(#"["8","10","rooms:lobby","phx_leave",{}]"#) == [#"["8","10","rooms:lobby","phx_reply",\#(ok)]"#])
            #expect(served.board[.channelsNow] == 0)
            let frames = served.ask(client, ServedByTarget<Way>.frame(.text, bytes("[1,2]")))
            #expect(frames.first?.opcode == .close && frames.first?.payload == [0x03, 0xF3])
            finish(served, client)
        }
        onEach(play, play, play)
    }

    @Test func whatIsSaidReachesEverybodyInTheirOwnSerializer() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            let old = served.client(joined: true), new = served.client(at: Self.v2), outside = served.client(at: Self.v2)
            _ = served.ask(new, #"["1","1","rooms:lobby","phx_join",{}]"#)
            let said = #"{"user":"b","body":"é"}"#
            _ = served.ask(new, #"["1","2","rooms:lobby","new:msg",\#(said)]"#)
            #expect(serverFrames(old.read())?.map { text($0.payload) } == [#"{"topic":"rooms:lobby","ref":null,"payload":\#(said),"event":"new:msg"}"#])
            _ = served.ask(old, #"{"topic":"rooms:lobby","event":"new:msg","payload":\#(said),"ref":"2"}"#)
            #expect(serverFrames(new.read())?.map { text($0.payload) } == [#"[null,null,"rooms:lobby","new:msg",\#(said)]"#])
            // Data has no frame in V1.
            let push = bytes("\u{0}\u{1}\u{1}\u{b}\u{7}13rooms:lobbynew:msg") + [0, 0xFF, 1]
            let answer = served.ask(new, ServedByTarget<Way>.frame(.binary, push))
            #expect(answer.map(\.payload) == [bytes("\u{2}\u{b}\u{7}rooms:lobbynew:msg") + [0, 0xFF, 1], bytes("\u{1}\u{1}\u{1}\u{b}\u{2}13rooms:lobbyok") + [0, 0xFF, 1]])
            #expect(old.read() == [] && outside.read() == [])
            #expect(served.board[.broadcasts] == 3 && served.board[.broadcastsTold] == 2)
            finish(served, old, new, outside)
        }
        onEach(play, play, play)
    }

    /// Thirty clients that all talk, on a kernel that delays what it likes: everybody hears everything once, and what one
    /// client says in its order.
    @Test(arguments: [UInt64](1...5))
    func nobodyMissesAnything(seed: UInt64) {
        func play<Way: ReceiveWay>(_ way: Way.Type) {
            let served = ServedByTarget<Way>(seed: seed)
            let clients = (0..<30).map { _ in served.client(joined: true) }
            served.kernel.faults = .harmless
            let rounds = 15
            for round in 0..<rounds {
                for (number, client) in clients.enumerated() {
                    client.write(ServedByTarget<Way>.frame(.text, bytes(#"{"topic":"rooms:lobby","event":"new:msg","payload":{"body":"\#(number):\#(round)"},"ref":"1"}"#)))
                }
                served.lane.pass()
            }
            #expect(served.settle())
            for client in clients {
                let heard = (serverFrames(client.read()) ?? []).map { text($0.payload) }.filter { $0.contains(#""event":"new:msg""#) }
                #expect(heard.count == rounds * clients.count)
                for number in clients.indices {
                    let from = heard.filter { $0.contains(#""body":"\#(number):"#) }
                    #expect(from == (0..<rounds).map { #"{"topic":"rooms:lobby","ref":null,"payload":{"body":"\#(number):\#($0)"},"event":"new:msg"}"# })
                }
            }
            for client in clients { client.finish() }
            #expect(served.settle())
            #expect(served.wrongs == [])
        }
        play(MayWait.self)
        play(MayNotWait.self)
        play(MayWaitAtRest.self)
    }

    /// More than the log holds at once: speakers wait for room, and nothing is lost.
    @Test func aFullLogMakesSpeakersWait() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            // A lane that hears nothing yet, as one that is busy elsewhere.
            served.log.heard(7).pointee.store(0, ordering: .sequentiallyConsistent)
            let speaker = served.client(joined: true), listener = served.client(joined: true)
            for number in 0..<1_100 {
                speaker.write(ServedByTarget<Way>.frame(.text, bytes(#"{"topic":"rooms:lobby","event":"new:msg","payload":{"body":\#(number)},"ref":"1"}"#)))
            }
            #expect(served.settle())
            let before = serverFrames(listener.read())?.count ?? 0
            #expect(before < 1_100 && served.lane.fanOut.waitingCount == 1)
            served.log.heard(7).pointee.store(.max, ordering: .sequentiallyConsistent)
            served.lane.ringBell()
            for _ in 0..<10 { served.lane.pass() }
            #expect(served.settle())
            #expect(before + (serverFrames(listener.read())?.count ?? 0) == 1_100)
            finish(served, speaker, listener)
        }
        onEach(play, play, play)
    }

    @Test func originsAndLongHeads() {
        func play<Way: ReceiveWay>(_ served: ServedByTarget<Way>) {
            for (headers, status) in [
                ("Origin: http://a.example:99\r\n", "101"), ("", "101"), ("Origin: http://b.example\r\n", "403"),
                ("Cookie: \(String(repeating: "c", count: 3_000))\r\n", "101"), ("Cookie: \(String(repeating: "c", count: 5_000))\r\n", "400"),
            ] {
                let client = served.kernel.connect()
                client.write(ServedByTarget<Way>.handshake(Self.v2, headers: headers))
                #expect(served.settle())
                #expect(text(client.read()).hasPrefix("HTTP/1.1 \(status) "), "\(headers.prefix(40))")
                finish(served, client)
            }
            let page = served.kernel.connect()
            page.write(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
            #expect(served.settle())
            let answer = text(page.read())
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("Hello Phoenix!") && page.isOver)
            finish(served, page)
        }
        var rules = TargetRules()
        rules.origins = ["a.example"]
        onEach(play, play, play, rules: rules)
    }
}
