import Conductor
import Profiles

/// What was run and on what, what was given up for it, what happened, and how to do it again.
enum PlanSections {
    static func plan(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "The plan")]
        for run in runs {
            let plan = run.plan
            if runs.count > 1 { parts.append(.tag("h3", run.name)) }
            if runs.count > 1, !plan.about.isEmpty { parts.append(.paragraph(plan.about)) }
            parts.append(
                .facts([
                    ("profile", .text(plan.profile)), ("users", .text(UnitText.count(plan.users))), ("arrivals", .text(arrivals(plan))),
                    ("session", .text(StepText.render(plan))), ("workers", .text(UnitText.count(plan.workers.count))),
                    ("network", .text(plan.network.rawValue)), ("engine", .text(plan.engine.rawValue + (plan.waiting.map { ", waiting by \($0.words)" } ?? ""))), ("fit", .text(plan.fit.rawValue)),
                    ("clock", .text(plan.speedup == 1 ? "as on the wall" : "\(UnitText.decimal(plan.speedup, places: 2)) model seconds a second")),
                    ("hold", .text("\(UnitText.seconds(plan.holdSeconds)) of wall clock")),
                ]))
            parts += PlacementMap.render(run)
            parts.append(.details("The whole plan", [.tag("pre", PlanText.render(plan))]))
        }
        return .tag("section", ["id": "plan"], parts)
    }

    private static func arrivals(_ plan: Plan) -> String {
        plan.phases.map { phase in
            guard let rate = phase.ratePerSecond else { return "\(UnitText.count(phase.users)) as fast as both ends go" }
            return "\(UnitText.rate(rate)) for \(UnitText.seconds(phase.durationSeconds)), at most \(UnitText.count(phase.users)) users"
        }.joined(separator: "; then ")
    }

    static func host(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "The host")]
        for run in runs {
            let host = run.summary?.host ?? run.plan.host
            if runs.count > 1 { parts.append(.tag("h3", run.name)) }
            parts.append(facts(of: host))
        }
        return .tag("section", ["id": "host"], parts)
    }

    static func facts(of host: HostFacts) -> Markup {
        var facts: [(String, Markup)] = [
            ("kernel", .text("Linux \(host.kernelRelease)")), ("processor", .text(host.cpuModel)), ("CPUs", .figure("host.cpus", Double(host.cpus), UnitText.count(host.cpus))),
            ("memory", .figure("host.memory_total_bytes", Double(host.memoryTotalBytes), UnitText.bytes(host.memoryTotalBytes))),
            ("available at the start", .text(UnitText.bytes(host.memoryAvailableBytes))),
            ("swap", .text(host.swapTotalBytes == 0 ? "none" : UnitText.bytes(host.swapTotalBytes))), ("memory nodes", .text(UnitText.count(host.numaNodes))),
            ("descriptors a table", .text(UnitText.count(host.descriptorLimit))), ("TCP's memory at most", .text(UnitText.bytes(host.tcpMemoryBytes))),
            ("privilege", .text(Words.spaced(host.privilege.rawValue))),
        ]
        for (name, reason) in [("io_uring", host.ioUringUnavailableBecause), ("memory limits", host.capUnavailableBecause)] {
            if let reason { facts.append((name, .text(reason))) }
        }
        return .facts(facts)
    }

    static func degraded(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "Degraded: what was given up")]
        for run in runs {
            if runs.count > 1 { parts.append(.tag("h3", run.name)) }
            let sentences = (run.summary?.degraded ?? run.plan.degraded) + (run.summary?.teardown.leaks ?? []).map { "Left over: \($0)" }
            parts.append(sentences.isEmpty ? .paragraph("Nothing: the run had all that its profile asks for.") : .list(sentences))
        }
        return .tag("section", ["id": "degraded"], parts)
    }

    /// Of the events of a run, the most that are shown.
    private static let mostEvents = 200

    static func events(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "What happened")]
        for run in runs {
            let lines = run.record.events
            let cut = lines.count > mostEvents ? ["(\(UnitText.count(lines.count - mostEvents)) earlier lines are in events.log)"] : []
            let text = (cut + lines.suffix(mostEvents)).joined(separator: "\n")
            let name = runs.count == 1 ? "events.log, in wall seconds" : "\(run.name): events.log, in wall seconds"
            parts.append(lines.isEmpty ? .paragraph("No events were recorded.") : .details(name, [.tag("pre", text)]))
        }
        return .tag("section", ["id": "events"], parts)
    }

    static func again(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "To repeat it")]
        for run in runs {
            if runs.count > 1 { parts.append(.tag("h3", run.name)) }
            parts.append(.tag("pre", ["class": "command"], RepeatCommand.text(run.plan)))
            parts.append(
                .facts([
                    ("simbench", .text(run.plan.version)), ("seed", .tag("span", ["data-figure": "seed", "data-value": String(run.plan.seed)], String(run.plan.seed))),
                    ("digest", .tag("code", ["data-figure": "digest", "data-value": run.summary?.digest ?? "null"], run.summary?.digest ?? "none: nobody joined")),
                ]))
        }
        parts.append(.paragraph("The same profile, seed and version give the same arrivals, the same bytes on the wire and the same digest, on either engine. Times depend on the host.", "note"))
        return .tag("section", ["id": "repeat"], parts)
    }
}
