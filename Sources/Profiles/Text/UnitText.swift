/// Writes quantities the way a person reads them. The opposite of `Units`.
public enum UnitText {
    /// 2400000 as `2,400,000`.
    public static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// Bytes in the largest unit that leaves a number of at least 1: `61.5 GiB`, `400 KiB`, `208 B`.
    public static func bytes(_ value: UInt64) -> String {
        let units = [("TiB", 1_099_511_627_776.0), ("GiB", 1_073_741_824), ("MiB", 1_048_576), ("KiB", 1_024)]
        for (name, scale) in units where Double(value) >= scale {
            return "\(decimal(Double(value) / scale, places: 1)) \(name)"
        }
        return "\(value) B"
    }

    /// Seconds as `250 ms`, `30 s`, `100 min` or `2.5 h`, whichever keeps the number short.
    public static func seconds(_ value: Double) -> String {
        if value > 0 && value < 1 { return "\(decimal(value * 1_000, places: 1)) ms" }
        if value < 600 { return "\(decimal(value, places: 1)) s" }
        if value < 3 * 3_600 { return "\(decimal(value / 60, places: 1)) min" }
        return "\(decimal(value / 3_600, places: 1)) h"
    }

    /// `$6.70`
    public static func dollars(_ value: Double) -> String {
        let cents = Int((min(max(value, 0), 1e12) * 100).rounded())
        return "$\(count(cents / 100)).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
    }

    /// `500/s`, or `max` for nil.
    public static func rate(_ perSecond: Double?) -> String {
        guard let perSecond else { return "max" }
        return "\(number(perSecond, places: 2))/s"
    }

    /// A whole number with its thousands separated, any other with at most so many places.
    public static func number(_ value: Double, places: Int) -> String {
        value == value.rounded() && abs(value) < 1e15 ? count(Int(value)) : decimal(value, places: places)
    }

    /// A number with at most so many places after the point, without trailing zeros. Values beyond 10^12 are clamped.
    public static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite else { return "?" }
        var scale = 1
        for _ in 0..<max(0, min(places, 6)) { scale *= 10 }
        let bounded = min(max(value, -1e12), 1e12)
        let scaled = Int((bounded * Double(scale)).rounded())
        let (whole, fraction) = scaled.magnitude.quotientAndRemainder(dividingBy: UInt(scale))
        var tail = String(fraction)
        tail = String(repeating: "0", count: max(0, String(scale).count - 1 - tail.count)) + tail
        while tail.last == "0" { tail.removeLast() }
        return (scaled < 0 ? "-" : "") + String(whole) + (tail.isEmpty ? "" : "." + tail)
    }
}
