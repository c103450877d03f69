@testable import Engine

private let join = #"{"topic":"rooms:lobby", "event":"phx_join", "payload": {"user":"7"}, "ref":"1"}"#
private let jsonWords = [
    "{", "}", "[", "]", "\"", ",", ":", "null", "true", "false", "-", "0", "1", ".5", "e+3", "\\", "\\u00e9", "\\ud83d\\ude00", "é", "{}", "[]",
]
private let phoenixWords = [
    "rooms:lobby", "phoenix", "phx_join", "phx_leave", "heartbeat", "new:msg", "phx_reply", "body", "user", "status", "ok", "response",
]

extension FuzzTarget {
    /// One JSON value. The first byte says where it is cut.
    static let json = FuzzTarget(
        name: "json", maximumBytes: 96,
        seeds: [
            seed(100, #"{"user":"a","body":[1,{"b":"\u00e9\ud83d\ude00"}],"x":-1.5e+3}"#), seed(255, #"{"body":"hi"}"#), seed(3, "[[],{},null,true]"),
        ],
        words: jsonWords + ["body", "\"body\":"],
        run: { input in
            guard let (cut, bytes) = input.choice else { return }
            var scanner = JSONScanner(bytes)
            guard let value = scanner.value() else { return }
            require(value.start == 0 && value.end == scanner.at && value.end <= bytes.count, "A value's range is what was taken.")
            let raw = value.bytes(in: bytes)
            var again = JSONScanner(raw)
            require(again.value() == value, "A value alone is the same value.")
            let isNumber = raw[0] == 0x2D || ASCII.isDigit(raw[0])
            var piece = JSONScanner(raw.first(raw.count * Int(cut) / 256))
            require(isNumber || piece.value() == nil, "A value cut short is none.")
            if let member = JSONMember.value("body", of: raw) {
                var inner = JSONScanner(member.bytes(in: raw))
                require(raw[0] == 0x7B && inner.value() != nil && inner.isAtEnd, "A member's value is a value.")
            }
        })

    static let phoenixV1 = FuzzTarget(
        name: "phoenix-v1", maximumBytes: 160,
        seeds: [
            seed(join), seed(#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":"25"}"#),
            seed(#"{"topic":"rooms:lobby","event":"new:msg","payload":{"user":"a","body":"é\n"},"ref":"3","x":[]}"#),
            seed(#"{"topic":"rooms:lobby","ref":"1","payload":{"status":"ok","response":{}},"event":"phx_reply"}"#),
        ],
        words: jsonWords + phoenixWords + ["\"topic\":", "\"event\":", "\"payload\":", "\"ref\":", "\"1\""],
        run: { bytes in
            let message = PhoenixV1.scan(bytes)
            let check = PhoenixV1.checkReply(bytes, topic: PhoenixV1.lobby, ref: 1)
            require(check == PhoenixV1.checkAnyReply(bytes, topic: PhoenixV1.lobby, ref: 1), "The fast check agrees with the general.")
            require(message != nil || check == .malformed, "What cannot be read is malformed.")
            let isFast = PhoenixV1.isLobbyJoin(bytes)
            guard let message else { return require(!isFast, "A join seen fast can be read.") }
            require(UTF8Check.isValid(bytes), "A message is UTF-8.")
            if isFast {
                require(
                    PhoenixV1.event(message, in: bytes) == .join && PhoenixV1.isTopic(message, PhoenixV1.lobby, in: bytes)
                        && message.ref.bytes(in: bytes).says(#""1""#), "A join seen fast is the lobby's, with ref 1.")
            }
            for range in [message.topic, message.event, message.ref, message.payload] {
                require(range.end <= bytes.count, "Ranges are within the bytes.")
            }
            checkAnswers(message, bytes)
        })
}

/// Every answer to a message can be read, keeps to its room, and says the same topic and ref.
private func checkAnswers(_ message: PhoenixV1.Message, _ bytes: UnsafeRawBufferPointer) {
    let payload = message.payload.bytes(in: bytes)
    let body = JSONMember.value("body", of: payload).map { $0.bytes(in: payload) }
    let topic = message.topic.bytes(in: bytes)
    func check(_ count: Int, _ room: Int, hasRef: Bool) {
        let sent = UnsafeRawBufferPointer(start: Scratch.first, count: count)
        require(count <= room, "An answer fits its room.")
        // The topic's limit counts what is spelt, so an answer is never too long to be read.
        guard let echo = PhoenixV1.scan(sent) else { return require(false, "An answer can be read.") }
        require(echo.topic.bytes(in: sent).equals(topic), "An answer has the topic.")
        if hasRef { require(echo.ref.bytes(in: sent).equals(message.ref.bytes(in: bytes)), "An answer has the ref.") }
    }
    let room = PhoenixV1.replyMaximumBytes, out = Scratch.first
    check(PhoenixV1.writeOkReply(to: message, in: bytes, out), room, hasRef: true)
    check(PhoenixV1.writeOkReply(to: message, in: bytes, response: payload, out), room + payload.count, hasRef: true)
    check(PhoenixV1.writeNewMessageReply(to: message, in: bytes, body: body, out), room + (body?.count ?? 0), hasRef: true)
    check(PhoenixV1.writeErrorReply(to: message, in: bytes, .unauthorized, out), room, hasRef: true)
    check(PhoenixV1.writeChannelEnd(topic: topic, isCrash: true, out), room, hasRef: false)
    let event = message.event.bytes(in: bytes)
    let sent = PhoenixV1.writeBroadcast(topic: topic, event: event, payload: payload, out)
    check(sent, room + event.count + payload.count, hasRef: false)
}
