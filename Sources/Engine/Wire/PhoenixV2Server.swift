/// What a target answers in V2, after Phoenix 1.8.9: lib/phoenix/socket.ex (`handle_in`, `encode_on_exit`, `encode_ignore`,
/// `encode_close`), lib/phoenix/channel/server.ex (replies of a joined channel) and the V2 serializer.
///
/// | a client sends | what goes out, in this order |
/// | --- | --- |
/// | heartbeat on "phoenix" | ok reply, join_ref null, its ref |
/// | phx_join the channel accepts | ok reply with the message's join_ref and ref |
/// | phx_join the channel turns down | error reply with the message's join_ref and ref, and the channel's reason |
/// | phx_join of a topic no channel has | error "unmatched topic", join_ref null, its ref |
/// | phx_join of a topic that is joined | the new join's reply, then the old channel's phx_close |
/// | phx_leave of a joined topic | ok reply with the channel's join_ref, then phx_close |
/// | phx_leave of a topic not joined | ok reply with the message's join_ref: leaving is always possible |
/// | phx_leave or an event with the join_ref of an earlier join | nothing (`isCurrent`) |
/// | an event the channel answers | a broadcast it makes (to the sender too), then its reply with the channel's join_ref |
/// | an event that crashes the channel | phx_error; the socket lives on and the topic is no longer joined |
/// | an event on a topic not joined | error "unmatched topic", join_ref null, its ref |
///
/// At a second join the old channel is shut down first, yet its phx_close goes out last: the socket sends it to itself, and
/// it waits its turn behind the reply. phx_close and phx_error carry the channel's join_ref twice, as join_ref and as ref,
/// and payload {}. A broadcast has null for both. Answers are text frames, even to binary joins and leaves; only a reply
/// or broadcast whose payload is data is binary. The order of `status` and `response` is that of the runtime's maps and
/// says nothing.
extension PhoenixV2 {
    /// Room for any text reply or event, apart from responses, payloads and events copied in.
    static let replyMaximumBytes = joinRefLimitBytes + PhoenixV1.refLimitBytes + PhoenixV1.topicLimitBytes + 128
    /// Room for any broadcast, apart from its payload.
    static let broadcastMaximumBytes = replyMaximumBytes + PhoenixV1.eventLimitBytes
    /// Room for any binary reply, apart from its data: two lengths of up to 255 are bounded by the scan's own limits.
    static let binaryReplyMaximumBytes = 5 + joinRefLimitBytes + PhoenixV1.refLimitBytes + 255 + 2
    /// Room for any binary broadcast, apart from its data.
    static let binaryBroadcastMaximumBytes = 3 + 255 + PhoenixV1.eventLimitBytes

    /// Which join_ref a reply carries.
    enum JoinRef {
        /// null: heartbeats.
        case none
        /// The message's own: joins, and leaves of a topic that is not joined.
        case ofMessage
        /// The joined channel's, as `writeJoinRef` left it: every other reply.
        case ofChannel(UnsafeRawBufferPointer)
    }

    /// What the `response` of an error reply gives as reason.
    enum Refusal: UInt8 {
        /// No channel has such a topic, or the user has not joined it; join_ref null.
        case unmatchedTopic
        /// The channel turned the join down; the message's join_ref.
        case unauthorized

        var reason: StaticString { self == .unmatchedTopic ? "unmatched topic" : "unauthorized" }
    }

    // MARK: the channel's join_ref

    /// Writes a join's join_ref as raw JSON, for the connection to keep; at most `joinRefLimitBytes`.
    ///
    /// A join without one has null kept. Phoenix then puts the join's ref into replies to its pushes (`join_ref || ref` in
    /// `Phoenix.Channel.Server.join`), and null into phx_close; this target keeps one of the two and answers null to both.
    static func writeJoinRef(of message: Message, in bytes: UnsafeRawBufferPointer, to out: UnsafeMutableRawPointer) -> Int {
        var writer = ByteWriter(out)
        putRef(&writer, message.joinRef, message, bytes)
        return writer.count
    }

    /// Whether a message is for the channel that is joined now, and not for an earlier join of its topic: those are
    /// dropped without an answer.
    ///
    /// A join_ref says the same if it is spelt the same. Null, on either side, goes with anything: Phoenix 1.8 admits
    /// every message if the join had none, later Phoenix also every message that has none itself.
    static func isCurrent(
        _ message: Message, in bytes: UnsafeRawBufferPointer, joinRef kept: UnsafeRawBufferPointer
    ) -> Bool {
        let sent = message.joinRef.bytes(in: bytes)
        if kept.equals("null") { return true }
        guard message.isBinary else { return sent.equals(kept) || sent.equals("null") }
        return kept.count == sent.count &+ 2 && kept[0] == 0x22 && sent.equals(unquoted(kept))
    }

    // MARK: text

    /// An ok reply with response {}.
    static func writeOkReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, joinRef: JoinRef, _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putReplyHead(&writer, message, bytes, joinRef)
        writer.put(#"{"status":"ok","response":{}}]"#)
        return writer.count
    }

    /// An ok reply whose response is `response`, a JSON value. `out` has room for `replyMaximumBytes` and the response.
    static func writeOkReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, joinRef: JoinRef, response: UnsafeRawBufferPointer,
        _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putReplyHead(&writer, message, bytes, joinRef)
        writer.put(#"{"status":"ok","response":"#)
        writer.put(response)
        writer.put("}]")
        return writer.count
    }

    /// The chat example's answer to a new:msg: {"msg":body}; null for a payload without `body`, as in V1. `out` has room
    /// for `replyMaximumBytes` and the body.
    static func writeNewMessageReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, joinRef: JoinRef, body: UnsafeRawBufferPointer?,
        _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putReplyHead(&writer, message, bytes, joinRef)
        writer.put(#"{"status":"ok","response":{"msg":"#)
        if let body { writer.put(body) } else { writer.put("null") }
        writer.put("}}]")
        return writer.count
    }

    /// An error reply; the refusal says which join_ref it has.
    static func writeErrorReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, _ refusal: Refusal, _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        putReplyHead(&writer, message, bytes, refusal == .unauthorized ? .ofMessage : .none)
        writer.put(#"{"status":"error","response":{"reason":""#)
        writer.put(refusal.reason)
        writer.put(#""}}]"#)
        return writer.count
    }

    /// `phx_close` after a leave or a second join, `phx_error` after a crash. `joinRef` is the ended channel's, raw JSON;
    /// `topic` is spelt as between JSON's quotes.
    static func writeChannelEnd(
        joinRef: UnsafeRawBufferPointer, topic: UnsafeRawBufferPointer, isCrash: Bool, _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        writer.put("[")
        writer.put(joinRef)
        writer.put(",")
        writer.put(joinRef)
        writer.put(#",""#)
        writer.put(topic)
        if isCrash { writer.put(#"","phx_error",{}]"#) } else { writer.put(#"","phx_close",{}]"#) }
        return writer.count
    }

    /// A broadcast: topic and event as spelt between JSON's quotes, payload a JSON value. `out` has room for
    /// `broadcastMaximumBytes` and the payload.
    static func writeBroadcast(
        topic: UnsafeRawBufferPointer, event: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer,
        _ out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out)
        writer.put(#"[null,null,""#)
        writer.put(topic)
        writer.put(#"",""#)
        writer.put(event)
        writer.put(#"","#)
        writer.put(payload)
        writer.put("]")
        return writer.count
    }

    // MARK: binary

    /// An ok reply whose response is the data of `message`, a binary one: this target's answer to a binary new:msg.
    /// `joinRef` is the channel's, raw JSON; in a binary frame null is the empty string and a string has no quotes, as
    /// Elixir's `to_string` has it. `out` has room for `binaryReplyMaximumBytes` and the data.
    static func writeBinaryReply(
        to message: Message, in bytes: UnsafeRawBufferPointer, joinRef: UnsafeRawBufferPointer,
        _ out: UnsafeMutableRawPointer
    ) -> Int {
        let joinRef = joinRef.equals("null") ? UnsafeRawBufferPointer(rebasing: joinRef[..<0]) : unquoted(joinRef)
        out.storeBytes(of: BinaryKind.reply, as: UInt8.self)
        out.storeBytes(of: UInt8(truncatingIfNeeded: joinRef.count), toByteOffset: 1, as: UInt8.self)
        out.storeBytes(of: UInt8(truncatingIfNeeded: message.ref.count), toByteOffset: 2, as: UInt8.self)
        out.storeBytes(of: UInt8(truncatingIfNeeded: message.topic.count), toByteOffset: 3, as: UInt8.self)
        out.storeBytes(of: 2, toByteOffset: 4, as: UInt8.self)
        var writer = ByteWriter(out + 5)
        writer.put(joinRef)
        writer.put(message.ref.bytes(in: bytes))
        writer.put(message.topic.bytes(in: bytes))
        writer.put("ok")
        writer.put(message.payload.bytes(in: bytes))
        return 5 &+ writer.count
    }

    /// A broadcast of data: topic and event are the strings themselves, at most 255 and `eventLimitBytes`. `out` has room
    /// for `binaryBroadcastMaximumBytes` and the data. V1 has no such message; its users get none.
    static func writeBinaryBroadcast(
        topic: UnsafeRawBufferPointer, event: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer,
        _ out: UnsafeMutableRawPointer
    ) -> Int {
        out.storeBytes(of: BinaryKind.broadcast, as: UInt8.self)
        out.storeBytes(of: UInt8(truncatingIfNeeded: topic.count), toByteOffset: 1, as: UInt8.self)
        out.storeBytes(of: UInt8(truncatingIfNeeded: event.count), toByteOffset: 2, as: UInt8.self)
        var writer = ByteWriter(out + 3)
        writer.put(topic)
        writer.put(event)
        writer.put(data)
        return 3 &+ writer.count
    }

    // MARK: parts

    /// Everything of a reply up to its payload.
    private static func putReplyHead(
        _ writer: inout ByteWriter, _ message: Message, _ bytes: UnsafeRawBufferPointer, _ joinRef: JoinRef
    ) {
        writer.put("[")
        switch joinRef {
        case .none: writer.put("null")
        case .ofMessage: putRef(&writer, message.joinRef, message, bytes)
        case .ofChannel(let raw): writer.put(raw)
        }
        writer.put(",")
        putRef(&writer, message.ref, message, bytes)
        writer.put(#",""#)
        writer.put(message.topic.bytes(in: bytes))
        writer.put(#"","phx_reply","#)
    }

    /// A ref as raw JSON: what a binary message has without quotes gets them.
    @inline(__always) private static func putRef(
        _ writer: inout ByteWriter, _ ref: ByteRange, _ message: Message, _ bytes: UnsafeRawBufferPointer
    ) {
        if message.isBinary { writer.put("\"") }
        writer.put(ref.bytes(in: bytes))
        if message.isBinary { writer.put("\"") }
    }

    /// A raw JSON string without its quotes; other values as they are.
    private static func unquoted(_ raw: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard raw.count >= 2, raw[0] == 0x22 else { return raw }
        return UnsafeRawBufferPointer(rebasing: raw[1..<raw.count - 1])
    }
}
