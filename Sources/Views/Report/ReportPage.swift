import Conductor
import Profiles

/// `report.html`: one run, or several over each other, as a page that stands alone.
///
/// Nothing is loaded from anywhere, and a policy in its head forbids the browser to. It reads the same when it is printed,
/// on a phone, in the dark, and without its script, which only makes tooltips quicker. Pure.
public enum ReportPage {
    /// The whole page. `records` has at least one.
    public static func render(_ records: [RunRecord]) -> String {
        let runs = ReportRun.all(records)
        return "<!DOCTYPE html>\n" + Markup.tag("html", ["lang": "en"], [head(runs), body(runs)]).rendered + "\n"
    }

    private static func title(_ runs: [ReportRun]) -> String {
        guard runs.count == 1, let run = runs.first else { return "\(runs.count) runs of simbench" }
        return "\(run.name): \(run.summary?.verdict ?? "cut off")"
    }

    private static func head(_ runs: [ReportRun]) -> Markup {
        head(title: title(runs), version: runs.first?.plan.version ?? "", sheet: ReportStyle.sheet)
    }

    static func head(title: String, version: String, sheet: String) -> Markup {
        // The style and the script are part of the page; anything else is refused by the browser itself.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
        return .tag(
            "head",
            [
                .tag("meta", ["charset": "utf-8"]), .tag("meta", ["http-equiv": "Content-Security-Policy", "content": policy]),
                .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                .tag("meta", ["name": "generator", "content": "simbench \(version)"]), .tag("title", title),
                .tag("style", [.verbatim("\n" + sheet + "\n")]),
            ])
    }

    private static func body(_ runs: [ReportRun]) -> Markup {
        let sections = self.sections(runs)
        return .tag(
            "body",
            [
                header(runs), .tag("main", sections),
                .tag("footer", [.paragraph("Made by simbench \(runs.first?.plan.version ?? "") from \(runs.map { $0.record.directory }.joined(separator: ", ")).")]),
                .tag("div", ["id": "tip", "role": "status"]), .tag("script", [.verbatim("\n" + ReportStyle.script + "\n")]),
            ])
    }

    private static func header(_ runs: [ReportRun]) -> Markup {
        let links = [
            ("curve", "curve"), ("ceiling", "ceiling"), ("ledger", "ledger"), ("latency", "latency"), ("errors", "errors"), ("cpu", "processors"),
            ("memory", "memory"), ("plan", "plan"), ("host", "host"), ("degraded", "degraded"), ("events", "events"), ("repeat", "repeat"),
        ]
        var parts: [Markup] = []
        if runs.count == 1, let run = runs.first {
            parts.append(.tag("h1", run.plan.profile))
            parts.append(.paragraph(lead(run), "lead"))
        } else {
            parts.append(.tag("h1", "\(runs.count) runs"))
            parts.append(.paragraph(runs.map(\.name).joined(separator: " · "), "lead"))
        }
        parts.append(.tag("nav", links.map { .tag("a", ["href": "#\($0.0)"], $0.1) }))
        return .tag("header", parts)
    }

    private static func lead(_ run: ReportRun) -> String {
        let about = run.plan.about.isEmpty ? "" : "\(run.plan.about). "
        return "\(about)On \(run.plan.engine.rawValue), fit \(run.plan.fit.rawValue), seed \(run.plan.seed), simbench \(run.plan.version)."
    }

    private static func sections(_ runs: [ReportRun]) -> [Markup] {
        runs.map { VerdictSection.render($0, isOnly: runs.count == 1) } + [
            CurveSection.render(runs), CeilingSection.render(runs), LedgerSection.render(runs), LatencySection.render(runs), ErrorsSection.render(runs),
            HostSections.processors(runs), HostSections.memory(runs), PlanSections.plan(runs), PlanSections.host(runs), PlanSections.degraded(runs),
            PlanSections.events(runs), PlanSections.again(runs),
        ]
    }
}
