/// The lines of an HTTP/1.1 head (RFC 9112), strict and bounded, for both sides of the handshake.
///
/// Lines end with CR LF and nothing else; a name is a token with its colon right behind it; values hold no control
/// characters; folded lines are refused. Leniency here is how requests get smuggled, and no real client needs it.
struct HTTPHead {
    /// A head longer than this is refused, whatever it says. Browsers send a kilobyte at most to a host without cookies.
    static let limitBytes = 4_096

    enum Line {
        case field(name: ByteRange, value: ByteRange)
        case end
        case needMore
        case malformed
    }

    enum Step { case done, needMore, malformed }

    /// The bytes there are, at most the limit of them.
    let bytes: UnsafeRawBufferPointer
    private(set) var at = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<min(bytes.count, HTTPHead.limitBytes)])
    }

    /// True if waiting for more bytes is pointless: the limit is reached and the head has not ended.
    var isFull: Bool { bytes.count == HTTPHead.limitBytes }

    /// Steps over `text`, which must come next.
    mutating func expect(_ text: StaticString) -> Step {
        for i in 0..<text.utf8CodeUnitCount {
            guard at < bytes.count else { return .needMore }
            guard bytes[at] == text.utf8Start[i] else { return .malformed }
            at += 1
        }
        return .done
    }

    /// Steps over the characters of a request's target, to the space behind it.
    mutating func target() -> (Step, ByteRange) {
        let start = at
        while at < bytes.count {
            let c = bytes[at]
            if c == 0x20 { return (at == start ? .malformed : .done, ByteRange(start, at)) }
            // A target begins with "/", is visible ASCII and has no fragment (RFC 9112 section 3.2.1).
            if c <= 0x20 || c >= 0x7F || c == 0x23 || (at == start && c != 0x2F) { return (.malformed, .none) }
            at += 1
        }
        return (.needMore, .none)
    }

    /// Steps over the rest of a line, such as a reason phrase.
    mutating func restOfLine() -> (Step, ByteRange) {
        let start = at
        while at < bytes.count && HTTPHead.isValue(bytes[at]) { at += 1 }
        let end = at
        let step = expect("\r\n")
        return (step, ByteRange(start, end))
    }

    mutating func next() -> Line {
        guard at < bytes.count else { return .needMore }
        if bytes[at] == 0x0D {
            switch expect("\r\n") {
            case .done: return .end
            case .needMore: return .needMore
            case .malformed: return .malformed
            }
        }
        let nameStart = at
        while at < bytes.count && ASCII.isToken(bytes[at]) { at += 1 }
        guard at < bytes.count else { return .needMore }
        guard bytes[at] == 0x3A, at > nameStart else { return .malformed }
        let name = ByteRange(nameStart, at)
        at += 1
        let (step, raw) = restOfLine()
        switch step {
        case .done: return .field(name: name, value: trimmed(raw))
        case .needMore: return .needMore
        case .malformed: return .malformed
        }
    }

    /// Without the spaces and tabs around it.
    private func trimmed(_ range: ByteRange) -> ByteRange {
        var start = Int(range.start), end = range.end
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return ByteRange(start, end)
    }

    /// True if the comma-separated list in `value` has the member `token`, written in lower case.
    func list(_ value: ByteRange, has token: StaticString) -> Bool {
        var start = Int(value.start)
        while start <= value.end {
            var end = start
            while end < value.end, bytes[end] != 0x2C { end += 1 }
            let member = trimmed(ByteRange(start, end))
            if member.bytes(in: bytes).equalsIgnoringCase(token) { return true }
            start = end + 1
        }
        return false
    }

    /// Visible characters, spaces, tabs, and bytes above ASCII (RFC 9110 section 5.5).
    @inline(__always) private static func isValue(_ c: UInt8) -> Bool {
        (c >= 0x20 && c != 0x7F) || c == 0x09
    }
}
