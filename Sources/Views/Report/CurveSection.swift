import Conductor
import Profiles

/// Connections over model time, held against the published run, with the knees of both.
enum CurveSection {
    static func render(_ runs: [ReportRun]) -> Markup {
        let isSampled = runs.contains { $0.points("connected") != nil }
        var parts: [Markup] = [.tag("h2", "The curve"), isSampled ? plot(runs).figure : .paragraph("No sample was left to draw.")]
        for run in runs where run.summary?.fidelity != nil { parts += fidelity(run, isOnly: runs.count == 1) }
        if let rates = rates(runs) { parts.append(rates.figure) }
        return .tag("section", ["id": "curve"], parts)
    }

    private static func plot(_ runs: [ReportRun]) -> Plot {
        var lines: [Plot.Line] = []
        var marks: [Plot.Mark] = []
        var range: ClosedRange<Double>?
        if let curve = runs.lazy.compactMap(\.reference).first?.loadPoints, let last = curve.last {
            let points = curve.map { Chart.Point(x: $0.modelSeconds, y: $0.connected) }
            lines.append(Plot.Line(name: "published run", points: points, ink: 7, shape: .reference))
            // What a run does after the published one was over has nothing to be held against.
            range = 0...max(1, last.modelSeconds)
        }
        let only = runs.count == 1 ? runs.first : nil
        if let only, let users = only.points("users", per: only.scale) {
            lines.append(Plot.Line(name: "users", points: users, ink: 1, shape: .thin))
        }
        for run in runs {
            let name = only == nil ? run.name : "connected"
            lines.append(Plot.Line(name: name, points: run.points("connected", per: run.scale) ?? [], ink: only == nil ? run.index : 0))
            let fidelity = run.summary?.fidelity
            if let seconds = fidelity?.kneeModelS, let connected = fidelity?.kneeConnected {
                marks.append(Plot.Mark(name: only == nil ? "knee of \(run.name)" : knee("knee", seconds, connected), point: .init(x: seconds, y: connected), ink: only == nil ? run.index : 0))
            }
        }
        if let fidelity = runs.compactMap({ $0.summary?.fidelity }).first(where: { $0.referenceKneeModelS != nil }), !lines.isEmpty,
            runs.contains(where: { $0.reference != nil }), let seconds = fidelity.referenceKneeModelS,
            let connected = fidelity.referenceKneeConnected
        {
            // First, so that the run's own lies within it.
            marks.insert(Plot.Mark(name: only == nil ? "published knee" : knee("published knee", seconds, connected), point: .init(x: seconds, y: connected), ink: 7, isReference: true), at: 0)
        }
        let ends = only.flatMap { run in run.rampEnd.map { [Plot.Moment(name: "last join", value: $0)] } } ?? []
        return Plot(
            id: "figure-curve", title: "Connections over model time", yLabel: "connections", lines: lines, marks: marks, moments: ends, xRange: range,
            heights: (420, 320), note: fits(runs))
    }

    private static func knee(_ name: String, _ seconds: Double, _ connected: Double) -> String {
        "\(name): \(UnitText.count(Int(seconds.rounded()))) s, \(UnitText.count(Int(connected.rounded())))"
    }

    /// How model units came about, where they are not the run's own.
    private static func fits(_ runs: [ReportRun]) -> String? {
        let words = runs.compactMap { run -> String? in
            let who = runs.count == 1 ? "Fit \(run.plan.fit.rawValue)" : "\(run.name): fit \(run.plan.fit.rawValue)"
            switch run.plan.fit {
            case .full: return run.plan.speedup == 1 ? nil : "\(who), \(UnitText.decimal(run.plan.speedup, places: 2)) model seconds a second."
            case .footprint: return "\(who): \(UnitText.decimal(run.scale * 100, places: 1)) % of the users really connect, and the curve is drawn in the model's numbers; \(UnitText.decimal(run.plan.speedup, places: 2)) model seconds a second."
            case .connections: return "\(who): every connection is real, with \(UnitText.decimal(run.plan.footprintScale * 100, places: 1)) % of its footprint; \(UnitText.decimal(run.plan.speedup, places: 2)) model seconds a second."
            }
        }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// How fast connections came.
    private static func rates(_ runs: [ReportRun]) -> Plot? {
        let lines = runs.compactMap { run in
            run.rates("connect_ok_total", per: run.scale).map {
                Plot.Line(name: runs.count == 1 ? "connections made" : run.name, points: $0, ink: run.index)
            }
        }
        guard lines.contains(where: { $0.points.count > 1 }) else { return nil }
        return Plot(
            id: "figure-rate", title: "Connections made per model second", yLabel: "per model second", lines: lines, heights: (240, 220), unit: "/s")
    }

    // MARK: The comparison in figures

    private static func fidelity(_ run: ReportRun, isOnly: Bool) -> [Markup] {
        guard let fidelity = run.summary?.fidelity else { return [] }
        let title = isOnly ? "Beside the published run" : "\(run.name) beside the published run"
        var parts: [Markup] = []
        // Without either there is nothing to hold beside each other.
        if fidelity.kneeConnected != nil || fidelity.rmsePct != nil {
            let rows = [
                pair("knee, model seconds", "knee_model_s", fidelity.kneeModelS, fidelity.referenceKneeModelS, fidelity.kneeDeviationPct, "knee_deviation_pct"),
                pair("connected at the knee", "knee_connected", fidelity.kneeConnected, fidelity.referenceKneeConnected, nil, nil),
                pair("growth before it, a model second", "slope_before", fidelity.slopeBefore, fidelity.referenceSlopeBefore, nil, nil),
                pair("growth after it, a model second", "slope_after", fidelity.slopeAfter, fidelity.referenceSlopeAfter, fidelity.slopeAfterDeviationPct, "slope_after_deviation_pct"),
            ]
            parts.append(.table(["", "this run", "published", "apart"], rows))
        }
        let deviations: [(String, String, Double?)] = [
            ("deviation, root mean square", "rmse_pct", fidelity.rmsePct), ("deviation, largest", "max_deviation_pct", fidelity.maxDeviationPct),
            ("deviation, largest for its place", "max_relative_deviation_pct", fidelity.maxRelativeDeviationPct),
            ("deviation at the end", "final_deviation_pct", fidelity.finalDeviationPct),
        ]
        if deviations.contains(where: { $0.2 != nil }) {
            parts.append(.facts(deviations.map { ($0.0, .figure("fidelity.\($0.1)", $0.2, $0.2.map(percent))) }))
            if let count = fidelity.comparedSamples, let from = fidelity.comparedFromModelS, let to = fidelity.comparedToModelS {
                parts.append(.paragraph("Compared at \(UnitText.count(count)) samples of the published run, from \(UnitText.count(Int(from))) to \(UnitText.count(Int(to))) s. Deviations are in percent of the published end; for its place, of the published value there.", "note"))
            }
        }
        if let remark = fidelity.remark { parts.append(.paragraph(remark, "note")) }
        return parts.isEmpty ? [] : [.tag("h3", title)] + parts
    }

    private static func pair(
        _ name: String, _ key: String, _ own: Double?, _ published: Double?, _ apart: Double?, _ apartKey: String?
    ) -> [Markup] {
        func words(_ value: Double) -> String { value >= 1_000 ? UnitText.count(Int(value.rounded())) : UnitText.decimal(value, places: 1) }
        let last: Markup = apartKey.map { .figure("fidelity.\($0)", apart, apart.map(percent)) } ?? .text("")
        return [
            .text(name), .figure("fidelity.\(key)", own, own.map(words)), .figure("fidelity.reference_\(key)", published, published.map(words)), last,
        ]
    }

    private static func percent(_ value: Double) -> String { "\(UnitText.decimal(value, places: 2)) %" }
}
