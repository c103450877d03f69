import Glibc

/// A request head a target can act on. Ranges are offsets into the bytes that were parsed.
struct UpgradeHead: Equatable {
    /// What a client says it speaks, in the query's `vsn`.
    enum Vsn: UInt8 {
        /// No `vsn`: Phoenix takes that as 1.0.0.
        case absent
        case v1
        case v2
        case other
    }

    /// Bytes up to and with the empty line; frames may follow them.
    var headBytes = 0
    var path = ByteRange.none
    var query = ByteRange.none
    var host = ByteRange.none
    var origin = ByteRange.none
    var protocols = ByteRange.none
    /// The 24 characters of Sec-WebSocket-Key.
    var key = ByteRange.none
    var vsn = Vsn.absent
}

enum UpgradeParse: Equatable {
    case needMore
    /// A handshake in order. Whether its path and `vsn` are welcome is the target's to say.
    case accepted(UpgradeHead)
    /// A sound GET that does not ask for a WebSocket: the chat page, or a 404.
    case plain(UpgradeHead)
    case rejected(HTTPStatus)
}

/// Reads a client's handshake as a server must (RFC 6455 section 4.2.1); versions 7, 8 and 13, as cowboy 1.0.4 does.
///
/// It starts over with every call: a head comes in one piece except from hostile peers, and it is bounded. A verdict other
/// than `needMore` never changes when more bytes follow.
extension UpgradeRequest {
    static func parse(_ bytes: UnsafeRawBufferPointer) -> UpgradeParse {
        var lines = HTTPHead(bytes)
        var seen = Seen()
        var head = UpgradeHead()
        switch parseRequestLine(&lines, &head) {
        case .done: break
        case .needMore: return lines.isFull ? .rejected(.badRequest) : .needMore
        case .malformed: return .rejected(.badRequest)
        }
        while true {
            switch lines.next() {
            case .field(let name, let value):
                seen.take(lines, name, value, &head)
                if seen.isWrong { return .rejected(.badRequest) }
            case .end:
                head.headBytes = lines.at
                return seen.verdict(lines, head)
            case .needMore: return lines.isFull ? .rejected(.badRequest) : .needMore
            case .malformed: return .rejected(.badRequest)
            }
        }
    }

    private static func parseRequestLine(_ lines: inout HTTPHead, _ head: inout UpgradeHead) -> HTTPHead.Step {
        let method = lines.expect("GET ")
        guard method == .done else { return method }
        let (step, target) = lines.target()
        guard step == .done else { return step }
        let version = lines.expect(" HTTP/1.1\r\n")
        guard version == .done else { return version }
        var split = Int(target.start)
        while split < target.end, lines.bytes[split] != 0x3F { split += 1 }
        head.path = ByteRange(Int(target.start), split)
        if split < target.end { head.query = ByteRange(split + 1, target.end) }
        head.vsn = vsn(head.query.bytes(in: lines.bytes))
        return .done
    }

    /// Finds `vsn` among the parameters. Phoenix matches it against "~> 1.0" or "~> 2.0", that is by its first number.
    private static func vsn(_ query: UnsafeRawBufferPointer) -> UpgradeHead.Vsn {
        var start = 0
        while start < query.count {
            var end = start
            while end < query.count, query[end] != 0x26 { end += 1 }
            if query.has("vsn=", at: start) {
                let isMajor = end - start > 5 && query[start + 5] == 0x2E
                guard isMajor else { return .other }
                return query[start + 4] == 0x31 ? .v1 : query[start + 4] == 0x32 ? .v2 : .other
            }
            start = end + 1
        }
        return .absent
    }
}

/// Which of the headers that matter have been seen, as a set of bits.
private struct Seen {
    static let upgrade: UInt8 = 1, connection: UInt8 = 2, version: UInt8 = 4
    static let key: UInt8 = 8, host: UInt8 = 16

    var bits: UInt8 = 0
    var isWrong = false

    /// Notes one header. A second Host, key or version is wrong, and so is a body.
    mutating func take(_ lines: HTTPHead, _ name: ByteRange, _ value: ByteRange, _ head: inout UpgradeHead) {
        let text = name.bytes(in: lines.bytes)
        switch text.count {
        case 4 where text.equalsIgnoringCase("host"):
            once(Seen.host)
            head.host = value
        case 6 where text.equalsIgnoringCase("origin"): head.origin = value
        case 7 where text.equalsIgnoringCase("upgrade"):
            if lines.list(value, has: "websocket") { bits |= Seen.upgrade }
        case 10 where text.equalsIgnoringCase("connection"):
            if lines.list(value, has: "upgrade") { bits |= Seen.connection }
        case 14 where text.equalsIgnoringCase("content-length"):
            if !value.bytes(in: lines.bytes).equals("0") { isWrong = true }
        case 17 where text.equalsIgnoringCase("transfer-encoding"): isWrong = true
        case 17 where text.equalsIgnoringCase("sec-websocket-key"):
            once(Seen.key)
            head.key = value
        case 21 where text.equalsIgnoringCase("sec-websocket-version"):
            once(Seen.version)
            let version = value.bytes(in: lines.bytes)
            if !version.equals("13") && !version.equals("8") && !version.equals("7") { isWrong = true }
        case 22 where text.equalsIgnoringCase("sec-websocket-protocol"): head.protocols = value
        default: break
        }
    }

    private mutating func once(_ bit: UInt8) {
        if bits & bit != 0 { isWrong = true }
        bits |= bit
    }

    func verdict(_ lines: HTTPHead, _ head: UpgradeHead) -> UpgradeParse {
        guard bits & Seen.host != 0 else { return .rejected(.badRequest) }
        guard bits & Seen.upgrade != 0 else { return .plain(head) }
        let needed = Seen.connection | Seen.version | Seen.key
        let key = head.key.bytes(in: lines.bytes)
        guard bits & needed == needed, key.count == UpgradeRequest.keyBytes, let start = key.baseAddress,
            Base64.isNonce(start)
        else { return .rejected(.badRequest) }
        return .accepted(head)
    }
}

/// Remembers the last handshake accepted, for the next one is the same but for its key.
///
/// A lane's peers are mostly one worker's users, so comparing some 200 bytes replaces parsing them. The answer is that of
/// `UpgradeRequest.parse`, always: equal bytes around a valid key parse to equal heads.
struct UpgradeMemo {
    /// A copy of the head, in memory of the caller's: `HTTPHead.limitBytes` of it.
    private let copy: UnsafeMutableRawPointer
    private var head = UpgradeHead()

    init(storage: UnsafeMutableRawPointer) { copy = storage }

    @inline(__always) mutating func parse(_ bytes: UnsafeRawBufferPointer) -> UpgradeParse {
        if head.headBytes > 0, bytes.count >= head.headBytes, let base = bytes.baseAddress {
            let keyStart = Int(head.key.start), keyEnd = head.key.end
            if memcmp(base, copy, keyStart) == 0,
                memcmp(base + keyEnd, copy + keyEnd, head.headBytes &- keyEnd) == 0, Base64.isNonce(base + keyStart) {
                return .accepted(head)
            }
        }
        return parseAndRemember(bytes)
    }

    @inline(never) private mutating func parseAndRemember(_ bytes: UnsafeRawBufferPointer) -> UpgradeParse {
        let result = UpgradeRequest.parse(bytes)
        if case .accepted(let head) = result, let base = bytes.baseAddress {
            self.head = head
            copy.copyMemory(from: base, byteCount: head.headBytes)
        }
        return result
    }
}
