import Testing

@testable import Engine

private let joinOfUser7 = originalJoin(user: 7)
private let joinReply = #"{"topic":"rooms:lobby","ref":"1","payload":{"status":"ok","response":{}},"event":"phx_reply"}"#

private func scanned(_ text: String) -> PhoenixV1.Message? { bytes(text).withUnsafeBytes(PhoenixV1.scan) }

/// A sound message with one value in the place of its payload.
private func withPayload(_ payload: String) -> String {
    #"{"topic":"t","event":"e","ref":null,"payload":"# + payload + "}"
}

private func parts(_ text: String) -> [String]? {
    bytes(text).withUnsafeBytes { raw in
        PhoenixV1.scan(raw).map { m in [m.topic, m.event, m.ref, m.payload].map { said($0.bytes(in: raw)) } }
    }
}

private func said(_ raw: UnsafeRawBufferPointer) -> String { String(decoding: raw, as: UTF8.self) }

@Suite struct PhoenixV1ClientTests {
    @Test(arguments: [0, 7, 10, 99, 2_400_000, 9_999_999_999, UInt64.max])
    func theOriginalsJoinIsReadFast(user: UInt64) {
        #expect(bytes(originalJoin(user: user)).withUnsafeBytes(PhoenixV1.isLobbyJoin))
    }

    @Test func heartbeats() {
        let frame = written { PhoenixV1.writeHeartbeatFrame(ref: 25, mask: 0, to: $0) }
        #expect(frame[0] == 0x81 && frame.count <= PhoenixV1.heartbeatFrameMaximumBytes)
        #expect(text(frame[6...]) == #"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"25"}"#)
        let most = written { PhoenixV1.writeHeartbeatFrame(ref: .max, mask: 0, to: $0) }
        #expect(most.count <= PhoenixV1.heartbeatFrameMaximumBytes)
    }

    @Test(arguments: [
        (joinReply, PhoenixV1.ReplyCheck.ok),
        (#" { "event" : "phx_reply", "payload" : {"response": {"a":[1]}, "status" : "ok"}, "ref":"1", "topic":"rooms:lobby"} "#, .ok),
        (#"{"topic":"rooms\u003alobby","ref":"1","payload":{"status":"o\u006b","response":{}},"event":"phx_reply"}"#, .ok),
        (joinReply.replacing(#""status":"ok""#, with: #""status":"error""#), .error),
        (joinReply.replacing(#""status":"ok","#, with: ""), .malformed),
        (joinReply.replacing(#""status":"ok""#, with: #""status":1"#), .malformed),
        (joinReply.replacing(#"{"status":"ok","response":{}}"#, with: "{}"), .malformed),
        (joinReply.replacing(#"{"status":"ok","response":{}}"#, with: "[]"), .malformed),
        (joinReply.replacing(#""ref":"1""#, with: #""ref":"2""#), .unrelated),
        (joinReply.replacing(#""ref":"1""#, with: #""ref":"11""#), .unrelated),
        (joinReply.replacing(#""ref":"1""#, with: #""ref":null"#), .unrelated),
        (joinReply.replacing(#""ref":"1""#, with: #""ref":"01""#), .unrelated),
        (joinReply.replacing("phx_reply", with: "phx_error"), .crashed),
        (joinReply.replacing("lobby", with: "other"), .unrelated),
        (String(joinReply.dropLast()), .malformed), (joinReply + "x", .malformed), ("", .malformed),
    ])
    func replies(reply: String, verdict: PhoenixV1.ReplyCheck) {
        let check = bytes(reply).withUnsafeBytes { PhoenixV1.checkReply($0, topic: PhoenixV1.lobby, ref: 1) }
        #expect(check == verdict)
    }

    @Test(arguments: [1, 10, 4_294_967_296, UInt64.max])
    func exactRepliesToAnyRef(ref: UInt64) {
        let reply = bytes(joinReply.replacing(#""1""#, with: #""\#(ref)""#).replacing("rooms:lobby", with: "phoenix"))
        reply.withUnsafeBytes {
            #expect(PhoenixV1.isExactOkReply($0, topic: "phoenix", ref: ref))
            #expect(!PhoenixV1.isExactOkReply($0, topic: "phoenix", ref: ref - 1))
            #expect(!PhoenixV1.isExactOkReply($0, topic: "phoeniy", ref: ref))
        }
    }

    @Test func fastReplyCheckAgreesWithTheGeneral() {
        let guarded = GuardedBytes()
        var random = SplitMix64(seed: 6)
        let seeds = [bytes(joinReply), bytes(joinReply.replacing("\"1\"", with: "\"12\"")), bytes(withPayload("{}"))]
        for run in 0..<fuzzRuns {
            let held = guarded.hold(mutated(seeds[run % seeds.count], with: seeds, &random))
            let isFast = PhoenixV1.isExactOkReply(held, topic: PhoenixV1.lobby, ref: 1)
            let general = PhoenixV1.checkAnyReply(held, topic: PhoenixV1.lobby, ref: 1)
            guard !isFast || general == .ok else { Issue.record("\(said(held))"); return }
        }
    }
}

@Suite struct PhoenixV1ScanTests {
    @Test func findsTheFourMembers() {
        #expect(parts(joinOfUser7) == ["rooms:lobby", "phx_join", #""1""#, #"{"user":"7"}"#])
        #expect(parts("\n{ \"ref\" : 12 ,\t\"payload\":[ {\"a\" : [ ] } , -1.5e+3 , null ] , \"event\" : \"e\", \"topic\":\"\"}\r ")
            == ["", "e", "12", "[ {\"a\" : [ ] } , -1.5e+3 , null ]"])
        #expect(parts(#"{"topic":"a","topic":"b","event":"e","ref":null,"payload":{},"join_ref":"9"}"#) == ["b", "e", "null", "{}"])
        #expect(parts(#"{"t\u006fpic":"a","event":"e","ref":"1","payload":"x"}"#) == ["a", "e", #""1""#, #""x""#])
    }

    @Test(arguments: [
        ("phx_join", PhoenixV1.Event.join), ("phx_leave", .leave), ("heartbeat", .heartbeat), ("new:msg", .newMessage),
        (#"phx\u005fjoin"#, .join), (#"new:\u006Dsg"#, .newMessage), ("phx_joi", .other), ("phx_joinx", .other), ("", .other),
    ])
    func events(name: String, event: PhoenixV1.Event) {
        let raw = bytes(#"{"topic":"t","event":"\#(name)","ref":"1","payload":{}}"#)
        let read = raw.withUnsafeBytes { raw in PhoenixV1.scan(raw).map { PhoenixV1.event($0, in: raw) } }
        #expect(read == event)
    }

    @Test(arguments: [
        "{}", "[]", "[[]]", #"{"a":{"b":[1,2,{"c":null}]},"d":true}"#, "0", "-0", "10", "0.5", "1e9", "1E-9", "false",
        #""""#, #""\"\\\/\b\f\n\r\t\u00e9""#, #""\ud83d\ude00""#, "\"ü世🙂\"", "[ 1 , 2 ]", "{ }", "[ ]",
        String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
    ])
    func soundPayloads(payload: String) { #expect(parts(withPayload(payload))?.last == payload) }

    @Test(arguments: [
        "", "{", "}", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{a:1}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"a":1]"#, "[1}",
        "01", "-", "1.", ".5", "1e", "1e+", "+1", "0x1", "nul", "True", "'a'", "\"a", "\"\u{1}\"", "\"\t\"", #""\x""#, #""\u12""#,
        #""\u12G4""#, #""\ud83d""#, #""\ude00""#, #""\ud83d\u0041""#, #""\"#, "\u{FEFF}1", "1 1", "//",
        String(repeating: "[", count: 65) + String(repeating: "]", count: 65), #"{"a":1 "b":2}"#, #"{"a":1,"b"}"#,
    ])
    func brokenPayloads(payload: String) { #expect(scanned(withPayload(payload)) == nil) }

    @Test(arguments: [
        "", " ", "null", "[]", "{}", joinOfUser7 + "x", joinOfUser7 + joinOfUser7,
        joinOfUser7.replacing(#""topic":"rooms:lobby", "#, with: ""), joinOfUser7.replacing(#""event":"phx_join", "#, with: ""),
        joinOfUser7.replacing(#", "ref":"1""#, with: ""), joinOfUser7.replacing(#""payload": {"user":"7"}, "#, with: ""),
        joinOfUser7.replacing(#""rooms:lobby""#, with: "1"), joinOfUser7.replacing(#""phx_join""#, with: "null"),
        joinOfUser7.replacing(#""ref":"1""#, with: #""ref":{}"#), joinOfUser7.replacing(#""ref":"1""#, with: #""ref":[]"#),
        joinOfUser7.replacing("rooms", with: String(repeating: "r", count: PhoenixV1.topicLimitBytes)),
        joinOfUser7.replacing("phx", with: String(repeating: "r", count: PhoenixV1.eventLimitBytes)),
        joinOfUser7.replacing(#""1""#, with: String(repeating: "1", count: PhoenixV1.refLimitBytes + 1)),
    ])
    func brokenMessages(message: String) { #expect(scanned(message) == nil) }

    @Test func badUTF8() {
        var message = bytes(joinOfUser7)
        message[13] = 0xFF
        #expect(message.withUnsafeBytes(PhoenixV1.scan) == nil)
    }

    @Test func everyTruncationIsBroken() {
        let guarded = GuardedBytes()
        for whole in [joinOfUser7, withPayload(#"{"a":[1,"\u00e9é",true,{"b":-1.5e3}]}"#), joinReply].map(bytes) {
            for count in 0..<whole.count {
                #expect(PhoenixV1.scan(guarded.hold(whole[..<count])) == nil)
                #expect(!PhoenixV1.isLobbyJoin(guarded.hold(whole[..<count])))
            }
            #expect(PhoenixV1.scan(guarded.hold(whole)) != nil)
        }
    }

    @Test func fastWayOnlyAdmitsWhatTheScannerReadsAsAJoin() {
        let guarded = GuardedBytes()
        var random = SplitMix64(seed: 7)
        let seeds = [
            bytes(joinOfUser7), bytes(withPayload(#"{"a":[1,"\u00e9é\ud83d\ude00",true,{"b":-1.5e3}]}"#)), bytes(joinReply),
        ]
        var fast = 0, sound = 0
        for run in 0..<fuzzRuns {
            let held = guarded.hold(mutated(seeds[run % seeds.count], with: seeds, &random))
            let message = PhoenixV1.scan(held)
            if message != nil { sound += 1 }
            guard PhoenixV1.isLobbyJoin(held) else { continue }
            fast += 1
            guard let message, PhoenixV1.event(message, in: held) == .join, PhoenixV1.isTopic(message, PhoenixV1.lobby, in: held),
                said(message.ref.bytes(in: held)) == #""1""#
            else { Issue.record("\(said(held))"); return }
        }
        #expect(fast > 0 && sound > fuzzRuns / 100)
    }
}

@Suite struct PhoenixV1ServerTests {
    private func reply(_ request: String, _ write: (PhoenixV1.Message, UnsafeRawBufferPointer, UnsafeMutableRawPointer) -> Int) -> String {
        bytes(request).withUnsafeBytes { raw in
            guard let message = PhoenixV1.scan(raw) else { return "not read" }
            return text(written { write(message, raw, $0) })
        }
    }

    @Test func joinReplyIs93Bytes() {
        #expect(PhoenixV1.joinReply.description == joinReply && joinReply.utf8.count == PhoenixV1.joinReplyBytes)
        #expect(text(written { PhoenixV1.writeJoinReplyFrame(to: $0) }.dropFirst(2)) == joinReply)
        #expect(written { PhoenixV1.writeJoinReplyFrame(to: $0) }.prefix(2) == [0x81, 93])
        #expect(reply(joinOfUser7) { PhoenixV1.writeOkReply(to: $0, in: $1, $2) } == joinReply)
    }

    @Test func otherReplies() {
        let beat = #"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"25"}"#
        #expect(reply(beat) { PhoenixV1.writeOkReply(to: $0, in: $1, $2) }
            == #"{"topic":"phoenix","ref":"25","payload":{"status":"ok","response":{}},"event":"phx_reply"}"#)
        #expect(reply(joinOfUser7) { PhoenixV1.writeErrorReply(to: $0, in: $1, .unmatchedTopic, $2) }
            == #"{"topic":"rooms:lobby","ref":"1","payload":{"status":"error","response":{"reason":"unmatched topic"}},"event":"phx_reply"}"#)
        #expect(reply(joinOfUser7) { PhoenixV1.writeErrorReply(to: $0, in: $1, .unauthorized, $2) }
            == #"{"topic":"rooms:lobby","ref":"1","payload":{"status":"error","response":{"reason":"unauthorized"}},"event":"phx_reply"}"#)
        #expect(reply(joinOfUser7) { PhoenixV1.writeErrorReply(to: $0, in: $1, .alreadyJoined, $2) }
            == #"{"topic":"rooms:lobby","ref":null,"payload":{"status":"error","response":{"reason":"already joined"}},"event":"phx_reply"}"#)
        let response = bytes(#"{"msg":"hi"}"#)
        #expect(reply(joinOfUser7) { m, raw, out in
            response.withUnsafeBytes { PhoenixV1.writeOkReply(to: m, in: raw, response: $0, out) }
        } == #"{"topic":"rooms:lobby","ref":"1","payload":{"status":"ok","response":{"msg":"hi"}},"event":"phx_reply"}"#)
    }

    @Test func eventsOfAChannel() {
        func ended(_ isCrash: Bool) -> String {
            bytes("rooms:lobby").withUnsafeBytes { topic in
                text(written { PhoenixV1.writeChannelEnd(topic: topic, isCrash: isCrash, $0) })
            }
        }
        #expect(ended(false) == #"{"topic":"rooms:lobby","ref":null,"payload":{},"event":"phx_close"}"#)
        #expect(ended(true) == #"{"topic":"rooms:lobby","ref":null,"payload":{},"event":"phx_error"}"#)
        let message = #"{"topic":"rooms:lobby","event":"new:msg","payload":{"user":"a","body":"é"},"ref":"3"}"#
        #expect(reply(message) { m, raw, out in
            PhoenixV1.writeBroadcast(
                topic: m.topic.bytes(in: raw), event: m.event.bytes(in: raw), payload: m.payload.bytes(in: raw), out)
        } == #"{"topic":"rooms:lobby","ref":null,"payload":{"user":"a","body":"é"},"event":"new:msg"}"#)
    }

    @Test func nothingPassesTheNamedRoom() {
        let topic = String(repeating: "t", count: PhoenixV1.topicLimitBytes)
        let ref = String(repeating: "1", count: PhoenixV1.refLimitBytes)
        let longest = #"{"topic":"\#(topic)","event":"e","payload":{},"ref":\#(ref)}"#
        for refusal in [PhoenixV1.Refusal.unmatchedTopic, .unauthorized, .alreadyJoined] {
            let sent = reply(longest) { PhoenixV1.writeErrorReply(to: $0, in: $1, refusal, $2) }
            #expect(sent.utf8.count <= PhoenixV1.replyMaximumBytes && sent.hasPrefix("{"))
        }
    }
}
