import Conductor
import Profiles

/// Processors and memory over time.
enum HostSections {
    // MARK: CPU

    static func processors(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "Processors")] + InterferenceGauge.render(runs)
        let begun = parts.count
        for plot in processorPlots(runs) { parts.append(plot.figure) }
        if parts.count == begun { parts.append(.paragraph("CPU time was not sampled.")) }
        let rows = runs.compactMap { run -> [Markup]? in
            guard let cpu = run.summary?.cpuUsPerConnection else { return nil }
            let cells = [("target", cpu.target), ("workers", cpu.workers), ("softirq", cpu.softirq)].map { key, value in
                Markup.figure("cpu_us_per_connection.\(key)", value, value.map { "\(UnitText.decimal($0, places: 1)) µs" })
            }
            return [.text(runs.count == 1 ? "per connection" : run.name)] + cells
        }
        if !rows.isEmpty { parts.append(.table(["CPU time", "target", "workers", "softirq"], rows)) }
        if let method = runs.first?.summary?.cpuUsPerConnection.method { parts.append(.paragraph(method, "note")) }
        return .tag("section", ["id": "cpu"], parts)
    }

    private static func processorPlots(_ runs: [ReportRun]) -> [Plot] {
        func plot(_ id: String, _ title: String, _ lines: [Plot.Line]) -> Plot? {
            guard lines.contains(where: { $0.points.count > 1 }) else { return nil }
            return Plot(id: id, title: title, yLabel: "CPUs busy", lines: lines, heights: (280, 250))
        }
        let columns = [("target", "cpu_target"), ("workers", "cpu_workers"), ("softirq of the whole host", "cpu_softirq")]
        if runs.count == 1, let run = runs.first {
            var lines = columns.enumerated().compactMap { index, column in
                run.points(column.1).map { Plot.Line(name: column.0, points: $0, ink: index) }
            }
            if let idle = run.points("cpu_idle") {
                let busy = idle.map { Chart.Point(x: $0.x, y: max(0, Double(run.plan.host.cpus) - $0.y)) }
                lines.insert(Plot.Line(name: "whole host, of \(run.plan.host.cpus) CPUs", points: busy, ink: 7), at: 0)
            }
            return plot("figure-cpu", "CPUs in use", lines).map { [$0] } ?? []
        }
        return columns.prefix(2).compactMap { name, column in
            plot("figure-cpu-\(name)", "CPUs used by the \(name)", runs.compactMap { run in run.points(column).map { Plot.Line(name: run.name, points: $0, ink: run.index) } })
        }
    }

    // MARK: Memory

    private static let gibibyte = 1_073_741_824.0
    private static let mebibyte = 1_048_576.0

    static func memory(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "Memory of the target")]
        let highest = runs.compactMap { $0.highest("target_memory_bytes") }.max() ?? 0
        let (unit, size) = highest >= gibibyte ? ("GiB", gibibyte) : ("MiB", mebibyte)
        let plot = runs.count == 1 ? runs.first.flatMap { memoryPlot($0, unit, size) } : overlaid(runs, unit, size)
        parts.append(plot?.figure ?? .paragraph("It was not sampled: the target is somebody else's, or the run was over too soon."))
        for run in runs { parts += droplet(run, isOnly: runs.count == 1) }
        if let pressure = pressure(runs) { parts.append(pressure.figure) }
        return .tag("section", ["id": "memory"], parts)
    }

    private static func memoryPlot(_ run: ReportRun, _ unit: String, _ size: Double) -> Plot? {
        guard let memory = run.points("target_memory_bytes", per: size), memory.count > 1 else { return nil }
        let hasCap = run.plan.cap != nil
        var lines = [Plot.Line(name: hasCap ? "in memory" : "resident memory of the target", points: memory, ink: 0, shape: .area)]
        if let swap = run.points("target_swap_bytes", per: size), swap.count == memory.count {
            lines.append(Plot.Line(name: "in swap", points: swap, ink: 1, shape: .area))
        }
        var levels: [Plot.Level] = []
        if hasCap, let limit = run.summary?.droplet?.limitBytes ?? run.plan.cap?.memoryBytes {
            levels.append(Plot.Level(name: "limit of the droplet's memory, \(UnitText.bytes(limit))", value: Double(limit) / size))
            if let swap = run.summary?.droplet?.swapLimitBytes, swap > 0 {
                levels.append(Plot.Level(name: "with its swap, \(UnitText.bytes(limit + swap))", value: Double(limit + swap) / size))
            }
        }
        return Plot(
            id: "figure-memory", title: hasCap ? "What the target's droplet held" : "What the target held", yLabel: unit, lines: lines, levels: levels, isStacked: true,
            heights: (300, 260), unit: " \(unit)")
    }

    private static func overlaid(_ runs: [ReportRun], _ unit: String, _ size: Double) -> Plot? {
        let lines = runs.compactMap { run -> Plot.Line? in
            guard let memory = run.points("target_memory_bytes", per: size), memory.count > 1 else { return nil }
            let swap = run.points("target_swap_bytes", per: size) ?? []
            let both = memory.enumerated().map { Chart.Point(x: $0.element.x, y: $0.element.y + ($0.offset < swap.count ? swap[$0.offset].y : 0)) }
            return Plot.Line(name: run.name, points: both, ink: run.index)
        }
        guard !lines.isEmpty else { return nil }
        return Plot(id: "figure-memory", title: "In memory and in swap", yLabel: unit, lines: lines, heights: (300, 260), unit: " \(unit)")
    }

    private static func pressure(_ runs: [ReportRun]) -> Plot? {
        let lines = runs.compactMap { run -> Plot.Line? in
            guard run.highest("memory_pressure_pct") ?? 0 > 0, let points = run.points("memory_pressure_pct"), points.count > 1 else { return nil }
            return Plot.Line(name: runs.count == 1 ? "share of the time in which some task waited for memory" : run.name, points: points, ink: run.index)
        }
        guard !lines.isEmpty else { return nil }
        return Plot(id: "figure-pressure", title: "Memory pressure", yLabel: "% of the time", lines: lines, heights: (200, 200), unit: " %")
    }

    private static func droplet(_ run: ReportRun, isOnly: Bool) -> [Markup] {
        let heading = isOnly ? [] : [Markup.tag("h3", run.name)]
        guard let droplet = run.summary?.droplet else {
            return heading + [.paragraph(run.summary == nil ? "Not told: the run left no summary." : "The target ran without a limit.", "note")]
        }
        func size(_ key: String, _ bytes: UInt64?) -> Markup { .figure("droplet.\(key)", bytes.map { Double($0) }, bytes.map { UnitText.bytes($0) }) }
        func count(_ key: String, _ value: UInt64?) -> Markup { .figure("droplet.\(key)", value.map { Double($0) }, value.map { UnitText.count(Int(clamping: $0)) }) }
        func each(_ key: String, _ value: Double?) -> Markup { .figure("droplet.\(key)", value, value.map { "\(Words.perConnection($0)) B" }) }
        return heading + [
            .facts([
                ("limit", size("limit_bytes", droplet.limitBytes)), ("memory at peak", size("memory_peak_bytes", droplet.memoryPeakBytes)),
                ("swap", droplet.swapLimitBytes == nil ? .text("as the host's") : size("swap_limit_bytes", droplet.swapLimitBytes)), ("swap at peak", size("swap_peak_bytes", droplet.swapPeakBytes)),
                ("limit was hit", count("limit_hits", droplet.limitHits)), ("processes killed for it", count("oom_kills", droplet.oomKills)),
                ("charged per connection", each("charged_per_connection", droplet.chargedPerConnection)), ("predicted per connection", each("predicted_per_connection", droplet.predictedPerConnection)),
            ])
        ]
    }
}
