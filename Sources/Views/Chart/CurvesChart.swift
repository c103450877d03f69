import Conductor
import Profiles

/// The curves of runs over model time, with the published one behind them. Pure but for what it is given.
public enum CurvesChart {
    /// - Parameters:
    ///   - runs: what is drawn, in order. The first published curve among their records is drawn behind them, aligned to the
    ///     start of its load.
    ///   - window: model seconds that are shown; nil is everything.
    public static func chart(_ runs: [RunRecord], window: ClosedRange<Double>? = nil) -> Chart {
        var series: [Chart.Series] = runs.map { run in
            Chart.Series(name: name(run, among: runs), points: ReportRun.curve(run))
        }
        var range = window
        if let curve = runs.lazy.compactMap({ ReportRun.reference($0) }).first?.loadPoints, let last = curve.last {
            let points = curve.map { Chart.Point(x: $0.modelSeconds, y: $0.connected) }
            series.append(Chart.Series(name: "published run", points: points, isReference: true))
            // What a run does after the published one was over has nothing to be held against.
            range = window ?? 0...last.modelSeconds
        }
        return Chart(
            title: "Connections over model time", xLabel: "model seconds since the load began", yLabel: "connected", series: series,
            xRange: range, yRange: window.map { heights(series, in: $0) })
    }

    private static func name(_ run: RunRecord, among runs: [RunRecord]) -> String {
        let alike = runs.filter { $0.plan.profile == run.plan.profile }.count
        let engine = alike > 1 ? " on \(run.plan.engine.rawValue)" : ""
        return "\(run.plan.profile)\(engine) (fit \(run.plan.fit.rawValue))"
    }

    /// From the lowest to the highest point that a window shows.
    private static func heights(_ series: [Chart.Series], in window: ClosedRange<Double>) -> ClosedRange<Double> {
        let values = series.flatMap { $0.points.filter { window.contains($0.x) }.map(\.y) }
        guard let low = values.min(), let high = values.max(), high > low else { return 0...1 }
        return low...high
    }
}
