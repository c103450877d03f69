import Conductor
import Profiles

/// What stopped growth, with its evidence.
enum CeilingSection {
    static func render(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "The ceiling")]
        for run in runs {
            if runs.count > 1 { parts.append(.tag("h3", run.name)) }
            guard let ceiling = run.summary?.ceiling else {
                parts.append(.paragraph("Not told: the run left no summary."))
                continue
            }
            let cause = Markup.tag("strong", ["data-figure": "ceiling.cause", "data-value": ceiling.cause], Words.spaced(ceiling.cause))
            if ceiling.cause == "none" {
                parts.append(.tag("p", ["class": "cause"], [cause, .text(": nothing stopped growth before all users had arrived.")]))
            } else {
                let place: [Markup] = ceiling.atConnected.map { [.text(" at "), .figure("ceiling.at_connected", Double($0), UnitText.count($0)), .text(" connected")] } ?? []
                parts.append(.tag("p", ["class": "cause"], [cause] + place))
            }
            if !ceiling.evidence.isEmpty { parts.append(.list(ceiling.evidence)) }
            if !run.plan.predictions.isEmpty {
                let rows = run.plan.predictions.map { [Markup.text(Words.spaced($0.cause)), .text(UnitText.count($0.connected)), .tag("span", ["class": "words"], $0.sentence)] }
                parts.append(.details("What the plan had predicted", [.table(["cause", "connected", ""], rows)]))
            }
        }
        return .tag("section", ["id": "ceiling"], parts)
    }
}
