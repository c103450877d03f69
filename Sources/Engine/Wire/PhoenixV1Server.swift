/// What a target reads fast, and what it answers (Phoenix 1.1.4; the members in the order its encoder writes them).
extension PhoenixV1 {
    /// The reply to the original's join, byte for byte: 93 of them.
    static var joinReply: StaticString {
        #"{"topic":"rooms:lobby","ref":"1","payload":{"status":"ok","response":{}},"event":"phx_reply"}"#
    }
    static let joinReplyBytes = 93
    /// Room for any reply or event this file writes, apart from payloads copied in.
    static let replyMaximumBytes = topicLimitBytes + refLimitBytes + 128

    /// The whole frame: two bytes of header and the 93.
    @inline(__always) static func writeJoinReplyFrame(to out: UnsafeMutableRawPointer) -> Int {
        let header = Frame.writeHeader(.text, payloadBytes: joinReplyBytes, to: out)
        (out + header).copyMemory(from: joinReply.utf8Start, byteCount: joinReplyBytes)
        return header &+ joinReplyBytes
    }

    /// Around the user's number in the join of the original's Tsung scenario, spaces too.
    private static var joinBeforeUser: StaticString { #"{"topic":"rooms:lobby", "event":"phx_join", "payload": {"user":""# }
    private static var joinAfterUser: StaticString { #""}, "ref":"1"}"# }

    /// True for exactly the text the original's users join with: two comparisons and the digits between them. Whatever
    /// this admits, `scan` reads as a join of the lobby with ref "1".
    @inline(__always) static func isLobbyJoin(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let start = joinBeforeUser.utf8CodeUnitCount
        let end = bytes.count &- joinAfterUser.utf8CodeUnitCount
        guard end > start, end &- start <= Decimal.maximumBytes, bytes.has(joinBeforeUser, at: 0),
            bytes.has(joinAfterUser, at: end)
        else { return false }
        for i in start..<end where !ASCII.isDigit(bytes[i]) { return false }
        return true
    }

    /// What the `response` of an error reply gives as reason.
    enum Refusal: UInt8 {
        /// No channel has such a topic, or the user has not joined it.
        case unmatchedTopic
        /// The channel turned the join down, as the chat example does for every room but the lobby.
        case unauthorized
        /// A second join of the same topic; Phoenix 1.1.4 sends it with ref null.
        case alreadyJoined

        var reason: StaticString {
            switch self {
            case .unmatchedTopic: "unmatched topic"
            case .unauthorized: "unauthorized"
            case .alreadyJoined: "already joined"
            }
        }
    }

    /// An ok reply to `message`; its topic and ref are copied as they were spelt.
    static func writeOkReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putTopicAndRef(&writer, message, bytes)
        writer.put(#"{"status":"ok","response":{}},"event":"phx_reply"}"#)
        return writer.count
    }

    /// An ok reply whose response is `response`, a JSON value: the chat example answers new:msg with {"msg":body}.
    /// `out` has room for `replyMaximumBytes` and the response.
    static func writeOkReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, response: UnsafeRawBufferPointer,
        _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putTopicAndRef(&writer, message, bytes)
        writer.put(#"{"status":"ok","response":"#)
        writer.put(response)
        writer.put(#"},"event":"phx_reply"}"#)
        return writer.count
    }

    /// What the chat example answers a new:msg with: {"msg":body}. `body` is a JSON value, the payload's member `body`;
    /// a payload without one is answered with null, as Elixir's `msg["body"]` is nil then. `out` has room for
    /// `replyMaximumBytes` and the body.
    static func writeNewMessageReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, body: UnsafeRawBufferPointer?,
        _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putTopicAndRef(&writer, message, bytes)
        writer.put(#"{"status":"ok","response":{"msg":"#)
        if let body { writer.put(body) } else { writer.put("null") }
        writer.put(#"}},"event":"phx_reply"}"#)
        return writer.count
    }

    static func writeErrorReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, _ refusal: Refusal, _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        if refusal == .alreadyJoined {
            putTopic(&writer, message.topic.bytes(in: bytes))
            writer.put(#"null,"payload":"#)
        } else {
            putTopicAndRef(&writer, message, bytes)
        }
        writer.put(#"{"status":"error","response":{"reason":""#)
        writer.put(refusal.reason)
        writer.put(#""}},"event":"phx_reply"}"#)
        return writer.count
    }

    /// `phx_close` after a leave, `phx_error` after a crash: payload {} and ref null.
    static func writeChannelEnd(
        topic: UnsafeRawBufferPointer, isCrash: Bool, _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putTopic(&writer, topic)
        writer.put(#"null,"payload":{},"event":""#)
        writer.put(isCrash ? "phx_error" : "phx_close")
        writer.put(#""}"#)
        return writer.count
    }

    /// A broadcast: ref null; topic and event as spelt between their quotes, payload a JSON value. `out` has room for
    /// `replyMaximumBytes`, the event and the payload.
    static func writeBroadcast(
        topic: UnsafeRawBufferPointer, event: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer,
        _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putTopic(&writer, topic)
        writer.put(#"null,"payload":"#)
        writer.put(payload)
        writer.put(#","event":""#)
        writer.put(event)
        writer.put(#""}"#)
        return writer.count
    }

    private static func putTopic(_ writer: inout ByteWriter, _ topic: UnsafeRawBufferPointer) {
        writer.put(#"{"topic":""#)
        writer.put(topic)
        writer.put(#"","ref":"#)
    }

    private static func putTopicAndRef(
        _ writer: inout ByteWriter, _ message: Message, _ bytes: UnsafeRawBufferPointer
    ) {
        putTopic(&writer, message.topic.bytes(in: bytes))
        writer.put(message.ref.bytes(in: bytes))
        writer.put(#","payload":"#)
    }
}
