import Testing

@testable import Conductor
@testable import Views

@Suite struct OpenMetricsTests {
    private func metrics(_ change: (inout Metrics) -> Void = { _ in }) -> Metrics {
        var metrics = Metrics(profile: "smoke", engine: "epoll", fit: "full", version: "0.1.0", stage: "ramping")
        change(&metrics)
        return metrics
    }

    @Test func allFamiliesInOrder() {
        let text = OpenMetrics.render(
            metrics {
                $0.usersStarted = 12
                $0.joins = 10
                $0.errors = ["etimedout": 3, "econnreset": 1]
                $0.latencies = ["join": Fixture.percentiles(1_250)]
                $0.memoryBytes = ["target": 1 << 30]
                $0.cpuSeconds = ["target": 1.5]
                $0.memoryPressurePercent = 25
            })
        for part in [
            "# TYPE simbench_run info\n# HELP simbench_run The run that is told about.\nsimbench_run_info{profile=\"smoke\",engine=\"epoll\",fit=\"full\",version=\"0.1.0\"} 1\n",
            "simbench_stage{simbench_stage=\"building\"} 0\nsimbench_stage{simbench_stage=\"ramping\"} 1\n", "# TYPE simbench_users_started counter\n", "simbench_users_started_total 12\n",
            "simbench_joins_total 10\n", "simbench_errors_total{cause=\"econnreset\"} 1\nsimbench_errors_total{cause=\"etimedout\"} 3\n",
            "# UNIT simbench_latency_seconds seconds\n", "simbench_latency_seconds{of=\"join\",quantile=\"0.5\"} 0.00125\n",
            "simbench_latency_seconds_count{of=\"join\"} 2000\n", "simbench_memory_bytes{part=\"target\"} 1073741824\n",
            "simbench_memory_pressure_ratio 0.25\n", "simbench_cpu_seconds_total{part=\"target\"} 1.5\n",
        ] { #expect(text.contains(part), "\(part)") }
        #expect(text.hasSuffix("\n# EOF\n"))
    }

    @Test func whatIsNotKnownHasNoFamily() {
        let text = OpenMetrics.render(metrics())
        for name in ["simbench_model_time", "simbench_latency", "simbench_errors", "simbench_cpu", "simbench_verified", "nan"] {
            #expect(!text.contains(name), "\(name)")
        }
    }

    @Test func labelsAreEscaped() {
        let text = OpenMetrics.render(metrics { $0.profile = "a\"b\\c\nd" })
        #expect(text.contains("profile=\"a\\\"b\\\\c\\nd\""))
    }

    @Test func aRecordHasThemToo() {
        let text = OpenMetrics.render(Metrics(Fixture.failed()))
        #expect(text.contains("simbench_stage{simbench_stage=\"failed\"} 1") && text.contains("simbench_lost_total 3"))
        #expect(text.contains("simbench_errors_total{cause=\"etimedout\"} 1200"))
    }
}
