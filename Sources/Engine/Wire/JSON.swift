/// A strict scanner over one JSON text (RFC 8259): it validates and finds ranges, and builds nothing.
///
/// Bytes above ASCII pass here; whoever starts a scan checks the whole text with `UTF8Check` first.
struct JSONScanner {
    /// Values nested deeper than this are refused. One bit of a word for each level is all the stack there is.
    static let depthLimit = 64

    let bytes: UnsafeRawBufferPointer
    private(set) var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    @inline(__always) mutating func skipSpace() {
        while at < bytes.count {
            let c = bytes[at]
            guard c == 0x20 || c == 0x0A || c == 0x0D || c == 0x09 else { return }
            at &+= 1
        }
    }

    /// The next byte without taking it; 0, which no JSON holds, at the end.
    @inline(__always) var peek: UInt8 { at < bytes.count ? bytes[at] : 0 }

    /// Takes `byte` if it comes next.
    @inline(__always) mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        at &+= 1
        return true
    }

    /// Takes a string and returns what is between its quotes, escapes as they stand.
    mutating func string() -> ByteRange? {
        guard take(0x22) else { return nil }
        let start = at
        while at < bytes.count {
            let c = bytes[at]
            at &+= 1
            if c == 0x22 { return ByteRange(start, at &- 1) }
            if c < 0x20 { return nil }
            if c == 0x5C && JSONText.character(bytes, &at) == nil { return nil }
        }
        return nil
    }

    /// Takes a number (RFC 8259 section 6).
    mutating func number() -> Bool {
        _ = take(0x2D)
        if !take(0x30) && !digits() { return false }
        if take(0x2E) && !digits() { return false }
        if peek | 0x20 == 0x65 {
            at &+= 1
            if peek == 0x2B || peek == 0x2D { at &+= 1 }
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let start = at
        while ASCII.isDigit(peek) { at &+= 1 }
        return at > start
    }

    mutating func literal(_ text: StaticString) -> Bool {
        guard bytes.has(text, at: at) else { return false }
        at &+= text.utf8CodeUnitCount
        return true
    }

    /// Takes a value of any kind, with all that is in it, and returns its range.
    mutating func value() -> ByteRange? {
        let start = at
        var depth = 0
        /// A bit for each open level, the innermost lowest: 1 for an object, 0 for an array.
        var objects: UInt64 = 0
        while true {
            switch peek {
            case 0x7B, 0x5B:
                let isObject = peek == 0x7B
                guard depth < JSONScanner.depthLimit else { return nil }
                at &+= 1
                depth &+= 1
                objects = objects &<< 1 | (isObject ? 1 : 0)
                skipSpace()
                if peek != (isObject ? 0x7D : 0x5D) {
                    if isObject && !memberName() { return nil }
                    continue
                }
            default: if !scalar() { return nil }
            }
            // A value has ended, or an empty container is about to: close what closes here.
            var isNext = false
            while depth > 0 && !isNext {
                skipSpace()
                let isObject = objects & 1 == 1
                if take(0x2C) {
                    skipSpace()
                    if isObject && !memberName() { return nil }
                    isNext = true
                } else if take(isObject ? 0x7D : 0x5D) {
                    depth &-= 1
                    objects &>>= 1
                } else {
                    return nil
                }
            }
            if !isNext { return ByteRange(start, at) }
        }
    }

    private mutating func scalar() -> Bool {
        switch peek {
        case 0x22: string() != nil
        case 0x74: literal("true")
        case 0x66: literal("false")
        case 0x6E: literal("null")
        default: number()
        }
    }

    /// A member's name and its colon, up to its value.
    private mutating func memberName() -> Bool {
        guard string() != nil else { return false }
        skipSpace()
        guard take(0x3A) else { return false }
        skipSpace()
        return true
    }
}

/// What is between a JSON string's quotes.
enum JSONText {
    /// Compares what a string says, not how it is spelt, with `text`, which is ASCII. Without escapes this is a memcmp.
    @inline(__always) static func says(_ raw: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        if raw.equals(text) { return true }
        // Spelt with escapes a string is longer than what it says.
        return raw.count > text.utf8CodeUnitCount && saysUnescaped(raw, text.buffer)
    }

    /// The same for a text in memory.
    @inline(__always) static func says(_ raw: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) -> Bool {
        raw.equals(text) || raw.count > text.count && saysUnescaped(raw, text)
    }

    private static func saysUnescaped(_ raw: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) -> Bool {
        var at = 0, matched = 0
        while at < raw.count {
            guard matched < text.count else { return false }
            let c = raw[at]
            at += 1
            let said = c == 0x5C ? character(raw, &at) : UInt32(c)
            guard said == UInt32(text[matched]) else { return false }
            matched += 1
        }
        return matched == text.count
    }

    /// Takes what follows a backslash and returns the character it stands for. A lone half of a surrogate pair stands for
    /// none, as for Phoenix's decoder.
    static func character(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> UInt32? {
        guard at < bytes.count else { return nil }
        let c = bytes[at]
        at += 1
        switch c {
        case 0x22, 0x5C, 0x2F: return UInt32(c)
        case 0x62: return 0x08
        case 0x66: return 0x0C
        case 0x6E: return 0x0A
        case 0x72: return 0x0D
        case 0x74: return 0x09
        case 0x75:
            guard let first = hexadecimal(bytes, &at), first & 0xFC00 != 0xDC00 else { return nil }
            guard first & 0xFC00 == 0xD800 else { return first }
            guard bytes.has("\\u", at: at) else { return nil }
            at += 2
            guard let second = hexadecimal(bytes, &at), second & 0xFC00 == 0xDC00 else { return nil }
            return 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
        default: return nil
        }
    }

    private static func hexadecimal(_ bytes: UnsafeRawBufferPointer, _ at: inout Int) -> UInt32? {
        guard at + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let c = bytes[at]
            at += 1
            let letter = (c | 0x20) &- 0x61
            guard ASCII.isDigit(c) || letter < 6 else { return nil }
            value = value << 4 | UInt32(ASCII.isDigit(c) ? c & 15 : letter + 10)
        }
        return value
    }
}
