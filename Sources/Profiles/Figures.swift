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
        ] + droplet.map { "droplet.\($0)" } + fidelity.map { "fidelity.\($0)" }

    /// Figures that grow with the number of users: `--connections` scales what is expected of them.
    public static let counts = [
        "joined.peak", "joined.final", "connected.peak", "connected.final", "users.peak", "users.started",
        "users.finished", "verified.replied",
    ]

    private static let latencies = ["connect", "join", "reply"].flatMap { what in
        ["p50", "p90", "p99", "p999", "max"].map { "latency_us.\(what).\($0)" }
    }

    /// They are there when the profile names a reference and the plan starts as many users as it did; the deviations are
    /// magnitudes.
    private static let fidelity = [
        "rmse_pct", "max_deviation_pct", "max_relative_deviation_pct", "final_deviation_pct", "compared_samples",
        "compared_to_model_s", "knee_connected", "knee_model_s", "knee_deviation_pct", "slope_before", "slope_after",
        "slope_after_deviation_pct",
    ]

    /// They are there when the target has a droplet's limits. An expectation of `droplet.oom_kills` makes the kill of the
    /// target a result of the run instead of its breakdown.
    private static let droplet = [
        "oom_kills", "limit_hits", "memory_peak_bytes", "swap_peak_bytes", "charged_per_connection", "charge_deviation_pct",
    ]

    private static let bytes = ["target_kernel", "target_user", "target_footprint", "worker_kernel", "worker_user", "pair"]
}
