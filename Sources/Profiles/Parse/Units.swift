/// A quantity that could not be read: one sentence that quotes it and says what is allowed.
public struct UnitError: Error, Equatable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
}

/// Users started per second, or as fast as both ends go.
public enum Rate: Equatable, Sendable {
    case perSecond(Double)
    case max
}

/// Reads quantities the way people write them: a number, an optional space, a unit.
///
/// Reading is strict. Units are case-sensitive (`s` is not `S`, `MiB` is not `mib`), a quantity that needs a unit is
/// refused without one, digits may be grouped by `_` only, and negatives, exponents, NaN and infinity do not exist.
public enum Units {
    /// A duration such as `30 s`, `10ms` or `1.5 h`, in seconds.
    public static func seconds(_ text: String) throws(UnitError) -> Double {
        let kind = Kind(
            noun: "duration", example: "30 s",
            units: [("ms", 0.001), ("s", 1), ("min", 60), ("h", 3_600)])
        let value = try kind.read(text)
        guard value <= Limits.durationSeconds else {
            throw UnitError("\"\(text)\" is longer than the longest duration allowed, 30 days (720 h)")
        }
        return value
    }

    /// An amount of memory such as `64431 MiB` or `2704 B`, in bytes. KB, MB and GB are powers of 1,000.
    public static func bytes(_ text: String) throws(UnitError) -> UInt64 {
        let kind = Kind(
            noun: "amount of memory", example: "4 GiB",
            units: [
                ("B", 1), ("KiB", 1_024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("TiB", 1_099_511_627_776),
                ("KB", 1e3), ("MB", 1e6), ("GB", 1e9),
            ])
        let value = try kind.read(text)
        guard value <= Double(Limits.bytes) else {
            throw UnitError("\"\(text)\" is more than the largest amount allowed, 1024 TiB")
        }
        guard value == value.rounded() else {
            throw UnitError("\"\(text)\" is not a whole number of bytes; choose a smaller unit")
        }
        return UInt64(value)
    }

    /// A whole number such as `60000`, `60_000`, `100k` or `2.4M`, within `range`.
    public static func count(_ text: String, in range: ClosedRange<Int> = 0...Limits.users) throws(UnitError) -> Int {
        let (number, unit) = try Quantity.split(text, noun: "whole number", example: "60_000")
        let scale: Double
        switch unit {
        case "": scale = 1
        case "k": scale = 1e3
        case "M": scale = 1e6
        default:
            throw UnitError(
                "\"\(text)\" is not a whole number: \"\(unit)\" is not among the allowed suffixes, k and M")
        }
        let value = (number * scale * 1e6).rounded() / 1e6
        guard value == value.rounded() else { throw UnitError("\"\(text)\" is not a whole number") }
        guard value >= Double(range.lowerBound), value <= Double(range.upperBound) else {
            throw UnitError(
                "\"\(text)\" is out of range; allowed is \(UnitText.count(range.lowerBound)) to "
                    + "\(UnitText.count(range.upperBound))")
        }
        return Int(value)
    }

    /// A rate of arrivals such as `500/s`, `30/min` or `max`.
    public static func rate(_ text: String) throws(UnitError) -> Rate {
        if Quantity.trim(text) == "max" { return .max }
        let kind = Kind(
            noun: "rate", example: "500/s, or max",
            units: [("/s", 1), ("/min", 1.0 / 60), ("/h", 1.0 / 3_600)])
        let value = try kind.read(text)
        guard value > 0 else { throw UnitError("\"\(text)\" starts nobody; a rate is above 0/s, or max") }
        guard value <= Limits.ratePerSecond else {
            throw UnitError(
                "\"\(text)\" is above the highest rate allowed, 10,000,000/s; max is as fast as both ends go")
        }
        return .perSecond(value)
    }

    /// A plain number such as `10`, `0.5` or `2_300_000`, without a unit; `k` and `M` are accepted.
    public static func number(_ text: String) throws(UnitError) -> Double {
        let (number, unit) = try Quantity.split(text, noun: "number", example: "10")
        switch unit {
        case "": return number
        case "k": return number * 1e3
        case "M": return number * 1e6
        default: throw UnitError("\"\(text)\" is not a plain number: nothing but k or M may follow the digits")
        }
    }

    /// A share such as `25 %`, as a number from 0 to 1.
    public static func share(_ text: String) throws(UnitError) -> Double {
        let value = try Kind(noun: "share", example: "25 %", units: [("%", 0.01)]).read(text)
        guard value <= 1 else { throw UnitError("\"\(text)\" is more than all; a share is 0 % to 100 %") }
        return value
    }

    /// A speed such as `200 MB/s`, in bytes per second; above 0.
    public static func bytesPerSecond(_ text: String) throws(UnitError) -> Double {
        let kind = Kind(
            noun: "speed", example: "200 MB/s",
            units: [("KiB/s", 1_024), ("MiB/s", 1_048_576), ("GiB/s", 1_073_741_824), ("KB/s", 1e3), ("MB/s", 1e6), ("GB/s", 1e9)])
        let value = try kind.read(text)
        guard value > 0 else { throw UnitError("\"\(text)\" moves nothing; a speed is above 0 KB/s") }
        guard value <= Double(Limits.bytes) else { throw UnitError("\"\(text)\" is faster than any device") }
        return value
    }

    /// Source ports as `1025-65535`.
    public static func ports(_ text: String) throws(UnitError) -> ClosedRange<UInt16> {
        let ends = Quantity.trim(text).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else {
            throw UnitError("\"\(text)\" is not a range of ports; write the first and the last, such as 1025-65535")
        }
        let first = try count(String(ends[0]), in: 1...65_535)
        let last = try count(String(ends[1]), in: 1...65_535)
        guard first <= last else { throw UnitError("\"\(text)\" ends before it begins; write the lower port first") }
        return UInt16(first)...UInt16(last)
    }
}

/// One kind of quantity: its name for messages and the units it may be written in.
struct Kind {
    let noun: String
    let example: String
    let units: [(name: String, scale: Double)]

    func read(_ text: String) throws(UnitError) -> Double {
        let (number, unit) = try Quantity.split(text, noun: noun, example: example)
        let allowed = units.map(\.name).joined(separator: ", ")
        guard !unit.isEmpty else {
            throw UnitError(
                "\"\(text)\" has no unit; a \(noun) is written with one of \(allowed), such as \(example)")
        }
        if let match = units.first(where: { $0.name == unit }) { return number * match.scale }
        let hint =
            units.first { $0.name.lowercased() == unit.lowercased() }.map { "; did you mean \($0.name)?" } ?? ""
        throw UnitError(
            "\"\(text)\" has the unit \"\(unit)\", but a \(noun) is written with one of \(allowed)\(hint)")
    }
}

/// Splits a quantity into its number and its unit.
enum Quantity {
    /// More digits than this say nothing that a Double can hold.
    static let longestNumber = 18

    static func trim(_ text: String) -> Substring {
        var rest = Substring(text)
        while let first = rest.first, first == " " || first == "\t" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
        return rest
    }

    static func split(_ text: String, noun: String, example: String) throws(UnitError) -> (Double, String) {
        let trimmed = trim(text)
        let article = "aeiou".contains(noun.first ?? " ") ? "an" : "a"
        guard let first = trimmed.first else {
            throw UnitError("it is empty; write \(article) \(noun) such as \(example)")
        }
        if first == "-", trimmed.dropFirst().first?.isASCIIDigit == true {
            throw UnitError("\"\(text)\" is negative; \(article) \(noun) is zero or more, such as \(example)")
        }
        let digits = trimmed.prefix { $0.isASCIIDigit || $0 == "_" || $0 == "." }
        guard isNumber(digits) else {
            throw UnitError("\"\(text)\" is not \(article) \(noun); write one such as \(example)")
        }
        guard digits.count <= longestNumber, let value = Double(String(digits.filter { $0 != "_" })) else {
            throw UnitError("\"\(text)\" has too many digits to be \(article) \(noun)")
        }
        return (value, String(trim(String(trimmed[digits.endIndex...]))))
    }

    /// `digits`, `1_000` or `2.5`: a digit at both ends, at most one point, and `_` only between digits.
    private static func isNumber(_ text: Substring) -> Bool {
        guard text.first?.isASCIIDigit == true, text.last?.isASCIIDigit == true else { return false }
        var points = 0
        var previous: Character = "0"
        for character in text {
            if !character.isASCIIDigit && !previous.isASCIIDigit { return false }
            if character == "." { points += 1 }
            if character == "_" && points > 0 { return false }
            previous = character
        }
        return points <= 1
    }
}

extension Character {
    /// 0 to 9 and nothing else: `isNumber` would let in other scripts' digits.
    var isASCIIDigit: Bool { "0" <= self && self <= "9" && isASCII }
}
