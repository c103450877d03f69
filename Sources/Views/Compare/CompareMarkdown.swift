import Conductor
import Profiles

/// A comparison as Markdown, to be put into a README or a ticket. Pure.
public enum CompareMarkdown {
    public static func render(_ comparison: Comparison) -> String {
        var text = "# \(escaped(CompareTable.subject(comparison)))\n\n\(escaped(CompareTable.runs(comparison))).\n"
        for variant in comparison.variants.dropFirst() where !comparison.figures.isEmpty { text += "\n" + table(comparison, variant.label) }
        text += "\n" + comparison.conclusions.map { "**\(escaped($0))**\n" }.joined(separator: "\n")
        text += "\n\(escaped(comparison.method)) \(escaped(CompareTable.caution(comparison)))\n"
        text += "\nFor quiet it \(CompareTable.quiet(comparison)).\n"
        if !comparison.notCompared.isEmpty { text += "\nNot measured: \(escaped(comparison.notCompared.joined(separator: "; "))).\n" }
        if !comparison.remarks.isEmpty { text += "\n" + comparison.remarks.map { "- \(escaped($0))\n" }.joined() }
        let host = comparison.host
        text += "\nsimbench \(comparison.version), Linux \(escaped(host.kernelRelease)), \(host.cpus) × \(escaped(host.cpuModel)), \(UnitText.bytes(host.memoryTotalBytes)).\n"
        return text + "\n```sh\n\(comparison.command)\n```\n"
    }

    private static func table(_ comparison: Comparison, _ label: String) -> String {
        let heads = (comparison.heading(comparison.variants[0].label), comparison.heading(label))
        let rows = CompareTable.rows(comparison, variant: label, heads: heads, dash: "–")
        func line(_ cells: [String]) -> String { "| " + cells.map(escaped).joined(separator: " | ") + " |\n" }
        return line(rows[0]) + "| --- | ---: | ---: | ---: | ---: | --- |\n" + rows.dropFirst().map(line).joined()
    }

    /// Values come from the command line: nothing in them may become markup, or end a table's cell.
    private static func escaped(_ text: String) -> String {
        var safe = ""
        for character in Glyphs.clean(text) {
            if "\\`*_[]<>|".contains(character) { safe.append("\\") }
            safe.append(character)
        }
        return safe
    }
}
