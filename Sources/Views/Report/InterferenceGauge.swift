import Conductor
import Profiles

/// Who used the CPUs over the ramp, as one bar: on one host the load competes with what it is laid on.
enum InterferenceGauge {
    static func render(_ runs: [ReportRun]) -> [Markup] {
        let told = runs.flatMap { gauge($0, isOnly: runs.count == 1) }
        return told.isEmpty ? [] : [.tag("h3", "Who used the CPUs over the ramp")] + told
    }

    private static func gauge(_ run: ReportRun, isOnly: Bool) -> [Markup] {
        guard let shares = run.summary?.interference, let explanation = shares.explanation else { return [] }
        let parts = shares.parts
        var pieces: [Markup] = isOnly ? [] : [.paragraph(run.name, "note")]
        if shares.idlePct == nil {
            // Confined to some CPUs of the host, whose idle time is not known.
            pieces.append(.facts([("target", figure("target", shares.targetPct)), ("workers", figure("workers", shares.workersPct))]))
        } else {
            let words = parts.map { "\($0.name) \(percent($0.percent))" }.joined(separator: ", ")
            let whole = max(100, parts.reduce(0) { $0 + $1.percent }) / 100
            let bar = parts.filter { $0.percent > 0 }.map { part in
                Markup.tag("i", ["class": "share \(ink(part.name))", "style": "width:\(UnitText.decimal(part.percent / whole, places: 2))%", "title": "\(part.name): \(percent(part.percent))"])
            }
            let keys = parts.map { part in
                Markup.tag(
                    "span", ["class": "key"],
                    [.tag("i", ["class": "swatch area \(ink(part.name))"]), .text("\(part.name) "), figure(part.name, part.percent)])
            }
            pieces += [.tag("div", ["class": "gauge", "role": "img", "aria-label": words], bar), .tag("div", ["class": "legend"], keys)]
        }
        return [.tag("div", ["class": "whole"], pieces + [.paragraph(explanation, shares.generatorBound == true ? "warning" : "")])]
    }

    private static func figure(_ name: String, _ value: Double?) -> Markup { .figure("interference.\(name)_pct", value, value.map(percent)) }

    private static func percent(_ value: Double) -> String { "\(UnitText.decimal(value, places: 1)) %" }

    /// As the lines of the plot over time.
    private static func ink(_ name: String) -> String { ["target": "c0", "workers": "c1", "softirq": "c2", "others": "c7"][name] ?? "unused" }
}
