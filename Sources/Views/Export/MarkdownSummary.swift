import Conductor
import Profiles

/// A run on a page of Markdown, as CI services show it beside a job: `summary.md`. Pure.
public enum MarkdownSummary {
    /// The whole page, ending in a newline.
    public static func render(_ summary: Summary, of plan: Plan) -> String {
        let parts = [
            heading(summary, plan), figures(summary), expectations(summary.expectations), ceiling(summary.ceiling),
            fidelity(summary.fidelity), latency(summary.latencyUs), errors(summary), degraded(summary.degraded),
            again(summary, plan),
        ]
        return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    /// A run that has no summary, and why.
    public static func render(broken sentence: String, profile: String) -> String {
        "## ❌ simbench \(Escapes.markdown(profile)): broken\n\n\(Escapes.markdown(sentence))\n"
    }

    private static let unknown = "not measured"

    // MARK: Parts

    private static func heading(_ summary: Summary, _ plan: Plan) -> [String] {
        let sign = ["passed": "✅", "failed": "❌", "broken": "❌"][summary.verdict] ?? "⚠️"
        let held = summary.expectations.count { $0.held }
        var lines = ["## \(sign) simbench \(Escapes.markdown(summary.profile)): \(Escapes.markdown(summary.verdict))", ""]
        if let reason = summary.run?.endedEarlyBecause { lines += [Escapes.markdown(reason), ""] }
        let time = summary.run.map { ", \(UnitText.seconds($0.seconds))" } ?? ""
        lines.append(
            "\(plan.joins ? "\(UnitText.count(summary.joined.peak)) connections joined" : "\(UnitText.count(summary.connected.peak)) connections were open") on \(code(summary.engine.rawValue))\(time). "
                + (summary.expectations.isEmpty ? "Nothing was expected." : "\(held) of \(summary.expectations.count) expectations held."))
        return lines
    }

    private static func figures(_ summary: Summary) -> [String] {
        let ramp = summary.ramp.joinsPerSecond.map { "\(Words.rate($0)) over \(summary.ramp.seconds.map { UnitText.seconds($0) } ?? "?")" }
        let verified = summary.verified.map { "\(UnitText.count($0.replied)) of \(UnitText.count($0.asked))" }
        let cost = summary.cpuUsPerConnection
        let cpu = [("target", cost.target), ("workers", cost.workers), ("softirq", cost.softirq)]
            .compactMap { name, value in value.map { "\(name) \(UnitText.decimal($0, places: 1)) µs" } }.joined(separator: ", ")
        let errors = summary.errors.values.reduce(0, +)
        let leaks = summary.teardown.leaks
        return table(["figure", "value"], [
            ["users started", UnitText.count(summary.users.started)],
            ["connected, peak and end", "\(UnitText.count(summary.connected.peak)), \(UnitText.count(summary.connected.final))"],
            ["joined, peak and end", "\(UnitText.count(summary.joined.peak)), \(UnitText.count(summary.joined.final))"],
            ["joins", ramp ?? unknown], ["heartbeats answered", verified ?? unknown],
            ["join latency, p50 and p99", summary.latencyUs.join.map { "\(Words.microseconds($0.p50)), \(Words.microseconds($0.p99))" } ?? unknown],
            ["kernel and user bytes a pair", summary.bytesPerConnection.pair.map(Words.perConnection) ?? unknown],
            ["CPU per connection", cpu.isEmpty ? unknown : cpu], ["errors", UnitText.count(errors)],
            ["lost", UnitText.count(summary.lost)],
            ["teardown", "\(UnitText.seconds(summary.teardown.seconds)), " + (leaks.isEmpty ? "nothing is left" : leaks.joined(separator: " "))],
        ])
    }

    private static func expectations(_ results: [Summary.ExpectationResult]) -> [String] {
        guard !results.isEmpty else { return [] }
        let rows = results.map { result in
            [
                result.held ? "✅" : "❌", result.figure, "\(result.comparison) \(ExpectationText.bound(result))",
                ExpectationText.measured(result) ?? unknown,
            ]
        }
        return ["### Expectations", ""] + table(["", "figure", "wanted", "measured"], rows)
    }

    private static func ceiling(_ ceiling: Summary.Ceiling) -> [String] {
        guard ceiling.cause != "none" || !ceiling.evidence.isEmpty else { return ["### Ceiling", "", "None: nothing stopped growth."] }
        let place = ceiling.atConnected.map { " at \(UnitText.count($0)) connected" } ?? ""
        return ["### Ceiling", "", "\(code(ceiling.cause))\(place).", ""] + ceiling.evidence.map { "- \(Escapes.markdown($0))" }
    }

    private static func fidelity(_ fidelity: Summary.Fidelity) -> [String] {
        func percent(_ value: Double?) -> String { value.map { "\(UnitText.decimal($0, places: 2)) %" } ?? unknown }
        func knee(_ seconds: Double?, _ connected: Double?) -> String {
            guard let seconds, let connected else { return "none" }
            return "\(UnitText.number(connected.rounded(), places: 0)) at \(UnitText.number(seconds.rounded(), places: 0)) s"
        }
        guard fidelity.rmsePct != nil || fidelity.remark != nil else { return [] }
        var lines = ["### Fidelity to the reference", ""]
        if fidelity.rmsePct != nil {
            lines += table(["", "this run", "reference"], [
                ["deviation, RMSE", percent(fidelity.rmsePct), ""], ["deviation, most", percent(fidelity.maxDeviationPct), ""],
                ["deviation at the end", percent(fidelity.finalDeviationPct), ""],
                [
                    "bend", knee(fidelity.kneeModelS, fidelity.kneeConnected),
                    knee(fidelity.referenceKneeModelS, fidelity.referenceKneeConnected),
                ],
            ])
        }
        if let remark = fidelity.remark { lines += (fidelity.rmsePct == nil ? [] : [""]) + [Escapes.markdown(remark)] }
        return lines
    }

    private static func latency(_ latency: Summary.Latency) -> [String] {
        let rows = latency.named.compactMap { name, figures in
            figures.map { [name] + [$0.p50, $0.p90, $0.p99, $0.p999, $0.max].map(Words.microseconds) + [UnitText.count(Int(clamping: $0.count))] }
        }
        guard !rows.isEmpty else { return [] }
        return ["### Latency", ""] + table(["", "p50", "p90", "p99", "p99.9", "max", "count"], rows)
    }

    private static func errors(_ summary: Summary) -> [String] {
        guard !summary.errors.isEmpty else { return [] }
        let rows = summary.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { [$0.key, UnitText.count($0.value)] }
        return ["### Errors", ""] + table(["cause", "count"], rows)
    }

    private static func degraded(_ sentences: [String]) -> [String] {
        sentences.isEmpty ? [] : ["### Degraded", ""] + sentences.map { "- \(Escapes.markdown($0))" }
    }

    // MARK: How to repeat it

    private static func again(_ summary: Summary, _ plan: Plan) -> [String] {
        let host = summary.host
        return [
            "### Run it again", "", "```sh", Glyphs.clean(RepeatCommand.text(plan)), "```", "",
            "simbench \(Escapes.markdown(summary.version)) on Linux \(Escapes.markdown(host.kernelRelease)), "
                + "\(host.cpus) CPUs, \(UnitText.bytes(host.memoryTotalBytes)); digest \(code(summary.digest ?? "none")). "
                + "Every number it used is in `plan.json`.",
        ]
    }

    // MARK: Pieces

    private static func code(_ text: String) -> String { "`\(Glyphs.clean(text).filter { $0 != "`" && $0 != "|" })`" }

    private static func table(_ head: [String], _ rows: [[String]]) -> [String] {
        func row(_ cells: [String]) -> String { "| " + cells.map(Escapes.markdown).joined(separator: " | ") + " |" }
        return [row(head), "|" + head.map { _ in " --- |" }.joined()] + rows.map(row)
    }
}
