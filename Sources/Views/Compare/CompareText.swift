import Conductor
import Profiles

/// A comparison as tables for a terminal. Pure.
public enum CompareText {
    private static let labelColumns = 13

    /// The whole text, ending in a newline.
    public static func render(_ comparison: Comparison, directory: String, style: Style) -> String {
        let layout = Layout(style: style)
        func field(_ label: String, _ text: String, _ ink: Ink = .plain) -> [Line] {
            layout.wrap(text, ink, first: Line(label, .dim), indent: labelColumns)
        }
        var lines = field("compared", CompareTable.subject(comparison), .bold)
        lines += field("runs", CompareTable.runs(comparison), comparison.isInterrupted ? .warning : .plain)
        for variant in comparison.variants.dropFirst() where !comparison.figures.isEmpty {
            lines.append(Line())
            lines += table(comparison, variant.label, layout)
        }
        lines.append(Line())
        for (index, conclusion) in comparison.conclusions.enumerated() { lines += field(index == 0 ? "conclusion" : "", conclusion, .bold) }
        if comparison.figures.contains(where: { $0.ratios.contains { $0.low != nil } }) { lines += field("chance", CompareTable.caution(comparison)) }
        lines += field("quiet", CompareTable.quiet(comparison))
        if !comparison.notCompared.isEmpty { lines += field("unknown", "not measured: \(comparison.notCompared.joined(separator: "; "))") }
        for (index, remark) in comparison.remarks.enumerated() { lines += field(index == 0 ? "remarks" : "", remark, .warning) }
        lines += field("record", directory)
        return lines.map { $0.rendered(style) }.joined(separator: "\n") + "\n"
    }

    /// Headed by the values where they fit, else by the labels; where even that is too wide, a list.
    private static func table(_ comparison: Comparison, _ label: String, _ layout: Layout) -> [Line] {
        let base = comparison.variants[0].label
        let byValue = CompareTable.rows(comparison, variant: label, heads: (comparison.heading(base), comparison.heading(label)), dash: "-")
        if let table = layout.table(byValue) { return table }
        let byLabel = CompareTable.rows(comparison, variant: label, heads: (base, label), dash: "-")
        if let table = layout.table(byLabel) { return table }
        return byLabel.dropFirst().flatMap { row in
            layout.wrap("\(row[0]): \(base) \(row[1]), \(label) \(row[2]), ratio \(row[3]) (\(row[4])), \(row[5])", indent: 2)
        }
    }
}
