import Glibc

/// A stretch of the bytes a parser was given: where it starts and how long it is. Parsers return these rather than
/// pointers, so that a result stays true when the lane moves its buffer.
struct ByteRange: Equatable {
    var start: UInt32
    var count: UInt32

    @inline(__always) init(_ start: Int, _ end: Int) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.count = UInt32(truncatingIfNeeded: end &- start)
    }
    static var none: ByteRange { ByteRange(0, 0) }

    var isEmpty: Bool { count == 0 }
    var end: Int { Int(start) + Int(count) }

    @inline(__always) func bytes(in message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: message[Int(start)..<end])
    }
}

extension UnsafeRawBufferPointer {
    /// True if the bytes from `offset` on begin with `text`.
    @inline(__always) func has(_ text: StaticString, at offset: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard offset &+ length <= count, let base = baseAddress else { return length == 0 && offset <= count }
        return memcmp(base + offset, text.utf8Start, length) == 0
    }

    @inline(__always) func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && has(text, at: 0)
    }

    @inline(__always) func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard count > 0, let mine = baseAddress, let theirs = other.baseAddress else { return true }
        return memcmp(mine, theirs, count) == 0
    }

    /// Compares with `lowercase`, which must be written in lower case, as ASCII without regard to case.
    func equalsIgnoringCase(_ lowercase: StaticString) -> Bool {
        guard count == lowercase.utf8CodeUnitCount else { return false }
        for i in 0..<count where ASCII.lowercased(self[i]) != lowercase.utf8Start[i] { return false }
        return true
    }
}

extension StaticString {
    /// The same text as memory, which is there for ever.
    @inline(__always) var buffer: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}

/// Appends to memory the caller has made large enough; the writers of this folder name their sizes.
struct ByteWriter {
    let start: UnsafeMutableRawPointer
    private(set) var count = 0

    @inline(__always) init(_ start: UnsafeMutableRawPointer) { self.start = start }

    @inline(__always) mutating func put(_ text: StaticString) {
        (start + count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        count &+= text.utf8CodeUnitCount
    }

    @inline(__always) mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        (start + count).copyMemory(from: base, byteCount: bytes.count)
        count &+= bytes.count
    }

    @inline(__always) mutating func put(_ from: UnsafeRawPointer, _ byteCount: Int) {
        (start + count).copyMemory(from: from, byteCount: byteCount)
        count &+= byteCount
    }

    @inline(__always) mutating func putDecimal(_ value: UInt64) {
        count &+= Decimal.write(value, to: start + count)
    }
}

enum ASCII {
    @inline(__always) static func lowercased(_ c: UInt8) -> UInt8 {
        c &- 0x41 < 26 ? c | 0x20 : c
    }

    @inline(__always) static func isDigit(_ c: UInt8) -> Bool { c &- 0x30 < 10 }

    /// A character of an HTTP token (RFC 9110 section 5.6.2), looked up in two 64-bit maps.
    @inline(__always) static func isToken(_ c: UInt8) -> Bool {
        // Below 64: ! # $ % & ' * + - . and the digits. Above: letters ^ _ ` | ~.
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        return c < 128 && ((c < 64 ? low : high) >> UInt64(c & 63)) & 1 == 1
    }
}

/// Decimal digits of user numbers and refs.
enum Decimal {
    static let maximumBytes = 20

    /// Writes `value` and returns the number of digits; at most `maximumBytes`.
    @inline(__always) static func write(_ value: UInt64, to out: UnsafeMutableRawPointer) -> Int {
        let digits = count(value)
        var rest = value
        var at = digits
        repeat {
            at &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            out.storeBytes(of: UInt8(truncatingIfNeeded: digit) | 0x30, toByteOffset: at, as: UInt8.self)
            rest = quotient
        } while at > 0
        return digits
    }

    @inline(__always) static func count(_ value: UInt64) -> Int {
        var digits = 1
        var bound: UInt64 = 10
        while digits < maximumBytes && value >= bound {
            digits &+= 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        return digits
    }
}
