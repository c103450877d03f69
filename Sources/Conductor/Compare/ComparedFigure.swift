import Foundation

/// A figure of summary.json that comparisons are about.
struct ComparedFigure: Equatable {
    /// Its dotted path.
    var path: String
    var name: String
    var unit: String
    /// How wide the steps are that it is told in, as a part of it.
    var resolution = 0.0
    /// How wide the steps are of what is divided by the connections: a tick of the kernel's clock, a batch of pages.
    var tick = 0.0

    /// As a part of `value`, with so many connections.
    func resolution(at value: Double, connections: Int) -> Double {
        value > 0 && connections > 0 ? max(resolution, tick / Double(connections) / value) : resolution
    }

    /// CPU time is told in hundredths of a second.
    private static let clockTickMicroseconds = 10_000.0
    /// Threads note the pages they touch 32 at a time.
    private static let pageBatchBytes = 131_072.0
    /// Of an octave of the board's histograms there are 32 buckets: the widest is a 32nd of its figure.
    private static let bucket = 1.0 / 32

    static let all: [ComparedFigure] =
        [
            ComparedFigure(path: "ramp.joins_per_second", name: "joins per second", unit: "1/s"),
            ComparedFigure(path: "ramp.seconds", name: "ramp, s", unit: "s"),
        ]
        + ["connect", "join", "heartbeat"].flatMap { kind in
            ["p50", "p90", "p99"].map { ComparedFigure(path: "latency_us.\(kind).\($0)", name: "\(kind) \($0), µs", unit: "µs", resolution: bucket) }
        }
        + ["target", "workers", "softirq"].map {
            ComparedFigure(path: "cpu_us_per_connection.\($0)", name: "CPU \($0), µs", unit: "µs per connection", tick: clockTickMicroseconds)
        }
        + [
            ("target_kernel", "target kernel, B"), ("target_user", "target user, B"), ("target_footprint", "target footprint, B"),
            ("worker_kernel", "worker kernel, B"), ("worker_user", "worker user, B"), ("pair", "pair, B"),
        ].map {
            ComparedFigure(
                path: "bytes_per_connection.\($0.0)", name: $0.1, unit: "bytes per connection", tick: $0.0.hasSuffix("_user") ? pageBatchBytes : 0)
        }
        + ["target", "workers"].map {
            ComparedFigure(path: "context_switches_per_connection.\($0)", name: "switches, \($0)", unit: "context switches per connection")
        }
        + ["target", "workers"].map {
            ComparedFigure(path: "system_calls_per_connection.\($0)", name: "calls, \($0)", unit: "system calls per connection")
        }
        + [ComparedFigure(path: "teardown.seconds", name: "teardown, s", unit: "s")]

    /// All figures of one run by path; nil is what was not measured.
    static func values(_ summary: Summary) -> [String: Double?] {
        let tree = (try? summary.encoded()).flatMap { try? JSONSerialization.jsonObject(with: $0) } ?? [:]
        return Dictionary(uniqueKeysWithValues: all.map { ($0.path, Verdict.figure($0.path, in: tree)) })
    }
}
