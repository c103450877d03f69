import Conductor
import Profiles

/// Figures of a run in the OpenMetrics text format 1.0, for Prometheus and what else reads it. Pure.
public enum OpenMetrics {
    /// To be served with the text.
    public static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// The whole exposition, ending in `# EOF` and a newline.
    public static func render(_ metrics: Metrics) -> String {
        var page = Page()
        page.about(metrics)
        page.people(metrics)
        page.troubles(metrics)
        page.latencies(metrics)
        page.costs(metrics)
        return page.lines.joined(separator: "\n") + "\n# EOF\n"
    }

    private enum Kind: String {
        case gauge, counter, summary, info, stateset
    }

    private struct Sample {
        var suffix = ""
        var labels: [(String, String)] = []
        var value: Double
    }

    /// The families, in the order they are told.
    private struct Page {
        var lines: [String] = []

        // MARK: Families

        mutating func about(_ metrics: Metrics) {
            let labels = [
                ("profile", metrics.profile), ("engine", metrics.engine), ("fit", metrics.fit), ("version", metrics.version),
            ]
            family("simbench_run", .info, help: "The run that is told about.", [Sample(suffix: "_info", labels: labels, value: 1)])
            family(
                "simbench_stage", .stateset, help: "Where the run stands.",
                OpenMetrics.stages(with: metrics.stage).map {
                    Sample(labels: [("simbench_stage", $0)], value: $0 == metrics.stage ? 1 : 0)
                })
            gauge("simbench_elapsed_seconds", unit: "seconds", help: "Wall time since the run began.", metrics.elapsedSeconds)
            gauge(
                "simbench_model_time_seconds", unit: "seconds", help: "Model time since the first arrival could be due.",
                metrics.modelSeconds)
        }

        mutating func people(_ metrics: Metrics) {
            gauge("simbench_users_planned", help: "Users that the plan starts.", metrics.usersPlanned.map(Double.init))
            counter("simbench_users_started", help: "Users started by the arrival plan.", metrics.usersStarted)
            gauge("simbench_users", help: "Users started and not ended.", metrics.users.map(Double.init))
            gauge("simbench_connected", help: "Connections whose WebSocket is open.", Double(metrics.connected))
            gauge("simbench_joined", help: "Connections that have joined their channel.", Double(metrics.joined))
            counter("simbench_connects", help: "WebSockets opened.", metrics.connects)
            counter("simbench_joins", help: "Joins answered ok; their rate is the join rate.", metrics.joins)
            gauge("simbench_joins_per_second", help: "Joins over the last period.", metrics.joinsPerSecond)
            gauge("simbench_verified", help: "Connections that answered the verification sweep.", metrics.verified.map(Double.init))
        }

        mutating func troubles(_ metrics: Metrics) {
            family(
                "simbench_errors", .counter, help: "Failures by cause, as summary.json names them.",
                metrics.errors.sorted { $0.key < $1.key }.map {
                    Sample(suffix: "_total", labels: [("cause", $0.key)], value: Double($0.value))
                })
            counter("simbench_lost", help: "Connections that ended after they had joined.", metrics.lost)
            counter("simbench_retries", help: "Connection attempts after the first one.", metrics.retries)
        }

        mutating func latencies(_ metrics: Metrics) {
            let samples = metrics.latencies.sorted { $0.key < $1.key }.flatMap { name, figures -> [Sample] in
                let quantiles = [
                    ("0.5", figures.p50), ("0.9", figures.p90), ("0.99", figures.p99), ("0.999", figures.p999), ("1", figures.max),
                ]
                return quantiles.map { Sample(labels: [("of", name), ("quantile", $0.0)], value: Double($0.1) / 1e6) }
                    + [Sample(suffix: "_count", labels: [("of", name)], value: Double(figures.count))]
            }
            family(
                "simbench_latency_seconds", .summary, unit: "seconds",
                help: "Latencies since the run began; quantile 1 is the longest.", samples)
        }

        mutating func costs(_ metrics: Metrics) {
            family(
                "simbench_memory_bytes", .gauge, unit: "bytes", help: "Memory by what it is for, and its limits.",
                metrics.memoryBytes.sorted { $0.key < $1.key }.map { Sample(labels: [("part", $0.key)], value: Double($0.value)) })
            family(
                "simbench_connection_bytes", .gauge, unit: "bytes", help: "Bytes per connection, by part.",
                metrics.connectionBytes.sorted { $0.key < $1.key }.map { Sample(labels: [("part", $0.key)], value: $0.value) })
            gauge(
                "simbench_memory_pressure_ratio", unit: "ratio", help: "Share of the last period in which some task waited for memory.",
                metrics.memoryPressurePercent.map { $0 / 100 })
            family(
                "simbench_cpu_seconds", .counter, unit: "seconds", help: "CPU time of each side, and softirq time of the whole host.",
                metrics.cpuSeconds.sorted { $0.key < $1.key }.map {
                    Sample(suffix: "_total", labels: [("part", $0.key)], value: $0.value)
                })
            family(
                "simbench_cpu_cores", .gauge, help: "CPUs in use over the last period.",
                metrics.cpuCores.sorted { $0.key < $1.key }.map { Sample(labels: [("part", $0.key)], value: $0.value) })
            family(
                "simbench_traffic_bytes", .counter, unit: "bytes", help: "Bytes on the wire, as the workers saw them.",
                [("in", metrics.bytesIn), ("out", metrics.bytesOut)].map {
                    Sample(suffix: "_total", labels: [("direction", $0.0)], value: Double($0.1))
                })
        }

        // MARK: Pieces

        private mutating func gauge(_ name: String, unit: String? = nil, help: String, _ value: Double?) {
            family(name, .gauge, unit: unit, help: help, value.map { [Sample(value: $0)] } ?? [])
        }

        private mutating func counter(_ name: String, help: String, _ value: Int?) {
            family(name, .counter, help: help, value.map { [Sample(suffix: "_total", value: Double($0))] } ?? [])
        }

        /// Nothing at all for a family without a sample.
        private mutating func family(_ name: String, _ kind: Kind, unit: String? = nil, help: String, _ samples: [Sample]) {
            let samples = samples.filter(\.value.isFinite)
            guard !samples.isEmpty else { return }
            lines.append("# TYPE \(name) \(kind.rawValue)")
            if let unit { lines.append("# UNIT \(name) \(unit)") }
            lines.append("# HELP \(name) \(OpenMetrics.escaped(help))")
            lines += samples.map { sample in
                let labels = sample.labels.map { "\($0.0)=\"\(OpenMetrics.escaped($0.1))\"" }.joined(separator: ",")
                return "\(name)\(sample.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(Words.exact(sample.value))"
            }
        }
    }

    /// A state set tells all its states. Those of a run under way come first, then what one that is over came to.
    private static func stages(with stage: String) -> [String] {
        let all = [
            "building", "ramping", "holding", "sweeping", "tearing down", "done", "passed", "failed", "broken", "interrupted",
        ]
        return all.contains(stage) ? all : all + [stage]
    }

    /// Label values and help texts are escaped alike.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
