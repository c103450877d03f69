@testable import Engine

extension FuzzTarget {
    static let phoenixV2 = FuzzTarget(
        name: "phoenix-v2", maximumBytes: 128,
        seeds: [
            seed(#"["3","4","rooms:lobby","phx_join",{"user":"7"}]"#), seed(#"[null,"25","phoenix","heartbeat",{}]"#),
            seed(#" [1 , 2,"t\u00e9" ,"e\"", [ {"body":"é"} ] , 7 ] "#), seed(#"["1","2","rooms:lobby","new:msg",{"user":"a","body":"hi"}]"#),
        ],
        words: [
            "[", "]", "{", "}", "\"", ",", "null", "\"1\"", "-1.5e3", "\\", "\\u00e9", "é", "\"body\":", "rooms:lobby", "phoenix", "phx_join",
            "phx_leave", "heartbeat", "new:msg",
        ],
        run: { bytes in
            guard let message = PhoenixV2.scan(bytes) else { return }
            require(UTF8Check.isValid(bytes), "A message is UTF-8.")
            require(PhoenixV2.scan(bytes.first(message.payload.end)) == nil, "A message without its end is none.")
            checkMessage(message, bytes)
        })

    static let phoenixV2Binary = FuzzTarget(
        name: "phoenix-v2-binary", maximumBytes: 96,
        seeds: [
            [0, 1, 2, 11, 7] + seed("145rooms:lobbynew:msg") + [0xFF, 0, 1], [0, 0, 0, 0, 0], [0, 1, 1, 11, 8] + seed("12rooms:lobbyphx_join"),
            [0, 2, 2, 2, 2] + seed("éüßø"),
        ],
        words: ["rooms:lobby", "phx_join", "phx_leave", "new:msg", "heartbeat", "phoenix", "é", "\"", "\\"],
        run: { bytes in
            guard let message = PhoenixV2.scanBinary(bytes) else { return }
            require(message.isBinary && message.payload.end == bytes.count, "The data reaches to the end.")
            let fields = [message.joinRef, message.ref, message.topic, message.event]
            for (number, field) in fields.enumerated() { require(Int(field.count) == Int(bytes[1 + number]), "Lengths are as said.") }
            checkMessage(message, bytes)
            checkBinaryAnswers(message, bytes)
        })
}

/// What is true of a message of either kind, and of every text answer to it.
private func checkMessage(_ message: PhoenixV2.Message, _ bytes: UnsafeRawBufferPointer) {
    require(message.joinRef.end <= message.ref.start && message.ref.end <= message.topic.start, "The parts are in order.")
    require(message.topic.end <= message.event.start && message.event.end <= message.payload.start, "The parts are in order.")
    require(message.payload.end <= bytes.count, "Ranges are within the bytes.")
    let kept = UnsafeRawBufferPointer(start: Scratch.second, count: PhoenixV2.writeJoinRef(of: message, in: bytes, to: Scratch.second))
    require(kept.count <= PhoenixV2.joinRefLimitBytes, "A join_ref that was read can be kept.")
    require(PhoenixV2.isCurrent(message, in: bytes, joinRef: kept), "A message is for its own join.")
    let room = PhoenixV2.replyMaximumBytes, out = Scratch.first
    let topic = message.topic.bytes(in: bytes), event = message.event.bytes(in: bytes)
    func check(_ count: Int, _ room: Int, joinRef: UnsafeRawBufferPointer?) {
        require(count <= room, "An answer fits its room.")
        let sent = UnsafeRawBufferPointer(start: out, count: count)
        guard let echo = PhoenixV2.scan(sent) else { return require(false, "An answer can be read.") }
        require(echo.topic.bytes(in: sent).equals(topic), "An answer has the topic.")
        let said = echo.joinRef.bytes(in: sent)
        require(joinRef.map(said.equals) ?? said.says("null"), "An answer has the right join_ref.")
    }
    check(PhoenixV2.writeOkReply(to: message, in: bytes, joinRef: .none, out), room, joinRef: nil)
    check(PhoenixV2.writeOkReply(to: message, in: bytes, joinRef: .ofMessage, out), room, joinRef: kept)
    check(PhoenixV2.writeOkReply(to: message, in: bytes, joinRef: .ofChannel(kept), out), room, joinRef: kept)
    check(PhoenixV2.writeErrorReply(to: message, in: bytes, .unmatchedTopic, out), room, joinRef: nil)
    check(PhoenixV2.writeErrorReply(to: message, in: bytes, .unauthorized, out), room, joinRef: kept)
    check(PhoenixV2.writeChannelEnd(joinRef: kept, topic: topic, isCrash: false, out), room, joinRef: kept)
    guard !message.isBinary else { return }
    let payload = message.payload.bytes(in: bytes)
    let body = JSONMember.value("body", of: payload).map { $0.bytes(in: payload) }
    let reply = PhoenixV2.writeNewMessageReply(to: message, in: bytes, joinRef: .ofChannel(kept), body: body, out)
    check(reply, room + (body?.count ?? 0), joinRef: kept)
    let sent = PhoenixV2.writeBroadcast(topic: topic, event: event, payload: payload, out)
    check(sent, PhoenixV2.broadcastMaximumBytes + payload.count, joinRef: nil)
}

/// Binary answers, read as phoenix.js reads them.
private func checkBinaryAnswers(_ message: PhoenixV2.Message, _ bytes: UnsafeRawBufferPointer) {
    let kept = UnsafeRawBufferPointer(start: Scratch.second, count: PhoenixV2.writeJoinRef(of: message, in: bytes, to: Scratch.second))
    let data = message.payload.bytes(in: bytes)
    let parts = [message.joinRef, message.ref, message.topic]
    let count = PhoenixV2.writeBinaryReply(to: message, in: bytes, joinRef: kept, Scratch.first)
    let reply = UnsafeRawBufferPointer(start: Scratch.first, count: count)
    require(count <= PhoenixV2.binaryReplyMaximumBytes + data.count && reply[0] == 1 && reply[4] == 2, "A binary reply fits and says so.")
    var at = 5
    for (number, part) in parts.enumerated() {
        let end = at + Int(reply[1 + number])
        require(end <= count && UnsafeRawBufferPointer(rebasing: reply[at..<end]).equals(part.bytes(in: bytes)), "A binary reply has the parts.")
        at = end
    }
    require(UnsafeRawBufferPointer(rebasing: reply[(at + 2)...]).equals(data), "A binary reply has the data.")
    let topic = message.topic.bytes(in: bytes), event = message.event.bytes(in: bytes)
    let sent = PhoenixV2.writeBinaryBroadcast(topic: topic, event: event, data: data, Scratch.first)
    require(sent == 3 + topic.count + event.count + data.count, "A binary broadcast is as long as its parts.")
    require(sent <= PhoenixV2.binaryBroadcastMaximumBytes + data.count, "A binary broadcast fits its room.")
}
