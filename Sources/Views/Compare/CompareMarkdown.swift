import Conductor
import Profiles

/// A comparison as Markdown, to be put into a README or a ticket: nothing that came from a command line is markup in it. Pure.
public enum CompareMarkdown {
    public static func render(_ comparison: Comparison) -> String {
        var text = "# \(Escapes.markdown(CompareTable.subject(comparison)))\n\n\(Escapes.markdown(CompareTable.runs(comparison))).\n"
        for variant in comparison.variants.dropFirst() where !comparison.figures.isEmpty { text += "\n" + table(comparison, variant.label) }
        text += "\n" + comparison.conclusions.map { "**\(Escapes.markdown($0))**\n" }.joined(separator: "\n")
        text += "\n\(Escapes.markdown(comparison.method)) \(Escapes.markdown(CompareTable.caution(comparison)))\n"
        text += "\nFor quiet it \(CompareTable.quiet(comparison)).\n"
        if !comparison.notCompared.isEmpty { text += "\nNot measured: \(Escapes.markdown(comparison.notCompared.joined(separator: "; "))).\n" }
        if !comparison.remarks.isEmpty { text += "\n" + comparison.remarks.map { "- \(Escapes.markdown($0))\n" }.joined() }
        let host = comparison.host
        text += "\nsimbench \(comparison.version), Linux \(Escapes.markdown(host.kernelRelease)), \(host.cpus) × \(Escapes.markdown(host.cpuModel)), \(UnitText.bytes(host.memoryTotalBytes)).\n"
        return text + "\n```sh\n\(Glyphs.clean(comparison.command))\n```\n"
    }

    private static func table(_ comparison: Comparison, _ label: String) -> String {
        let heads = (comparison.heading(comparison.variants[0].label), comparison.heading(label))
        let rows = CompareTable.rows(comparison, variant: label, heads: heads, dash: "–")
        func line(_ cells: [String]) -> String { "| " + cells.map(Escapes.markdown).joined(separator: " | ") + " |\n" }
        return line(rows[0]) + "| --- | ---: | ---: | ---: | ---: | --- |\n" + rows.dropFirst().map(line).joined()
    }
}
