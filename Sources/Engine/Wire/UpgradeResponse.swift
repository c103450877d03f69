import Glibc

/// The few statuses a target answers with.
enum HTTPStatus: UInt16 {
    case badRequest = 400
    case forbidden = 403
    case notFound = 404
    /// The head did not come in time; the connection closes with it.
    case requestTimeout = 408
    /// Too many others have begun something.
    case serviceUnavailable = 503
}

/// What a client makes of a server's answer.
enum UpgradeCheck: Equatable {
    case needMore
    /// The WebSocket is open; frames may follow these many bytes.
    case ok(headBytes: Int)
    /// Any status but 101, as soon as its line is there.
    case refused(status: UInt16)
    /// A 101 whose proof belongs to another key: a cache or a confused server.
    case wrongAccept
    case malformed
}

/// The server's half of the handshake: the answers it writes, and how a client checks them.
enum UpgradeResponse {
    /// The 101, byte for byte as cowboy 1.0.4 writes it for Phoenix 1.1.4.
    static let acceptedBytes = 129
    /// Room for any refusal.
    static let refusedMaximumBytes = 96
    /// Room for the head of any page.
    static let pageHeadMaximumBytes = 160

    private static var beforeAccept: StaticString {
        "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: "
    }

    /// Writes the answer to the 24 characters at `key`; always 129 bytes.
    @inline(__always) static func writeAccepted(key: UnsafeRawPointer, to out: UnsafeMutableRawPointer) -> Int {
        var writer = ByteWriter(out)
        writer.put(beforeAccept)
        AcceptKey.write(forKey: key, to: out + writer.count)
        out.storeBytes(of: crlfcrlf, toByteOffset: acceptedBytes - 4, as: UInt32.self)
        return acceptedBytes
    }

    /// Writes an empty answer; the lane closes after it.
    static func writeRefused(_ status: HTTPStatus, to out: UnsafeMutableRawPointer) -> Int {
        var writer = ByteWriter(out)
        switch status {
        case .badRequest: writer.put("HTTP/1.1 400 Bad Request\r\n")
        case .forbidden: writer.put("HTTP/1.1 403 Forbidden\r\n")
        case .notFound: writer.put("HTTP/1.1 404 Not Found\r\n")
        case .requestTimeout: writer.put("HTTP/1.1 408 Request Timeout\r\n")
        case .serviceUnavailable: writer.put("HTTP/1.1 503 Service Unavailable\r\n")
        }
        writer.put("connection: close\r\ncontent-length: 0\r\n\r\n")
        return writer.count
    }

    /// Writes the head of an answer that is an HTML page of `bodyBytes`, which follow it; the lane closes after them.
    static func writePageHead(bodyBytes: Int, to out: UnsafeMutableRawPointer) -> Int {
        var writer = ByteWriter(out)
        writer.put("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: ")
        writer.putDecimal(UInt64(bodyBytes))
        writer.put("\r\ncache-control: no-store\r\nconnection: close\r\n\r\n")
        return writer.count
    }

    /// Checks an answer (RFC 6455 section 4.1): `accept` points to the 28 characters it has to hold.
    @inline(__always) static func check(_ bytes: UnsafeRawBufferPointer, accept: UnsafeRawPointer) -> UpgradeCheck {
        // Our own target's and a real cowboy's answer is always the same 129 bytes.
        if bytes.count >= acceptedBytes, let base = bytes.baseAddress, bytes.has(beforeAccept, at: 0),
            memcmp(base + acceptOffset, accept, AcceptKey.bytes) == 0,
            bytes.loadUnaligned(fromByteOffset: acceptedBytes - 4, as: UInt32.self) == crlfcrlf {
            return .ok(headBytes: acceptedBytes)
        }
        return checkAny(bytes, accept: accept)
    }

    /// The same check for any order, case and number of headers.
    static func checkAny(_ bytes: UnsafeRawBufferPointer, accept: UnsafeRawPointer) -> UpgradeCheck {
        var lines = HTTPHead(bytes)
        switch statusLine(&lines) {
        case .status(101): break
        case .status(let status): return .refused(status: status)
        case .needMore: return lines.isFull ? .malformed : .needMore
        case .malformed: return .malformed
        }
        var hasUpgrade = false, hasConnection = false
        var proof = ByteRange.none
        while true {
            switch lines.next() {
            case .field(let name, let value):
                let text = name.bytes(in: lines.bytes)
                switch text.count {
                case 7 where text.equalsIgnoringCase("upgrade"):
                    hasUpgrade = value.bytes(in: lines.bytes).equalsIgnoringCase("websocket")
                case 10 where text.equalsIgnoringCase("connection"):
                    hasConnection = hasConnection || lines.list(value, has: "upgrade")
                case 20 where text.equalsIgnoringCase("sec-websocket-accept"):
                    if !proof.isEmpty { return .malformed }
                    proof = value
                // Nothing of the kind was offered, so nothing may be chosen.
                case 22 where text.equalsIgnoringCase("sec-websocket-protocol"): return .malformed
                case 24 where text.equalsIgnoringCase("sec-websocket-extensions"): return .malformed
                default: break
                }
            case .end:
                guard hasUpgrade, hasConnection, !proof.isEmpty else { return .malformed }
                let expected = UnsafeRawBufferPointer(start: accept, count: AcceptKey.bytes)
                return proof.bytes(in: lines.bytes).equals(expected) ? .ok(headBytes: lines.at) : .wrongAccept
            case .needMore: return lines.isFull ? .malformed : .needMore
            case .malformed: return .malformed
            }
        }
    }

    private enum StatusLine { case status(UInt16), needMore, malformed }

    private static func statusLine(_ lines: inout HTTPHead) -> StatusLine {
        switch lines.expect("HTTP/1.1 ") {
        case .done: break
        case .needMore: return .needMore
        case .malformed: return .malformed
        }
        let (step, rest) = lines.restOfLine()
        let text = rest.bytes(in: lines.bytes)
        // Three digits, then the line's end or a space and a reason, which may be empty (RFC 9112 section 4).
        for i in 0..<min(3, text.count) where !ASCII.isDigit(text[i]) { return .malformed }
        if text.count > 3 && text[3] != 0x20 { return .malformed }
        if step == .needMore { return .needMore }
        guard step == .done, text.count >= 3 else { return .malformed }
        return .status(UInt16(text[0] & 15) * 100 + UInt16(text[1] & 15) * 10 + UInt16(text[2] & 15))
    }

    private static var acceptOffset: Int { 97 }
    /// "\r\n\r\n" as a word in memory.
    private static var crlfcrlf: UInt32 { 0x0A0D_0A0D }
}
