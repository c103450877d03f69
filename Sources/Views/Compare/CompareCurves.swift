import Conductor
import Profiles

/// The curves of a comparison's runs over each other, in the colours of their variants.
enum CompareCurves {
    /// A run that counts, and which variant it is of.
    struct Run {
        var variant: Int
        var record: RunRecord
    }

    static func section(_ comparison: Comparison, _ runs: [Run]) -> Markup {
        var parts: [Markup] = [.tag("h2", "Curves")]
        let drawn = runs.filter { !points($0.record).isEmpty }
        if drawn.isEmpty {
            parts.append(.paragraph("No record of a complete run was found beside this page."))
        } else {
            parts.append(plot(comparison, drawn).figure)
        }
        return .tag("section", ["id": "curves"], parts)
    }

    private static func plot(_ comparison: Comparison, _ runs: [Run]) -> Plot {
        let lines = runs.map { run in
            Plot.Line(name: name(comparison, run), points: points(run.record), ink: run.variant, shape: .thin)
        }
        let named = comparison.variants.enumerated().compactMap { index, variant -> Plot.Line? in
            guard let directory = comparison.medianRun(variant.label),
                let median = runs.first(where: { $0.variant == index && $0.record.directory.hasSuffix("/\(directory)") })
            else { return nil }
            return Plot.Line(name: comparison.heading(variant.label), points: points(median.record), ink: index)
        }
        let what = joins(runs[0].record) ? "joined" : "connected"
        let last = runs.compactMap { run in run.record.summary?.ramp.seconds.map { $0 * run.record.plan.speedup } }.max()
        return Plot(
            id: "figure-curves", title: "Users \(what) over model time", yLabel: what, lines: lines + named, xRange: last.map { 0...max(1e-3, $0 * 1.15) },
            heights: (400, 320), note: "A thin line for each run that counts; the strong one of each variant is the run whose ramp took the median time.",
            named: named.isEmpty ? nil : named)
    }

    private static func name(_ comparison: Comparison, _ run: Run) -> String {
        let folder = run.record.directory.split(separator: "/").last.map(String.init) ?? ""
        return "\(comparison.heading(comparison.variants[run.variant].label)): \(folder)"
    }

    private static func joins(_ record: RunRecord) -> Bool { record.samples.column("joined")?.contains { $0 ?? 0 > 0 } ?? false }

    private static func points(_ record: RunRecord) -> [Chart.Point] {
        let scale = max(record.plan.connectionScale, 1e-6)
        let values = record.samples.column(joins(record) ? "joined" : "connected") ?? []
        return zip(record.samples.modelSeconds, values).compactMap { seconds, value in value.map { Chart.Point(x: seconds, y: $0 / scale) } }
    }
}
