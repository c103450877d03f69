import Foundation

@testable import Conductor
@testable import Views

/// A comparison that never was.
enum CompareFixture {
    static func comparison(_ change: (inout Comparison) -> Void = { _ in }) -> Comparison {
        func figure(_ path: String, _ name: String, _ base: Double, _ own: Double, _ low: Double?, _ high: Double?, _ verdict: Comparison.Judgement) -> Comparison.Figure {
            let ratio = Comparison.Ratio(
                variant: "B", base: "A", pairs: low == nil ? 1 : 5, median: own / base, low: low, high: high, bootstrapLow: low, bootstrapHigh: high,
                verdict: verdict, all: [own / base])
            return Comparison.Figure(path: path, name: name, unit: "", medians: ["A": base, "B": own], ratios: [ratio])
        }
        var comparison = Comparison(
            version: "0.1.0", profile: "smoke", key: "engine", seed: 1,
            variants: [
                .init(label: "A", value: "io_uring", engine: .ioUring, network: .routed, users: 2_000, fit: .full, degraded: []),
                .init(label: "B", value: "epoll", engine: .epoll, network: .routed, users: 2_000, fit: .full, degraded: []),
            ],
            roundsPlanned: 5, roundsComplete: 5, warmupRuns: 1, order: ["A B", "B A", "B A", "A B", "A B"], isInterrupted: false,
            quiet: .init(secondsTotal: 12.3, secondsMost: 2.04, unquiet: 0),
            figures: [
                figure("ramp.joins_per_second", "joins per second", 38_412, 30_112, 0.7514, 0.8123, .less),
                figure("latency_us.heartbeat.p99", "heartbeat p99, µs", 0.05, 0.0512, 0.91, 1.1, .noDifference),
                figure("system_calls_per_connection.workers", "calls, workers", 0.184, 8.07, 39.66, 1_248.5, .more),
                figure("teardown.seconds", "teardown, s", 1.5, 3, nil, nil, .tooFew),
            ],
            notCompared: ["target footprint, B"], conclusions: ["epoll differs from io_uring in 2 of 3 figures."],
            remarks: ["B: Swap | is off."], method: "Medians of ratios.", command: "simbench compare --profile smoke --vary engine=io_uring,epoll",
            runs: [], host: Fixture.host)
        change(&comparison)
        return comparison
    }

    /// The runs of two rounds, and a warm-up, as entries.
    static func runs() -> [Comparison.Entry] {
        [("warmup-01-A-io_uring", "A", 0), ("02-A-io_uring", "A", 1), ("03-B-epoll", "B", 1), ("04-B-epoll", "B", 2), ("05-A-io_uring", "A", 2)].enumerated()
            .map { index, run in
                Comparison.Entry(
                    variant: run.1, round: run.2, directory: run.0, quietSeconds: 0.52, isQuiet: index != 3, exitStatus: 0, verdict: "passed",
                    interferenceVerdict: index == 4 ? "generator-bound" : "cpu-bound",
                    figures: ["ramp.joins_per_second": 38_000 + Double(index), "ramp.seconds": 2.6123 + Double(index)])
            }
    }
}
