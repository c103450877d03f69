import Conductor
import Profiles

/// Failures over time, by cause, and how many there were in all.
enum ErrorsSection {
    static func render(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "Errors")]
        if let plot = plot(runs) { parts.append(plot.figure) }
        for run in runs { parts += totals(run, isOnly: runs.count == 1) }
        return .tag("section", ["id": "errors"], parts)
    }

    private static func plot(_ runs: [ReportRun]) -> Plot? {
        var lines: [Plot.Line] = []
        if runs.count == 1, let run = runs.first {
            let totals = run.record.samples.errorTotals.filter { highest($0.value) > 0 }
            let causes = totals.sorted { (highest($1.value), $0.key) < (highest($0.value), $1.key) }
            lines = causes.enumerated().map { index, cause in
                Plot.Line(name: Words.spaced(cause.key), points: run.rates(cause.value, per: run.scale), ink: index)
            }
        } else {
            lines = runs.compactMap { run in
                guard run.highest("errors_total") ?? 0 > 0, let rates = run.rates("errors_total", per: run.scale) else { return nil }
                return Plot.Line(name: run.name, points: rates, ink: run.index)
            }
        }
        lines = lines.filter { $0.points.count > 1 }
        guard !lines.isEmpty else { return nil }
        return Plot(
            id: "figure-errors", title: runs.count == 1 ? "Failures by cause" : "Failures", yLabel: "per model second", lines: lines, heights: (280, 250), unit: "/s")
    }

    private static func highest(_ values: [Double?]) -> Double { values.compactMap { $0 }.max() ?? 0 }

    private static func totals(_ run: ReportRun, isOnly: Bool) -> [Markup] {
        let heading = isOnly ? [] : [Markup.tag("h3", run.name)]
        guard let summary = run.summary else {
            let told = run.highest("errors_total").map { "\(UnitText.count(Int($0))) until the last sample." } ?? "Not told."
            return heading + [.paragraph(told)]
        }
        let facts = Markup.facts([
            ("lost after joining", .figure("lost", Double(summary.lost), UnitText.count(summary.lost))),
            ("connects tried again", .figure("retries", Double(summary.retries), UnitText.count(summary.retries))),
        ])
        if summary.errors.isEmpty { return heading + [.paragraph("No errors: nothing failed."), facts] }
        let rows = summary.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { [Markup.text(Words.spaced($0.key)), .figure("errors.\($0.key)", Double($0.value), UnitText.count($0.value))] }
        return heading + [.table(["cause", "in all"], rows), facts]
    }
}
