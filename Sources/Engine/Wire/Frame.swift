/// What a frame carries (RFC 6455 section 5.2); other values are reserved and refused.
enum Opcode: UInt8 {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    @inline(__always) var isControl: Bool { rawValue & 0x8 != 0 }
}

/// Why a connection is closed (RFC 6455 section 7.4.1).
enum CloseCode: UInt16 {
    case normal = 1000
    case goingAway = 1001
    case protocolError = 1002
    case unsupportedData = 1003
    case invalidData = 1007
    case policyViolation = 1008
    case messageTooBig = 1009
    case internalError = 1011
    /// Registered with IANA: the server has no room for this now.
    case tryAgainLater = 1013

    /// Whether a peer may put `code` in a close frame: 1004 to 1006 and 1015 stay off the wire, 3000 to 4999 are for
    /// libraries and applications.
    static func isAllowedOnWire(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

struct FrameHeader: Equatable {
    var payloadBytes: Int
    /// The masking key as it lies in memory; 0, which masks nothing, if the frame is not masked.
    var mask: UInt32
    var headerBytes: UInt8
    var opcode: Opcode
    var isFinal: Bool
    var isMasked: Bool
}

enum FrameParse: Equatable {
    case needMore
    case header(FrameHeader)
    /// The peer broke the protocol (1002) or passed the limit (1009): close with this code.
    case violation(CloseCode)
}

/// Frame headers, read and written. Payloads are the caller's: it knows where they lie.
enum Frame {
    /// Two bytes, eight of length, four of mask.
    static let maximumHeaderBytes = 14

    /// Reads the header at the start of `bytes`.
    ///
    /// `fromClient` says which way the frame travels: a client's must be masked and a server's must not (section 5.1).
    /// A verdict never changes when more bytes follow: each rule is applied as soon as its byte is there.
    @inline(__always) static func parse(
        _ bytes: UnsafeRawBufferPointer, fromClient: Bool, payloadLimit: Int
    ) -> FrameParse {
        guard bytes.count >= 2 else {
            if bytes.count == 1 && !isFirstByteLegal(bytes[0]) { return .violation(.protocolError) }
            return .needMore
        }
        let first = bytes[0], second = bytes[1]
        let isMasked = second & 0x80 != 0
        guard isFirstByteLegal(first), let opcode = Opcode(rawValue: first & 0x0F), isMasked == fromClient else {
            return .violation(.protocolError)
        }
        let short = Int(second & 0x7F)
        let maskBytes = isMasked ? 4 : 0
        if short < 126 {
            // The common case: everything this project itself sends is shorter than 126 bytes.
            if short > payloadLimit { return .violation(.messageTooBig) }
            guard bytes.count >= 2 &+ maskBytes else { return .needMore }
            let mask = isMasked ? load(bytes, 2, as: UInt32.self) : 0
            return .header(
                FrameHeader(
                    payloadBytes: short, mask: mask, headerBytes: UInt8(truncatingIfNeeded: 2 &+ maskBytes),
                    opcode: opcode, isFinal: first & 0x80 != 0, isMasked: isMasked))
        }
        return parseLong(bytes, opcode, short, payloadLimit)
    }

    /// A header whose length takes two or eight bytes more.
    private static func parseLong(
        _ bytes: UnsafeRawBufferPointer, _ opcode: Opcode, _ short: Int, _ payloadLimit: Int
    ) -> FrameParse {
        if opcode.isControl { return .violation(.protocolError) }
        let isMasked = bytes[1] & 0x80 != 0
        let lengthEnd = short == 126 ? 4 : 10
        guard bytes.count >= lengthEnd else { return .needMore }
        let length: UInt64
        if short == 126 {
            length = UInt64(UInt16(bigEndian: load(bytes, 2, as: UInt16.self)))
            // "The minimal number of bytes MUST be used to encode the length" (section 5.2).
            if length < 126 { return .violation(.protocolError) }
        } else {
            length = UInt64(bigEndian: load(bytes, 2, as: UInt64.self))
            if length < 65_536 || length >> 63 != 0 { return .violation(.protocolError) }
        }
        if length > UInt64(payloadLimit) { return .violation(.messageTooBig) }
        let headerBytes = lengthEnd &+ (isMasked ? 4 : 0)
        guard bytes.count >= headerBytes else { return .needMore }
        return .header(
            FrameHeader(
                payloadBytes: Int(length), mask: isMasked ? load(bytes, lengthEnd, as: UInt32.self) : 0,
                headerBytes: UInt8(headerBytes), opcode: opcode, isFinal: bytes[0] & 0x80 != 0, isMasked: isMasked))
    }

    /// No reserved bit, a known opcode, and no control frame in fragments (sections 5.2 and 5.5).
    @inline(__always) private static func isFirstByteLegal(_ byte: UInt8) -> Bool {
        guard byte & 0x70 == 0, let opcode = Opcode(rawValue: byte & 0x0F) else { return false }
        return !opcode.isControl || byte & 0x80 != 0
    }

    @inline(__always) private static func load<T: BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ at: Int, as: T.Type
    ) -> T {
        bytes.loadUnaligned(fromByteOffset: at, as: T.self)
    }
}

// MARK: - Writing

extension Frame {
    /// A header of a server's frame, unmasked; returns its length. The payload follows it.
    @inline(__always) static func writeHeader(
        _ opcode: Opcode, payloadBytes: Int, isFinal: Bool = true, to out: UnsafeMutableRawPointer
    ) -> Int {
        let first = opcode.rawValue | (isFinal ? 0x80 : 0)
        out.storeBytes(of: first, as: UInt8.self)
        return 1 &+ writeLength(payloadBytes, masked: 0, to: out + 1)
    }

    /// A header of a client's frame with its mask; returns its length. The caller masks the payload with the same key.
    @inline(__always) static func writeMaskedHeader(
        _ opcode: Opcode, payloadBytes: Int, mask: UInt32, isFinal: Bool = true, to out: UnsafeMutableRawPointer
    ) -> Int {
        let first = opcode.rawValue | (isFinal ? 0x80 : 0)
        out.storeBytes(of: first, as: UInt8.self)
        let length = 1 &+ writeLength(payloadBytes, masked: 0x80, to: out + 1)
        out.storeBytes(of: mask, toByteOffset: length, as: UInt32.self)
        return length &+ 4
    }

    /// How long a header will be, so that a payload can be built in its final place first.
    @inline(__always) static func headerBytes(payloadBytes: Int, isMasked: Bool) -> Int {
        let length = payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10
        return length &+ (isMasked ? 4 : 0)
    }

    /// A whole server's close frame, 4 bytes.
    static func writeClose(_ code: UInt16, to out: UnsafeMutableRawPointer) -> Int {
        let header = writeHeader(.close, payloadBytes: 2, to: out)
        out.storeBytes(of: code.bigEndian, toByteOffset: header, as: UInt16.self)
        return header + 2
    }

    /// A whole client's close frame, 8 bytes.
    static func writeMaskedClose(_ code: UInt16, mask: UInt32, to out: UnsafeMutableRawPointer) -> Int {
        let header = writeMaskedHeader(.close, payloadBytes: 2, mask: mask, to: out)
        out.storeBytes(of: code.bigEndian, toByteOffset: header, as: UInt16.self)
        Mask.apply(mask, to: out + header, count: 2)
        return header + 2
    }

    @inline(__always) private static func writeLength(
        _ count: Int, masked: UInt8, to out: UnsafeMutableRawPointer
    ) -> Int {
        if count < 126 {
            out.storeBytes(of: UInt8(truncatingIfNeeded: count) | masked, as: UInt8.self)
            return 1
        }
        if count < 65_536 {
            out.storeBytes(of: 126 | masked, as: UInt8.self)
            out.storeBytes(of: UInt16(truncatingIfNeeded: count).bigEndian, toByteOffset: 1, as: UInt16.self)
            return 3
        }
        out.storeBytes(of: 127 | masked, as: UInt8.self)
        out.storeBytes(of: UInt64(count).bigEndian, toByteOffset: 1, as: UInt64.self)
        return 9
    }
}

/// What a close frame says (RFC 6455 section 5.5.1): nothing, or a code and a reason.
enum ClosePayload: Equatable {
    case none
    case code(UInt16)
    /// A code alone in half, one that may not be on the wire (1002), or a reason that is no UTF-8 (1007).
    case violation(CloseCode)

    static func check(_ payload: UnsafeRawBufferPointer) -> ClosePayload {
        guard payload.count > 0 else { return .none }
        guard payload.count >= 2 else { return .violation(.protocolError) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard CloseCode.isAllowedOnWire(code) else { return .violation(.protocolError) }
        guard UTF8Check.isValid(UnsafeRawBufferPointer(rebasing: payload[2...])) else { return .violation(.invalidData) }
        return .code(code)
    }
}
