import Conductor
import Profiles

/// The cells of a comparison's tables, the same for every view. Pure.
enum CompareTable {
    static let interval = "95 % interval"

    /// Heads and rows for one variant beside the first.
    static func rows(_ comparison: Comparison, variant: String, heads: (base: String, own: String), dash: String) -> [[String]] {
        let base = comparison.variants[0].label
        let head = ["figure", heads.base, heads.own, "ratio", interval, ""]
        return [head] + comparison.figures.compactMap { figure in
            guard let ratio = figure.ratios.first(where: { $0.variant == variant }), ratio.pairs > 0 else { return nil }
            let range = interval(ratio, dash: dash)
            return [
                figure.name, value(figure.medians[base] ?? nil), value(figure.medians[variant] ?? nil),
                ratio.median.map(number) ?? "", range, ratio.verdict.rawValue,
            ]
        }
    }

    static func interval(_ ratio: Comparison.Ratio, dash: String) -> String {
        ratio.low.flatMap { low in ratio.high.map { "\(number(low))\(dash)\(number($0))" } } ?? ""
    }

    /// A figure's name without the unit that it ends in.
    static func nameAlone(_ figure: Comparison.Figure) -> String {
        guard let comma = figure.name.lastIndex(of: ","), ["µs", "B", "s"].contains(String(figure.name[comma...].dropFirst(2))) else { return figure.name }
        return String(figure.name[..<comma])
    }

    /// How often chance makes a difference as large, as it counts among all figures.
    static func probability(_ value: Double?) -> String {
        guard let value else { return "" }
        return value < 0.0005 ? "<0.001" : Words.fixed(value, places: 3)
    }

    /// A ratio to three places, fewer where it is large.
    static func number(_ ratio: Double) -> String {
        switch ratio {
        case ..<9.9995: Words.fixed(ratio, places: 3)
        case ..<99.95: Words.fixed(ratio, places: 1)
        case ..<999.5: Words.fixed(ratio, places: 0)
        default: ">999"
        }
    }

    /// A figure in the unit that its name ends in, with the digits that matter.
    static func value(_ value: Double?) -> String {
        guard let value else { return "" }
        switch abs(value) {
        case ..<1: return Words.fixed(value, places: 3)
        case ..<10: return Words.fixed(value, places: 2)
        case ..<100: return Words.fixed(value, places: 1)
        default: return UnitText.number(value.rounded(), places: 0)
        }
    }

    /// What the comparison is of, in a sentence.
    static func subject(_ comparison: Comparison) -> String {
        let values = comparison.variants.map { "\($0.label) \($0.value)" }.joined(separator: ", ")
        return "\(comparison.profile), \(comparison.key): \(values)"
    }

    static func runs(_ comparison: Comparison) -> String {
        let warm = comparison.warmupRuns
        let discarded = warm == 0 ? "no warm-up" : "\(warm) warm-up \(warm == 1 ? "run" : "runs") of each discarded"
        let order = comparison.order.prefix(4).joined(separator: ", ") + (comparison.order.count > 4 ? ", ..." : "")
        return "\(comparison.roundsComplete) of \(comparison.roundsPlanned) rounds complete (\(order)), \(discarded)"
    }

    static func quiet(_ comparison: Comparison) -> String {
        let quiet = comparison.quiet
        return "waited \(UnitText.seconds(quiet.secondsTotal)) in all and \(UnitText.seconds(quiet.secondsMost)) at most before a run"
    }

    static func caution(_ comparison: Comparison) -> String {
        let count = comparison.figures.reduce(0) { $0 + $1.ratios.count { $0.low != nil } }
        return "About 1 in 20 intervals misses by chance: of these \(count), \(UnitText.decimal(Double(count) / 20, places: 1)). "
            + "\"Perhaps\" marks those that may be among them."
    }
}
