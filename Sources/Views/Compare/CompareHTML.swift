import Conductor
import Profiles

/// `compare.html`: a comparison as one page that stands alone, in the style of a run's report.
///
/// Nothing is loaded from anywhere, and a policy in its head forbids the browser to. Pure.
public enum CompareHTML {
    /// - Parameter runs: the records of runs that count, by the directories they have in the comparison; those that are not
    ///   there are not drawn.
    public static func render(_ comparison: Comparison, runs: [String: RunRecord]) -> String {
        let title = CompareTable.subject(comparison)
        let counted = comparison.runs.compactMap { run -> CompareCurves.Run? in
            guard run.round > 0, run.isWhole, let record = runs[run.directory],
                let variant = comparison.variants.firstIndex(where: { $0.label == run.variant })
            else { return nil }
            return CompareCurves.Run(variant: variant, record: record)
        }
        let sections = [
            CompareSections.verdict(comparison), CompareSections.ratios(comparison), CompareCurves.section(comparison, counted),
            CompareSections.figures(comparison), CompareSections.plans(comparison), CompareSections.runs(comparison), CompareSections.remarks(comparison),
            CompareSections.method(comparison), CompareSections.host(comparison), CompareSections.again(comparison),
        ]
        let body = Markup.tag(
            "body",
            [
                header(comparison), .tag("main", sections), .tag("footer", [.paragraph("Made by simbench \(comparison.version).")]),
                .tag("div", ["id": "tip", "role": "status"]), .tag("script", [.verbatim("\n" + ReportStyle.script + "\n")]),
            ])
        let head = ReportPage.head(title: title, version: comparison.version, sheet: ReportStyle.sheet + "\n" + CompareStyle.sheet)
        return "<!DOCTYPE html>\n" + Markup.tag("html", ["lang": "en"], [head, body]).rendered + "\n"
    }

    private static func header(_ comparison: Comparison) -> Markup {
        let links = [
            ("verdict", "verdict"), ("ratios", "ratios"), ("curves", "curves"), ("figures", "figures"), ("plans", "plans"), ("runs", "runs"),
            ("remarks", "remarks"), ("method", "method"), ("host", "host"), ("repeat", "repeat"),
        ]
        var lead: [Markup] = [.text("By "), .tag("code", comparison.key), .text(": ")]
        for (index, variant) in comparison.variants.enumerated() {
            lead.append(.text(index == 0 ? "" : index == 1 ? " against " : ", "))
            lead.append(.tag("code", variant.value))
            lead.append(.text(" (\(variant.label))"))
        }
        lead.append(.text(". \(UnitText.count(comparison.variants[0].users)) users, seed \(comparison.seed), simbench \(comparison.version)."))
        return .tag(
            "header", [.tag("h1", "\(comparison.profile), compared"), .tag("p", ["class": "lead"], lead), .tag("nav", links.map { .tag("a", ["href": "#\($0.0)"], $0.1) })])
    }
}
