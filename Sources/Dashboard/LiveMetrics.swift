import Conductor

/// The live state as OpenMetrics text (OpenMetrics 1.0, the text format), for a scraper.
enum LiveMetrics {
    static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    static func render(_ state: LiveState?) -> String {
        guard let state else { return "# EOF\n" }
        var text = ""
        func family(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: String?)], unit: String? = nil) {
            let samples = samples.filter { $0.value != nil }
            guard !samples.isEmpty else { return }
            text += "# TYPE \(name) \(type)\n" + (unit.map { "# UNIT \(name) \($0)\n" } ?? "") + "# HELP \(name) \(help)\n"
            let suffix = type == "counter" ? "_total" : ""
            for sample in samples { text += "\(name)\(suffix)\(sample.labels) \(sample.value ?? "")\n" }
        }
        family("simbench_users_started", "counter", "Users started by the arrival plan.", [("", String(state.usersStarted))])
        family("simbench_connected", "gauge", "Connections that are open.", [("", String(state.connected))])
        family("simbench_joined", "gauge", "Users with a topic joined.", [("", String(state.joined))])
        family("simbench_joins_per_second", "gauge", "Joins over the last second.", [("", "\(state.joinsPerSecond)")])
        family("simbench_lost", "counter", "Connections that ended before their session.", [("", String(state.lost))])
        family(
            "simbench_errors", "counter", "Failures by cause.",
            state.errors.sorted { $0.key < $1.key }.map { ("{cause=\"\($0.key)\"}", String($0.value)) })
        family(
            "simbench_cpu_cores", "gauge", "CPUs in use over the last second.",
            [("target", state.cpu.target), ("workers", state.cpu.workers), ("softirq", state.cpu.softirq)].map { part in
                ("{part=\"\(part.0)\"}", part.1.map { "\($0)" })
            })
        let memory = state.memory
        family(
            "simbench_memory_bytes", "gauge", "Memory by what it is for.",
            [
                ("target_kernel", memory.targetKernelBytes), ("target_user", memory.targetUserBytes),
                ("target_footprint", memory.targetFootprintBytes), ("target_charged", memory.chargedBytes),
                ("target_limit", memory.limitBytes), ("target_swap", memory.swapBytes), ("workers", memory.workersBytes),
                ("host_used", memory.hostUsedBytes),
            ].map { part in ("{part=\"\(part.0)\"}", part.1.map { String($0) }) }, unit: "bytes")
        return text + "# EOF\n"
    }
}
