/// What a figure of the summary is measured in: how an expectation of it may be written, and how it is shown.
///
/// A plain number is in the figure's own unit, which its name ends in or says: `latency_us.join.p99: "< 50000"` is
/// `"< 50 ms"`. A unit of another kind is refused.
public enum FigureUnit: Sendable, CaseIterable {
    case count
    case perSecond
    case seconds
    case microseconds
    case bytes
    case percent
    /// Seconds of model time, which are only ever plain numbers: a duration would be read as one of the wall clock's.
    case modelSeconds
    /// Connections per model second, likewise.
    case perModelSecond

    /// The quantity that a person wrote, in the figure's own unit.
    public func read(_ text: String) throws(UnitError) -> Double {
        // µ has two code points; both are the same unit.
        let text = String(text.map { $0 == "\u{3BC}" ? "\u{B5}" : $0 })
        let (number, unit) = try Quantity.split(text, noun: noun, example: example)
        if unit.isEmpty { return number }
        if takesMultiples || self == .perSecond && ["k", "M"].contains(unit) { return try Units.number(text) }
        let value = try Kind(noun: noun, example: example, units: units).read(text)
        // The scales are decimal fractions: 0.3 ms is 300 µs, not 299.99999999999994.
        return (value * 1e6).rounded() / 1e6
    }

    /// The quantity as people read it.
    public func text(_ value: Double) -> String {
        guard value.isFinite else { return "?" }
        switch self {
        case .count: return UnitText.number(value, places: 4)
        case .perSecond: return "\(UnitText.number(value, places: 2))/s"
        case .seconds: return value < 0 ? exact(value) : UnitText.seconds(value)
        case .microseconds: return value < 1_000 ? "\(UnitText.decimal(value, places: 1)) µs" : UnitText.seconds(value / 1e6)
        case .bytes: return value < 1_024 ? exact(value) : UnitText.bytes(UInt64(min(value.rounded(), 1e18)))
        case .percent: return "\(UnitText.decimal(value, places: 4)) %"
        case .modelSeconds: return "\(UnitText.number(value, places: 1)) s"
        case .perModelSecond: return "\(UnitText.number(value, places: 2))/s"
        }
    }

    /// The quantity as people read it where that says it all, else with all its digits: a bound is never rounded.
    public func bound(_ value: Double) -> String {
        let short = text(value)
        return (try? read(short.filter { $0 != "," })) == value ? short : exact(value)
    }

    /// A bound and what was measured: where they would read alike but differ, both are written out.
    public func texts(bound: Double, measured: Double) -> (bound: String, measured: String) {
        let (first, second) = (self.bound(bound), text(measured))
        return first == second && bound != measured ? (exact(bound), exact(measured)) : (first, second)
    }

    /// With all the digits that say something, in the figure's own unit.
    private func exact(_ value: Double) -> String { "\(UnitText.number(value, places: 6))\(suffix)" }

    private var suffix: String {
        switch self {
        case .count: ""
        case .perSecond, .perModelSecond: "/s"
        case .seconds, .modelSeconds: " s"
        case .microseconds: " µs"
        case .bytes: " B"
        case .percent: " %"
        }
    }

    private var takesMultiples: Bool {
        switch self {
        case .count, .modelSeconds, .perModelSecond: true
        default: false
        }
    }

    private var noun: String {
        switch self {
        case .count: "number"
        case .perSecond: "rate"
        case .seconds: "duration"
        case .microseconds: "time in microseconds"
        case .bytes: "amount of memory"
        case .percent: "percentage"
        case .modelSeconds: "number of model seconds"
        case .perModelSecond: "number of connections a model second"
        }
    }

    var example: String {
        switch self {
        case .count: "2000"
        case .perSecond: "10000/s"
        case .seconds: "10 s"
        case .microseconds: "50 ms"
        case .bytes: "9 KiB"
        case .percent: "1.5 %"
        case .modelSeconds: "3900"
        case .perModelSecond: "500"
        }
    }

    /// With the factor to the figure's own unit.
    private var units: [(name: String, scale: Double)] {
        switch self {
        case .count, .modelSeconds, .perModelSecond: []
        case .perSecond: [("/s", 1), ("/min", 1.0 / 60), ("/h", 1.0 / 3_600)]
        case .seconds: [("ms", 0.001), ("s", 1), ("min", 60), ("h", 3_600)]
        case .microseconds: [("us", 1), ("\u{B5}s", 1), ("ms", 1e3), ("s", 1e6), ("min", 6e7)]
        case .bytes:
            [("B", 1), ("KiB", 1_024), ("MiB", 1_048_576), ("GiB", 1_073_741_824), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9)]
        case .percent: [("%", 1)]
        }
    }
}
