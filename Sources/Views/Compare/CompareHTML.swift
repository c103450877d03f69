import Conductor
import Profiles

/// A comparison as one page that stands alone: tables, and the curves over each other. Pure.
public enum CompareHTML {
    /// - Parameter curves: the drawing of `chart`; nil leaves it out.
    public static func render(_ comparison: Comparison, curves: Chart?) -> String {
        var body = "<h1>\(escaped(CompareTable.subject(comparison)))</h1>\n<p>\(escaped(CompareTable.runs(comparison))).</p>\n"
        body += comparison.conclusions.map { "<p class=\"conclusion\">\(escaped($0))</p>\n" }.joined()
        for variant in comparison.variants.dropFirst() { body += table(comparison, variant.label) }
        if let curves { body += "<figure>\n\(curves.svg)<figcaption>Of each variant the run whose ramp took the median time.</figcaption>\n</figure>\n" }
        body += "<h2>How</h2>\n<p>\(escaped(comparison.method)) \(escaped(CompareTable.caution(comparison)))</p>\n"
        body += "<p>For quiet it \(escaped(CompareTable.quiet(comparison))).</p>\n"
        if !comparison.notCompared.isEmpty { body += "<p>Not measured: \(escaped(comparison.notCompared.joined(separator: "; "))).</p>\n" }
        if !comparison.remarks.isEmpty { body += "<ul>\n" + comparison.remarks.map { "<li>\(escaped($0))</li>\n" }.joined() + "</ul>\n" }
        let host = comparison.host
        body += "<p>simbench \(escaped(comparison.version)), Linux \(escaped(host.kernelRelease)), \(host.cpus) × \(escaped(host.cpuModel)), \(UnitText.bytes(host.memoryTotalBytes)).</p>\n"
        body += "<pre>\(escaped(comparison.command))</pre>\n"
        return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
            + "<title>\(escaped(CompareTable.subject(comparison)))</title>\n<style>\(style)</style>\n</head>\n<body>\n\(body)</body>\n</html>\n"
    }

    /// The median run of each variant over model time. `runs` are heading and record.
    public static func chart(_ comparison: Comparison, _ runs: [(heading: String, run: RunRecord)]) -> Chart? {
        guard !runs.isEmpty else { return nil }
        let series = runs.map { name, run in
            Chart.Series(name: name, points: ReportRun.curve(run).filter { $0.x >= 0 })
        }
        // The hold is a flat line: a little of it is enough.
        let ends = series.compactMap { series in
            series.points.map(\.y).max().flatMap { top in series.points.first { $0.y >= 0.999 * top }?.x }
        }
        let end = (ends.max() ?? 0) * 1.25
        return Chart(
            title: "Connections by \(comparison.key)", xLabel: "model seconds since the load began", yLabel: "connected", series: series,
            xRange: end > 0 ? 0...end : nil)
    }

    private static func table(_ comparison: Comparison, _ label: String) -> String {
        let heads = (comparison.heading(comparison.variants[0].label), comparison.heading(label))
        let rows = CompareTable.rows(comparison, variant: label, heads: heads, dash: "–")
        func row(_ cells: [String], _ tag: String, _ kind: String) -> String {
            "<tr\(kind)>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>\n"
        }
        let body = rows.dropFirst().map { row($0, "td", ["less", "more"].contains($0.last) ? " class=\"differs\"" : "") }
        return "<table>\n<thead>\(row(rows[0], "th", ""))</thead>\n<tbody>\n\(body.joined())</tbody>\n</table>\n"
    }

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
        table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
        th,td{padding:.15rem .8rem;text-align:right;border-bottom:1px solid #ddd}
        th:first-child,td:first-child,th:last-child,td:last-child{text-align:left}
        .differs,.conclusion{font-weight:600} figure{margin:1rem 0} pre{overflow-x:auto;background:#f4f4f4;padding:.6rem}
        """

    private static func escaped(_ text: String) -> String {
        var safe = ""
        for character in Glyphs.clean(text) {
            switch character {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            default: safe.append(character)
            }
        }
        return safe
    }
}
