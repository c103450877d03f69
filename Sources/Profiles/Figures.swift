/// The figures of summary.json that an expectation may name.
///
/// A closed list, so that a misspelt expectation is an error when the profile is read and not a silent pass after an
/// hour's run.
public enum Figures {
    /// Every figure, as a dotted path into summary.json.
    public static let all: [String] =
        counts + [
            "verified.missing", "lost", "errors.total", "ramp.seconds", "ramp.joins_per_second",
        ] + latencies + bytes.map { "bytes_per_connection.\($0)" } + [
            "cpu_us_per_connection.target", "cpu_us_per_connection.workers", "cpu_us_per_connection.softirq",
            "teardown.seconds", "teardown.leaks",
        ]

    /// Figures that grow with the number of users: `--connections` scales what is expected of them.
    public static let counts = [
        "joined.peak", "joined.final", "connected.peak", "connected.final", "users.peak", "users.started",
        "verified.replied",
    ]

    private static let latencies = ["connect", "join"].flatMap { what in
        ["p50", "p90", "p99", "p999", "max"].map { "latency_us.\(what).\($0)" }
    }

    private static let bytes = ["target_kernel", "target_user", "worker_kernel", "worker_user", "pair"]
}
