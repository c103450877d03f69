import Glibc

/// The heartbeat that a user sends, and how it knows the answers to this and to what its session has it send.
extension PhoenixV1 {
    /// Room for a whole masked heartbeat frame.
    static let heartbeatFrameMaximumBytes = 96

    /// Writes a whole client's frame with a heartbeat, as phoenix.js spells it, and returns its length.
    @inline(__always) static func writeHeartbeatFrame(
        ref: UInt64, mask: UInt32, opcode: Opcode = .text, to out: UnsafeMutableRawPointer
    ) -> Int {
        var writer = ByteWriter(out + 6)
        writer.put(#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":""#)
        writer.putDecimal(ref)
        writer.put(#""}"#)
        let header = Frame.writeMaskedHeader(opcode, payloadBytes: writer.count, mask: mask, to: out)
        Mask.apply(mask, to: out + header, count: writer.count)
        return header &+ writer.count
    }

    /// What a user makes of a message it received.
    enum ReplyCheck: Equatable {
        /// A phx_reply to the ref asked for, status ok.
        case ok
        /// A phx_reply to the ref asked for, any other status.
        case error
        /// The channel asked went down (phx_error): no reply will come.
        case crashed
        /// Sound, but not the reply waited for: a broadcast, say.
        case unrelated
        case malformed
    }

    /// Looks for the reply to `ref`, on `topic`, which is ASCII and holds nothing that JSON escapes.
    @inline(__always) static func checkReply(
        _ bytes: UnsafeRawBufferPointer, topic: StaticString, ref: UInt64
    ) -> ReplyCheck {
        isExactOkReply(bytes, topic: topic, ref: ref) ? .ok : checkAnyReply(bytes, topic: topic, ref: ref)
    }

    /// The same for a topic in memory.
    @inline(__always) static func checkReply(
        _ bytes: UnsafeRawBufferPointer, topic: UnsafeRawBufferPointer, ref: UInt64
    ) -> ReplyCheck {
        isExactOkReply(bytes, topic: topic, ref: ref) ? .ok : checkAnyReply(bytes, topic: topic, ref: ref)
    }

    /// True for the bytes Phoenix 1.1.4 and our target answer with: for the first join, `joinReply`.
    @inline(__always) static func isExactOkReply(
        _ bytes: UnsafeRawBufferPointer, topic: StaticString, ref: UInt64
    ) -> Bool {
        isExactOkReply(bytes, topic: topic.buffer, ref: ref)
    }

    @inline(__always) static func isExactOkReply(
        _ bytes: UnsafeRawBufferPointer, topic: UnsafeRawBufferPointer, ref: UInt64
    ) -> Bool {
        let refEnd = bytes.count &- okReplyAfterRef.utf8CodeUnitCount
        let refStart = 10 &+ topic.count &+ 9
        guard refEnd == refStart &+ Decimal.count(ref) else { return false }
        guard bytes.has(#"{"topic":""#, at: 0), UnsafeRawBufferPointer(rebasing: bytes[10..<10 &+ topic.count]).equals(topic),
            bytes.has(#"","ref":""#, at: 10 &+ topic.count), bytes.has(okReplyAfterRef, at: refEnd)
        else { return false }
        return isDecimal(bytes, refStart, refEnd, ref)
    }

    private static var okReplyAfterRef: StaticString { #"","payload":{"status":"ok","response":{}},"event":"phx_reply"}"# }

    /// The same for any spelling of the reply.
    static func checkAnyReply(_ bytes: UnsafeRawBufferPointer, topic: StaticString, ref: UInt64) -> ReplyCheck {
        checkAnyReply(bytes, topic: topic.buffer, ref: ref)
    }

    static func checkAnyReply(
        _ bytes: UnsafeRawBufferPointer, topic: UnsafeRawBufferPointer, ref: UInt64
    ) -> ReplyCheck {
        guard let message = scan(bytes) else { return .malformed }
        guard JSONText.says(message.topic.bytes(in: bytes), topic) else { return .unrelated }
        let event = message.event.bytes(in: bytes)
        guard JSONText.says(event, "phx_reply") else {
            // Not phx_close: it follows the answer to a leave, when the same topic may have been asked for again.
            return JSONText.says(event, "phx_error") ? .crashed : .unrelated
        }
        guard isRef(bytes, message.ref, ref) else { return .unrelated }
        guard let status = status(message.payload.bytes(in: bytes)) else { return .malformed }
        return status ? .ok : .error
    }

    /// Whether `bytes` is the broadcast of the push that was `sent`: the same topic and event, and each member of the payload
    /// as it was sent. A server may add members, and their order is its own. False for what is no message.
    static func isBroadcast(_ bytes: UnsafeRawBufferPointer, of sent: UnsafeRawBufferPointer) -> Bool {
        guard let own = scan(sent), let message = scan(bytes) else { return false }
        return message.topic.bytes(in: bytes).equals(own.topic.bytes(in: sent))
            && message.event.bytes(in: bytes).equals(own.event.bytes(in: sent))
            && JSONMember.holds(message.payload.bytes(in: bytes), all: own.payload.bytes(in: sent))
    }

    /// Whether a reply's payload has `"status":"ok"`; nil if it is no object or has no such string.
    private static func status(_ payload: UnsafeRawBufferPointer) -> Bool? {
        guard let value = JSONMember.value("status", of: payload) else { return nil }
        let raw = value.bytes(in: payload)
        guard raw.count >= 2, raw[0] == 0x22 else { return nil }
        return JSONText.says(UnsafeRawBufferPointer(rebasing: raw[1..<raw.count - 1]), "ok")
    }

    /// A ref is echoed as it was sent: digits in quotes.
    private static func isRef(_ bytes: UnsafeRawBufferPointer, _ range: ByteRange, _ ref: UInt64) -> Bool {
        let start = Int(range.start) + 1, end = range.end - 1
        guard end - start == Decimal.count(ref), bytes[start - 1] == 0x22 else { return false }
        return isDecimal(bytes, start, end, ref)
    }

    @inline(__always) private static func isDecimal(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ value: UInt64
    ) -> Bool {
        var rest = value
        var at = end
        while at > start {
            at &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            guard bytes[at] == UInt8(truncatingIfNeeded: digit) | 0x30 else { return false }
            rest = quotient
        }
        return rest == 0
    }
}
