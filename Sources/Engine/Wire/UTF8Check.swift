/// UTF-8 as it comes in pieces (RFC 3629; RFC 6455 section 8.1 closes a text message that is not with 1007).
///
/// Four bytes of state: how many continuation bytes are due, and the range the next one must be in. That range is what
/// keeps out overlong forms, surrogates and code points beyond U+10FFFF, so a fault shows at the first byte that makes it.
struct UTF8Check: Equatable {
    private var due: UInt8 = 0
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// True if a message may end here.
    var isComplete: Bool { due == 0 }

    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var check = UTF8Check()
        return check.feed(bytes) && check.isComplete
    }

    /// Takes the next piece; false if no continuation could make it valid.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < bytes.count {
            if due == 0, at &+ 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
                at &+= 8
                continue
            }
            guard step(bytes[at]) else { return false }
            at &+= 1
        }
        return true
    }

    @inline(__always) private mutating func step(_ byte: UInt8) -> Bool {
        if due > 0 {
            guard byte >= low && byte <= high else { return false }
            due &-= 1
            low = 0x80
            high = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: due = 1
        case 0xE0...0xEF:
            due = 2
            if byte == 0xE0 { low = 0xA0 }
            if byte == 0xED { high = 0x9F }
        case 0xF0...0xF4:
            due = 3
            if byte == 0xF0 { low = 0x90 }
            if byte == 0xF4 { high = 0x8F }
        default: return false
        }
        return true
    }
}
