import Glibc

/// What a user sends, and how it knows the answers.
///
/// The texts are the original's Tsung scenario to the byte, spaces too: a join is 78 bytes and the digits of the user's
/// number, and travels in a binary frame because Tsung's do.
extension PhoenixV1 {
    /// Everything of a join but the user's number.
    static let joinBytesWithoutDigits = 78
    /// Room for a whole masked join frame of any user on the lobby.
    static let joinFrameMaximumBytes = 6 + joinBytesWithoutDigits + Decimal.maximumBytes
    /// Room for a whole masked heartbeat frame.
    static let heartbeatFrameMaximumBytes = 96

    static var joinBeforeUser: StaticString {
        #"{"topic":"rooms:lobby", "event":"phx_join", "payload": {"user":""#
    }
    static var joinAfterUser: StaticString { #""}, "ref":"1"}"# }

    /// Writes a join's JSON text and returns its length.
    @inline(__always) static func writeJoin(user: UInt64, to out: UnsafeMutableRawPointer) -> Int {
        var writer = ByteWriter(out)
        writer.put(joinBeforeUser)
        writer.putDecimal(user)
        writer.put(joinAfterUser)
        return writer.count
    }

    /// Writes a whole client's frame with a join in it and returns its length.
    @inline(__always) static func writeJoinFrame(
        user: UInt64, mask: UInt32, opcode: Opcode = .binary, to out: UnsafeMutableRawPointer
    ) -> Int {
        // At most 98 bytes, so the header is always six.
        let count = writeJoin(user: user, to: out + 6)
        let header = Frame.writeMaskedHeader(opcode, payloadBytes: count, mask: mask, to: out)
        Mask.apply(mask, to: out + header, count: count)
        return header &+ count
    }

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

    /// True for the bytes Phoenix 1.1.4 and our target answer with: for the first join, `joinReply`.
    @inline(__always) static func isExactOkReply(
        _ bytes: UnsafeRawBufferPointer, topic: StaticString, ref: UInt64
    ) -> Bool {
        let refEnd = bytes.count &- okReplyAfterRef.utf8CodeUnitCount
        let refStart = 10 &+ topic.utf8CodeUnitCount &+ 9
        guard refEnd == refStart &+ Decimal.count(ref) else { return false }
        guard bytes.has(#"{"topic":""#, at: 0), bytes.has(topic, at: 10),
            bytes.has(#"","ref":""#, at: 10 &+ topic.utf8CodeUnitCount), bytes.has(okReplyAfterRef, at: refEnd)
        else { return false }
        return isDecimal(bytes, refStart, refEnd, ref)
    }

    private static var okReplyAfterRef: StaticString { #"","payload":{"status":"ok","response":{}},"event":"phx_reply"}"# }

    /// The same for any spelling of the reply.
    static func checkAnyReply(_ bytes: UnsafeRawBufferPointer, topic: StaticString, ref: UInt64) -> ReplyCheck {
        guard let message = scan(bytes) else { return .malformed }
        guard isTopic(message, topic, in: bytes), JSONText.says(message.event.bytes(in: bytes), "phx_reply"),
            isRef(bytes, message.ref, ref)
        else { return .unrelated }
        guard let status = status(message.payload.bytes(in: bytes)) else { return .malformed }
        return status ? .ok : .error
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
