/// The figures of summary.json that an expectation may name, each with what it is measured in.
///
/// A closed list, so that a misspelt expectation is an error when the profile is read and not a silent pass after an
/// hour's run.
public enum Figures {
    /// Every figure, as a dotted path into summary.json.
    public static let all: [String] = table.map(\.0)

    /// What a figure is measured in; nil is no figure.
    public static func unit(of figure: String) -> FigureUnit? { units[figure] }

    /// Figures that grow with the number of users: `--connections` scales what is expected of them.
    public static let counts = [
        "joined.peak", "joined.final", "connected.peak", "connected.final", "users.peak", "users.started",
        "users.finished", "verified.asked", "verified.replied",
    ]

    private static let units = Dictionary(table, uniquingKeysWith: { first, _ in first })

    private static let table: [(String, FigureUnit)] =
        counts.map { ($0, .count) } + health + ramp + latencies + costs + droplet + fidelity

    /// Of `degraded` and `teardown.leaks` the number of sentences; of an error that never happened, 0.
    private static let health: [(String, FigureUnit)] =
        [
            ("verified.missing", .count), ("verified.seconds", .seconds), ("lost", .count), ("retries", .count),
            ("degraded", .count), ("visitors", .count), ("errors.total", .count),
        ] + errorCauses.map { ("errors.\($0)", .count) } + [
            ("teardown.seconds", .seconds), ("teardown.leaks", .count), ("run.seconds", .seconds),
        ]

    /// The names under `errors`.
    public static let errorCauses = [
        "eaddrnotavail", "econnrefused", "econnreset", "etimedout", "unreachable", "descriptors", "memory", "other",
        "closed_by_peer", "handshake_refused", "wrong_accept", "protocol", "join_refused", "abort_max_conn_retries",
        "no_buffer",
    ]

    private static let ramp: [(String, FigureUnit)] = [
        ("ramp.seconds", .seconds), ("ramp.joins_per_second", .perSecond), ("ceiling.at_connected", .count),
    ]

    private static let latencies: [(String, FigureUnit)] = ["connect", "join", "heartbeat", "reply", "broadcast"].flatMap { what in
        ["p50", "p90", "p99", "p999", "max"].map { ("latency_us.\(what).\($0)", FigureUnit.microseconds) }
            + [("latency_us.\(what).count", FigureUnit.count)]
    }

    private static let costs: [(String, FigureUnit)] =
        ["target_kernel", "target_user", "target_footprint", "worker_kernel", "worker_user", "pair", "fixed"]
        .map { ("bytes_per_connection.\($0)", .bytes) }
        + ["target", "workers", "softirq"].map { ("cpu_us_per_connection.\($0)", .microseconds) }
        + ["bytes_in", "bytes_out"].map { ("traffic.\($0)", .bytes) }
        + ["sent", "answered", "refused"].map { ("traffic.messages_\($0)", .count) }
        + ["context_switches", "system_calls"].flatMap { what in
            ["target", "workers"].map { ("\(what)_per_connection.\($0)", FigureUnit.count) }
        }
        + ["host_busy_pct", "target_pct", "workers_pct", "softirq_pct", "others_pct", "idle_pct"]
        .map { ("interference.\($0)", .percent) }

    /// They are there when the target has a droplet's limits. An expectation of `droplet.oom_kills` makes the kill of the
    /// target a result of the run instead of its breakdown.
    private static let droplet: [(String, FigureUnit)] = [
        ("droplet.oom_kills", .count), ("droplet.limit_hits", .count), ("droplet.limit_bytes", .bytes),
        ("droplet.swap_limit_bytes", .bytes), ("droplet.base_bytes", .bytes), ("droplet.memory_peak_bytes", .bytes),
        ("droplet.swap_peak_bytes", .bytes), ("droplet.charged_per_connection", .bytes),
        ("droplet.predicted_per_connection", .bytes), ("droplet.charge_deviation_pct", .percent),
    ]

    /// They are there when the profile names a reference and the plan starts as many users as it did; the deviations are
    /// magnitudes.
    private static let fidelity: [(String, FigureUnit)] =
        [
            "rmse_pct", "max_deviation_pct", "max_relative_deviation_pct", "final_deviation_pct", "knee_deviation_pct",
            "slope_after_deviation_pct",
        ].map { ("fidelity.\($0)", .percent) }
        + ["compared_samples", "knee_connected", "reference_knee_connected", "reference_final_connected"]
        .map { ("fidelity.\($0)", .count) }
        + ["compared_from_model_s", "compared_to_model_s", "knee_model_s", "reference_knee_model_s"]
        .map { ("fidelity.\($0)", .modelSeconds) }
        + ["slope_before", "slope_after", "reference_slope_before", "reference_slope_after"]
        .map { ("fidelity.\($0)", .perModelSecond) }
}

/// One condition in words: what is wanted of a figure, and what was found, each with its unit.
public enum FigureText {
    /// `latency_us.join.p99 < 50 ms`
    public static func wanted(_ figure: String, _ comparison: String, _ value: Double) -> String {
        "\(figure) \(comparison) \(bound(value, of: figure))"
    }

    /// What a figure is compared with.
    public static func bound(_ value: Double, of figure: String) -> String { unit(figure).bound(value) }

    /// The value wanted and the one measured, told apart however close they are.
    public static func texts(wanted: Double, measured: Double, of figure: String) -> (wanted: String, measured: String) {
        let texts = unit(figure).texts(bound: wanted, measured: measured)
        return (texts.bound, texts.measured)
    }

    private static func unit(_ figure: String) -> FigureUnit { Figures.unit(of: figure) ?? .count }
}
