import Profiles

/// Quantities as the views write them, where `UnitText` is too coarse or changes its width from second to second.
enum Words {
    /// Always so many places, so that a figure does not dance while it is redrawn.
    static func fixed(_ value: Double, places: Int) -> String {
        let text = UnitText.decimal(value, places: places)
        guard places > 0, text != "?" else { return text }
        let parts = text.split(separator: ".", maxSplits: 1)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        return "\(parts[0])." + fraction + String(repeating: "0", count: max(0, places - fraction.count))
    }

    /// Three digits that matter: `812 µs`, `1.25 ms`, `31.2 s`.
    static func microseconds(_ value: UInt64) -> String {
        let value = Double(value)
        switch value {
        case ..<1_000: return "\(UnitText.decimal(value, places: 0)) µs"
        case ..<1_000_000: return "\(threeDigits(value / 1e3)) ms"
        default: return "\(threeDigits(value / 1e6)) s"
        }
    }

    private static func threeDigits(_ value: Double) -> String {
        switch value {
        case ..<9.995: fixed(value, places: 2)
        case ..<99.95: fixed(value, places: 1)
        default: UnitText.count(Int(value.rounded()))
        }
    }

    /// `12 s`, `1 min 02 s`, `2 h 05 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        let whole = Int(max(0, seconds).rounded())
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if whole < 60 { return "\(whole) s" }
        if whole < 3_600 { return "\(whole / 60) min \(two(whole % 60)) s" }
        return "\(whole / 3_600) h \(two(whole % 3_600 / 60)) min"
    }

    /// `38,400/s`.
    static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite else { return "?" }
        return perSecond < 100
            ? "\(UnitText.decimal(max(0, perSecond), places: 1))/s" : "\(UnitText.count(Int(min(perSecond, 1e15).rounded())))/s"
    }

    /// A part of a whole in the whole's unit: `6.1 of 23.4 GiB`.
    static func share(_ part: UInt64, of whole: UInt64) -> String {
        let units = [("GiB", 1_073_741_824.0), ("MiB", 1_048_576), ("KiB", 1_024)]
        guard let (name, scale) = units.first(where: { Double(whole) >= $0.1 }) else { return "\(part) of \(whole) B" }
        return "\(fixed(Double(part) / scale, places: 1)) of \(fixed(Double(whole) / scale, places: 1)) \(name)"
    }

    /// Bytes or microseconds per connection, whose fractions mean little.
    static func perConnection(_ value: Double) -> String {
        value < 100 ? UnitText.decimal(value, places: 1) : UnitText.number(value.rounded(), places: 0)
    }

    /// Whole numbers without a point, all others so that they read back as the same number: as summary.json has them.
    static func exact(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 9e15 ? String(Int(value)) : String(value)
    }

    /// A name of summary.json as words: accept_queue.
    static func spaced(_ name: String) -> String { String(name.map { $0 == "_" ? " " : $0 }) }
}
