import Testing

@testable import Engine

private let join = #"["3","4","rooms:lobby","phx_join",{"user":"7"}]"#

private func scanned(_ text: String) -> PhoenixV2.Message? { bytes(text).withUnsafeBytes(PhoenixV2.scan) }
private func said(_ raw: UnsafeRawBufferPointer) -> String { String(decoding: raw, as: UTF8.self) }

private func parts(_ m: PhoenixV2.Message, _ raw: UnsafeRawBufferPointer) -> [String] {
    [m.joinRef, m.ref, m.topic, m.event, m.payload].map { said($0.bytes(in: raw)) }
}

private func parts(_ text: String) -> [String]? {
    bytes(text).withUnsafeBytes { raw in PhoenixV2.scan(raw).map { parts($0, raw) } }
}

private func binaryParts(_ input: [UInt8]) -> [String]? {
    input.withUnsafeBytes { raw in PhoenixV2.scanBinary(raw).map { parts($0, raw) } }
}

/// A binary push as phoenix.js encodes it.
private func push(_ joinRef: String, _ ref: String, _ topic: String, _ event: String, _ data: [UInt8] = []) -> [UInt8] {
    let fields = [joinRef, ref, topic, event].map { Array($0.utf8) }
    return [0] + fields.map { UInt8($0.count) } + fields.flatMap { $0 } + data
}

private func repeated(_ character: Character, _ count: Int) -> String { String(repeating: character, count: count) }

@Suite struct PhoenixV2ScanTests {
    @Test func findsTheFiveParts() {
        #expect(parts(join) == [#""3""#, #""4""#, "rooms:lobby", "phx_join", #"{"user":"7"}"#])
        #expect(parts(#"[null,"1","phoenix","heartbeat",{}]"#) == ["null", #""1""#, "phoenix", "heartbeat", "{}"])
        #expect(parts(" [ 1 ,\t-2.5 , \"\" , \"e\" , [ {} , null ] ] \n") == ["1", "-2.5", "", "e", "[ {} , null ]"])
        // Phoenix passes over what comes after the fifth.
        #expect(parts(#"[null,null,"t","e",0,{"a":[]} , 7]"#) == ["null", "null", "t", "e", "0"])
        #expect(parts(#"["é","ü","t\u00e9","e\"",""]"#) == [#""é""#, #""ü""#, #"t\u00e9"#, #"e\""#, #""""#])
    }

    @Test(arguments: [
        "", " ", "null", "{}", "[", "[]", #"[null]"#, #"[null,null,"t","e"]"#, #"[null,null,"t","e",]"#, #"[null,null,"t","e",{}"#,
        #"[null,null,"t","e",{},]"#, #"[null,null,"t","e",{}}"#, #"[null,null,"t","e",{}]x"#, #"[null,null,"t","e",{},nul]"#,
        #"[,null,"t","e",{}]"#, #"[null null,"t","e",{}]"#, #"[null,null,1,"e",{}]"#, #"[null,null,"t",null,{}]"#,
        #"[true,null,"t","e",{}]"#, #"[null,false,"t","e",{}]"#, #"[{},null,"t","e",{}]"#, #"[null,["1"],"t","e",{}]"#,
        #"[null,"\u0031","t","e",{}]"#, #"["a\\b",null,"t","e",{}]"#, #"[null,null,"t","e",01]"#, #"[null,nul,"t","e",{}]"#,
        #"["\#(repeated("1", PhoenixV2.joinRefLimitBytes - 1))",null,"t","e",{}]"#,
        #"[null,"\#(repeated("1", PhoenixV1.refLimitBytes - 1))","t","e",{}]"#,
        #"[null,null,"\#(repeated("t", PhoenixV1.topicLimitBytes + 1))","e",{}]"#,
        #"[null,null,"t","\#(repeated("e", PhoenixV1.eventLimitBytes + 1))",{}]"#,
        #"{"topic":"t","event":"e","ref":null,"payload":{}}"#,
    ])
    func brokenMessages(message: String) { #expect(scanned(message) == nil) }

    @Test func partsAtTheirLimitsAreTaken() {
        let longest = #"["\#(repeated("1", PhoenixV2.joinRefLimitBytes - 2))","\#(repeated("2", PhoenixV1.refLimitBytes - 2))","#
            + #""\#(repeated("t", PhoenixV1.topicLimitBytes))","\#(repeated("e", PhoenixV1.eventLimitBytes))",{}]"#
        #expect(scanned(longest) != nil)
        let fits = push(repeated("1", 29), repeated("2", 62), repeated("t", 255), repeated("e", PhoenixV1.eventLimitBytes))
        #expect(binaryParts(fits) != nil)
    }

    @Test(arguments: [
        ("phx_join", PhoenixV2.Event.join), ("phx_leave", .leave), ("heartbeat", .heartbeat), ("new:msg", .newMessage), ("x", .other),
    ])
    func events(name: String, event: PhoenixV2.Event) {
        bytes(#"[null,null,"rooms:lobby","\#(name)",{}]"#).withUnsafeBytes { raw in
            let message = PhoenixV2.scan(raw)
            #expect(message.map { PhoenixV2.event($0, in: raw) } == event)
            #expect(message.map { PhoenixV2.isTopic($0, PhoenixV1.lobby, in: raw) } == true)
        }
        push("1", "2", "rooms:lobby", name).withUnsafeBytes { raw in
            #expect(PhoenixV2.scanBinary(raw).map { PhoenixV2.event($0, in: raw) } == event)
        }
    }

    @Test func badUTF8() {
        var message = bytes(join)
        message[15] = 0xFF
        #expect(message.withUnsafeBytes(PhoenixV2.scan) == nil)
    }

    @Test func everyTruncationIsBroken() {
        let guarded = GuardedBytes()
        for whole in [join, #"[null,12,"t\u00e9","e",{"a":[1,"é",true,{"b":-1.5e3}]}]"#].map(bytes) {
            for count in 0..<whole.count { #expect(PhoenixV2.scan(guarded.hold(whole[..<count])) == nil) }
            #expect(PhoenixV2.scan(guarded.hold(whole)) != nil)
        }
        let binary = push("1", "2", "rooms:lobby", "new:msg")
        for count in 0..<binary.count { #expect(PhoenixV2.scanBinary(guarded.hold(binary[..<count])) == nil) }
        #expect(PhoenixV2.scanBinary(guarded.hold(binary)) != nil)
    }

    @Test func binaryMessages() {
        #expect(binaryParts(push("1", "23", "rooms:lobby", "new:msg", bytes("data"))) == ["1", "23", "rooms:lobby", "new:msg", "data"])
        #expect(binaryParts([0, 0, 0, 0, 0]) == ["", "", "", "", ""])
        let data: [UInt8] = [0, 0xFF, 0x22]
        push("", "é", "t", "e", data).withUnsafeBytes { raw in
            #expect(PhoenixV2.scanBinary(raw).map { Array($0.payload.bytes(in: raw)) } == data)
        }
    }

    @Test(arguments: [
        [], [0], [0, 0, 0, 0], [1, 0, 0, 0, 0], [2, 0, 0, 0, 0], [3, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 255, 255, 255, 255],
        push("\"", "2", "t", "e"), push("1", "\\", "t", "e"), push("1", "2", "\n", "e"), push("1", "2", "t", "\0"),
        [0, 0, 0, 1, 0, 0xFF], push(repeated("1", 30), "2", "t", "e"), push("1", repeated("2", 63), "t", "e"),
        push("1", "2", "t", repeated("e", PhoenixV1.eventLimitBytes + 1)), Array(join.utf8),
    ] as [[UInt8]])
    func brokenBinaryMessages(input: [UInt8]) { #expect(binaryParts(input) == nil) }
}

@Suite struct PhoenixV2ServerTests {
    private typealias Writer = (PhoenixV2.Message, UnsafeRawBufferPointer, UnsafeMutableRawPointer) -> Int

    private func reply(_ request: String, _ write: Writer) -> String { reply(bytes(request), false, write) }

    private func reply(_ request: [UInt8], _ isBinary: Bool, _ write: Writer) -> String {
        request.withUnsafeBytes { raw in
            guard let message = isBinary ? PhoenixV2.scanBinary(raw) : PhoenixV2.scan(raw) else { return "not read" }
            return text(written { write(message, raw, $0) })
        }
    }

    private func kept(_ request: [UInt8], isBinary: Bool = false) -> [UInt8] {
        bytes(reply(request, isBinary) { PhoenixV2.writeJoinRef(of: $0, in: $1, to: $2) })
    }

    @Test func replies() {
        let ok = #"["3","4","rooms:lobby","phx_reply",{"status":"ok","response":{}}]"#
        #expect(reply(join) { PhoenixV2.writeOkReply(to: $0, in: $1, joinRef: .ofMessage, $2) } == ok)
        let beat = #"[null,"25","phoenix","heartbeat",{}]"#
        #expect(reply(beat) { PhoenixV2.writeOkReply(to: $0, in: $1, joinRef: .none, $2) }
            == #"[null,"25","phoenix","phx_reply",{"status":"ok","response":{}}]"#)
        #expect(reply(join) { PhoenixV2.writeErrorReply(to: $0, in: $1, .unmatchedTopic, $2) }
            == #"[null,"4","rooms:lobby","phx_reply",{"status":"error","response":{"reason":"unmatched topic"}}]"#)
        #expect(reply(join) { PhoenixV2.writeErrorReply(to: $0, in: $1, .unauthorized, $2) }
            == #"["3","4","rooms:lobby","phx_reply",{"status":"error","response":{"reason":"unauthorized"}}]"#)
        // A binary join is answered in text; its refs get their quotes.
        #expect(reply(push("3", "4", "rooms:lobby", "phx_join"), true) {
            PhoenixV2.writeOkReply(to: $0, in: $1, joinRef: .ofMessage, $2)
        } == ok)
        #expect(reply(push("3", "4", "rooms:x", "phx_join"), true) { PhoenixV2.writeErrorReply(to: $0, in: $1, .unauthorized, $2) }
            == #"["3","4","rooms:x","phx_reply",{"status":"error","response":{"reason":"unauthorized"}}]"#)
    }

    @Test func answersToNewMessages() {
        let message = #"[null,5,"rooms:lobby","new:msg",{"user":"a","body":"é\n"}]"#
        let channel = bytes(#""3""#)
        channel.withUnsafeBytes { channel in
            #expect(reply(message) { m, raw, out in
                let payload = m.payload.bytes(in: raw)
                let body = JSONMember.value("body", of: payload).map { $0.bytes(in: payload) }
                return PhoenixV2.writeNewMessageReply(to: m, in: raw, joinRef: .ofChannel(channel), body: body, out)
            } == #"["3",5,"rooms:lobby","phx_reply",{"status":"ok","response":{"msg":"é\n"}}]"#)
            #expect(reply(message) { PhoenixV2.writeNewMessageReply(to: $0, in: $1, joinRef: .ofChannel(channel), body: nil, $2) }
                == #"["3",5,"rooms:lobby","phx_reply",{"status":"ok","response":{"msg":null}}]"#)
            let response = bytes("[1]")
            #expect(reply(message) { m, raw, out in
                response.withUnsafeBytes {
                    PhoenixV2.writeOkReply(to: m, in: raw, joinRef: .ofChannel(channel), response: $0, out)
                }
            } == #"["3",5,"rooms:lobby","phx_reply",{"status":"ok","response":[1]}]"#)
        }
        #expect(reply(message) { m, raw, out in
            PhoenixV2.writeBroadcast(topic: m.topic.bytes(in: raw), event: m.event.bytes(in: raw), payload: m.payload.bytes(in: raw), out)
        } == #"[null,null,"rooms:lobby","new:msg",{"user":"a","body":"é\n"}]"#)
    }

    @Test func endsOfAChannel() {
        func ended(_ joinRef: String, _ isCrash: Bool) -> String {
            bytes("rooms:lobby").withUnsafeBytes { topic in
                bytes(joinRef).withUnsafeBytes { joinRef in
                    text(written { PhoenixV2.writeChannelEnd(joinRef: joinRef, topic: topic, isCrash: isCrash, $0) })
                }
            }
        }
        #expect(ended(#""3""#, false) == #"["3","3","rooms:lobby","phx_close",{}]"#)
        #expect(ended("null", true) == #"[null,null,"rooms:lobby","phx_error",{}]"#)
    }

    @Test(arguments: [
        (#""3""#, #""3""#, true), (#""3""#, #""4""#, false), (#""3""#, "3", false), (#""3""#, "null", true), ("null", #""9""#, true),
        ("null", "null", true), ("3", "3", true), ("3", #""3""#, false), (#""""#, #""""#, true), (#""null""#, #""3""#, false),
    ])
    func whichJoinAMessageIsFor(joined: String, sent: String, isCurrent: Bool) {
        let kept = kept(bytes("[\(joined),1,\"t\",\"phx_join\",{}]"))
        #expect(text(kept) == joined && kept.count <= PhoenixV2.joinRefLimitBytes)
        bytes("[\(sent),1,\"t\",\"e\",{}]").withUnsafeBytes { raw in
            kept.withUnsafeBytes { kept in
                #expect(PhoenixV2.scan(raw).map { PhoenixV2.isCurrent($0, in: raw, joinRef: kept) } == isCurrent)
            }
        }
    }

    @Test(arguments: [
        (#""3""#, "3", true), (#""3""#, "4", false), ("3", "3", false), (#""3""#, "", false), (#""""#, "", true), ("null", "3", true),
        ("null", "", true), ("123", "2", false),
    ])
    func whichJoinABinaryMessageIsFor(joined: String, sent: String, isCurrent: Bool) {
        push(sent, "1", "t", "e").withUnsafeBytes { raw in
            bytes(joined).withUnsafeBytes { kept in
                #expect(PhoenixV2.scanBinary(raw).map { PhoenixV2.isCurrent($0, in: raw, joinRef: kept) } == isCurrent)
            }
        }
    }

    @Test func binaryJoinsAreKeptAsJSON() {
        #expect(text(kept(push("3", "4", "t", "phx_join"), isBinary: true)) == #""3""#)
        let longest = kept(push(repeated("3", 29), "4", "t", "phx_join"), isBinary: true)
        #expect(longest.count == PhoenixV2.joinRefLimitBytes)
    }

    /// The layouts of `encode!` and `fastlane!`, as `binaryDecode` of phoenix.js reads them.
    @Test func binaryAnswers() {
        let data: [UInt8] = [1, 0, 0xFF]
        push("3", "45", "rooms:lobby", "new:msg", data).withUnsafeBytes { raw in
            guard let m = PhoenixV2.scanBinary(raw) else { Issue.record("not read"); return }
            for (kept, joinRef) in [(#""3""#, "3"), ("null", ""), ("12", "12"), (#""""#, "")] {
                let sent = bytes(kept).withUnsafeBytes { kept in
                    written { PhoenixV2.writeBinaryReply(to: m, in: raw, joinRef: kept, $0) }
                }
                #expect(sent == [1, UInt8(joinRef.utf8.count), 2, 11, 2] + bytes(joinRef + "45rooms:lobbyok") + data)
                #expect(sent.count - data.count <= PhoenixV2.binaryReplyMaximumBytes)
            }
            let broadcast = written {
                PhoenixV2.writeBinaryBroadcast(
                    topic: m.topic.bytes(in: raw), event: m.event.bytes(in: raw), data: m.payload.bytes(in: raw), $0)
            }
            #expect(broadcast == [2, 11, 7] + bytes("rooms:lobbynew:msg") + data)
        }
    }

    @Test func nothingPassesTheNamedRoom() {
        let channel = bytes("\"\(repeated("9", PhoenixV2.joinRefLimitBytes - 2))\"")
        let refs = #"["\#(repeated("1", PhoenixV2.joinRefLimitBytes - 2))","\#(repeated("2", PhoenixV1.refLimitBytes - 2))","#
        let longest = refs + #""\#(repeated("t", PhoenixV1.topicLimitBytes))","\#(repeated("e", PhoenixV1.eventLimitBytes))",""]"#
        let most = push(repeated("1", 29), repeated("2", 62), repeated("t", 255), repeated("e", PhoenixV1.eventLimitBytes))
        let room = PhoenixV2.replyMaximumBytes
        channel.withUnsafeBytes { channel in
            for (request, isBinary) in [(bytes(longest), false), (most, true)] {
                let sent = [
                    reply(request, isBinary) { PhoenixV2.writeErrorReply(to: $0, in: $1, .unauthorized, $2) },
                    reply(request, isBinary) { PhoenixV2.writeErrorReply(to: $0, in: $1, .unmatchedTopic, $2) },
                    reply(request, isBinary) { PhoenixV2.writeOkReply(to: $0, in: $1, joinRef: .ofChannel(channel), $2) },
                    reply(request, isBinary) {
                        PhoenixV2.writeNewMessageReply(to: $0, in: $1, joinRef: .ofChannel(channel), body: nil, $2)
                    },
                    reply(request, isBinary) {
                        PhoenixV2.writeChannelEnd(joinRef: channel, topic: $0.topic.bytes(in: $1), isCrash: true, $2)
                    },
                ]
                for answer in sent { #expect(answer.utf8.count <= room && answer.hasPrefix("[")) }
                let broadcast = reply(request, isBinary) {
                    PhoenixV2.writeBroadcast(
                        topic: $0.topic.bytes(in: $1), event: $0.event.bytes(in: $1), payload: $0.payload.bytes(in: $1), $2)
                }
                #expect(broadcast.utf8.count <= PhoenixV2.broadcastMaximumBytes)
            }
            most.withUnsafeBytes { raw in
                guard let m = PhoenixV2.scanBinary(raw) else { Issue.record("not read"); return }
                #expect(written { PhoenixV2.writeBinaryReply(to: m, in: raw, joinRef: channel, $0) }.count
                    <= PhoenixV2.binaryReplyMaximumBytes)
                #expect(written {
                    PhoenixV2.writeBinaryBroadcast(
                        topic: m.topic.bytes(in: raw), event: m.event.bytes(in: raw), data: m.payload.bytes(in: raw), $0)
                }.count <= PhoenixV2.binaryBroadcastMaximumBytes)
            }
        }
    }
}

@Suite struct PhoenixV2FuzzTests {
    /// Whatever a scan takes, an answer to it is sound JSON of five parts with the same ref and topic.
    @Test func answersToWhateverIsReadCanBeRead() {
        let guarded = GuardedBytes()
        var random = SplitMix64(seed: 8)
        let seeds = [
            bytes(join), bytes(#"[null,"25","phoenix","heartbeat",{}]"#), bytes(#"["1",2,"t\u00e9",  "e\"",[1,{"body":"é"}],7]"#),
            push("3", "45", "rooms:lobby", "new:msg", [1, 2, 0xFF]), push("", "", "é", "phx_join"),
        ]
        var read = 0
        for run in 0..<fuzzRuns {
            let held = guarded.hold(mutated(seeds[run % seeds.count], with: seeds, &random))
            for message in [PhoenixV2.scan(held), PhoenixV2.scanBinary(held)] {
                guard let message else { continue }
                read += 1
                guard isEchoSound(message, held) else { Issue.record("\(Array(held))"); return }
            }
        }
        #expect(read > fuzzRuns / 50)
    }

    private func isEchoSound(_ message: PhoenixV2.Message, _ raw: UnsafeRawBufferPointer) -> Bool {
        let reply = written { PhoenixV2.writeOkReply(to: message, in: raw, joinRef: .ofMessage, $0) }
        return reply.withUnsafeBytes { sent in
            guard reply.count <= PhoenixV2.replyMaximumBytes, let echo = PhoenixV2.scan(sent) else { return false }
            let quote = message.isBinary ? "\"" : ""
            func quoted(_ range: ByteRange) -> String { quote + said(range.bytes(in: raw)) + quote }
            return parts(echo, sent).prefix(4)
                == [quoted(message.joinRef), quoted(message.ref), said(message.topic.bytes(in: raw)), "phx_reply"]
        }
    }
}
