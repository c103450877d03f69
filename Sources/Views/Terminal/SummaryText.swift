import Conductor
import Profiles

/// What a run came to, as a table for people: the verdict first, the place of the record last. Pure.
///
/// What could not be measured is said to be so; nothing is shown as 0 that is not.
public enum SummaryText {
    private static let labelColumns = 13
    private static let unknown = "not measured"

    /// The whole text, ending in a newline.
    public static func render(_ summary: Summary, directory: String, style: Style) -> String {
        let page = Page(layout: Layout(style: style))
        var lines = page.verdict(summary)
        lines += page.growth(summary)
        lines += page.latency(summary.latencyUs)
        lines += page.bytes(summary.bytesPerConnection)
        lines += page.droplet(summary.droplet)
        lines += page.processors(summary.cpuUsPerConnection)
        lines += page.interference(summary.interference)
        lines += page.fidelity(summary.fidelity)
        lines += page.health(summary)
        lines += page.teardown(summary.teardown)
        lines += page.expectations(summary.expectations)
        lines += page.list("degraded", summary.degraded, .warning)
        lines += page.field("record", directory)
        return lines.map { $0.rendered(style) }.joined(separator: "\n") + "\n"
    }

    /// The parts, in the order they are shown.
    private struct Page {
        let layout: Layout

        // MARK: Parts

        func verdict(_ summary: Summary) -> [Line] {
            let ink: Ink = summary.verdict == "passed" ? .good : summary.verdict == "interrupted" ? .warning : .bad
            let speedup = summary.speedup == 1 ? "" : ", speedup \(UnitText.decimal(summary.speedup, places: 2))"
            let what = "\(summary.profile) on \(summary.engine.rawValue), fit \(summary.fit.rawValue), seed \(summary.seed)\(speedup)"
            var line = Line(summary.verdict, ink)
            line.add("  ")
            return layout.wrap(what, .bold, first: line, indent: labelColumns)
        }

        func growth(_ summary: Summary) -> [Line] {
            var lines = field("joined", level(summary.joined))
            lines += field("connected", level(summary.connected))
            let finished = summary.users.finished ?? 0
            let leaving = finished > 0 ? ", \(UnitText.count(finished)) played their session to its end" : ""
            lines += field("users", "\(UnitText.count(summary.users.started)) started, \(UnitText.count(summary.users.peak)) at peak\(leaving)")
            let rate = summary.ramp.joinsPerSecond.map { ", \(Words.rate($0)) joined" } ?? ""
            lines += field("ramp", summary.ramp.seconds.map { UnitText.seconds($0) + rate } ?? unknown)
            let ceiling = summary.ceiling
            if ceiling.cause != "none" {
                let place = ceiling.atConnected.map { " at \(UnitText.count($0)) connected" } ?? ""
                lines += field("ceiling", Words.spaced(ceiling.cause) + place, .warning)
            }
            return lines + ceiling.evidence.flatMap { layout.wrap($0, indent: labelColumns) }
        }

        func latency(_ latency: Summary.Latency) -> [Line] {
            let measured = latency.named.compactMap { name, figures in figures.map { (name, cells($0)) } }
            guard !measured.isEmpty else { return field("latency", unknown) }
            let heads = ["p50", "p90", "p99", "p99.9", "max"]
            let names = measured.map { "  \($0.0)".padded(to: labelColumns - 2) }
            let rows = [["latency".padded(to: labelColumns - 2)] + heads] + zip(names, measured).map { [$0] + $1.1 }
            if let table = layout.table(rows) { return table }
            return field("latency", "") + measured.flatMap { name, cells in
                field("  \(name)", zip(heads, cells).map { "\($0) \($1)" }.joined(separator: ", "))
            }
        }

        private func cells(_ figures: Summary.Percentiles) -> [String] {
            [figures.p50, figures.p90, figures.p99, figures.p999, figures.max].map(Words.microseconds)
        }

        func bytes(_ bytes: Summary.ConnectionBytes) -> [Line] {
            let target = ends(kernel: bytes.targetKernel, user: bytes.targetUser, footprint: bytes.targetFootprint)
            let worker = ends(kernel: bytes.workerKernel, user: bytes.workerUser, footprint: nil)
            let pair = bytes.pair.map { "\(Words.perConnection($0)) a pair" } ?? "pair \(unknown)"
            var lines = field("bytes per", "target \(target)")
            lines += field("connection", "worker \(worker)")
            lines += layout.wrap(pair, indent: labelColumns)
            if let fixed = bytes.fixed, fixed >= 0 {
                lines += layout.wrap("and \(UnitText.bytes(UInt64(fixed))) in all that do not grow", indent: labelColumns)
            }
            return lines
        }

        private func ends(kernel: Double?, user: Double?, footprint: Double?) -> String {
            var parts = [
                kernel.map { "\(Words.perConnection($0)) kernel" } ?? "kernel \(unknown)",
                user.map { "\(Words.perConnection($0)) user" } ?? "user \(unknown)",
            ]
            if let footprint { parts.append("\(Words.perConnection(footprint)) footprint") }
            return parts.joined(separator: ", ")
        }

        /// Nothing at all for a run without limits.
        func droplet(_ droplet: Summary.Droplet?) -> [Line] {
            guard let droplet else { return [] }
            func size(_ bytes: UInt64?) -> String { bytes.map { UnitText.bytes($0) } ?? unknown }
            var text = "limit \(size(droplet.limitBytes)), \(size(droplet.memoryPeakBytes)) at peak"
            switch droplet.swapLimitBytes {
            case 0?: text += ", no swap"
            case let bytes?: text += "; \(size(droplet.swapPeakBytes)) of \(size(bytes)) swap at peak"
            case nil: text += "; \(size(droplet.swapPeakBytes)) in the host's swap at peak"
            }
            if let kills = droplet.oomKills, kills > 0 { text += "; killed for want of memory" }
            var lines = field("droplet", text)
            if let charged = droplet.chargedPerConnection, let predicted = droplet.predictedPerConnection {
                lines += layout.wrap(
                    "charged \(Words.perConnection(charged)) a connection, \(Words.perConnection(predicted)) predicted",
                    indent: labelColumns)
            }
            return lines
        }

        /// Who used the CPUs; the verdict only where it puts the result in doubt.
        func interference(_ gauge: Summary.Interference) -> [Line] {
            let shares = gauge.parts.map { "\($0.name) \(UnitText.decimal($0.percent, places: 0)) %" }
            guard !shares.isEmpty else { return [] }
            let lines = field("cpu shares", shares.joined(separator: ", ") + " over the ramp")
            return lines + (gauge.sentence.map { field("bound by", $0, .warning) } ?? [])
        }

        func processors(_ cpu: Summary.CPU) -> [Line] {
            let parts = [("target", cpu.target), ("workers", cpu.workers), ("softirq", cpu.softirq)]
            guard parts.contains(where: { $0.1 != nil }) else { return field("cpu", unknown) }
            let text = parts.map { name, value in
                value.map { "\(name) \(UnitText.decimal($0, places: 1)) µs" } ?? "\(name) \(unknown)"
            }
            return field("cpu", text.joined(separator: ", ") + " per connection")
        }

        /// Nothing at all for a run without a reference.
        func fidelity(_ fidelity: Summary.Fidelity) -> [Line] {
            var lines: [Line] = []
            let deviations = [
                fidelity.rmsePct.map { "\(percent($0)) RMSE" }, fidelity.maxDeviationPct.map { "\(percent($0)) at most" },
                fidelity.finalDeviationPct.map { "\(percent($0)) at the end" },
            ].compactMap { $0 }
            if !deviations.isEmpty { lines += field("deviation", deviations.joined(separator: ", ") + " from the reference") }
            let own = knee(
                fidelity.kneeModelS, fidelity.kneeIntervalModelS, fidelity.kneeConnected, fidelity.slopeBefore,
                fidelity.slopeAfter)
            let published = knee(
                fidelity.referenceKneeModelS, fidelity.referenceKneeIntervalModelS, fidelity.referenceKneeConnected,
                fidelity.referenceSlopeBefore, fidelity.referenceSlopeAfter)
            if own != nil || published != nil {
                lines += field("knee", own ?? "none found")
                lines += layout.wrap("reference: \(published ?? "none found")", indent: labelColumns)
            }
            if let remark = fidelity.remark { lines += field(lines.isEmpty ? "reference" : "", remark, .warning) }
            return lines
        }

        private func knee(
            _ seconds: Double?, _ interval: [Double]?, _ connected: Double?, _ before: Double?, _ after: Double?
        ) -> String? {
            guard let seconds, let connected, let before, let after else { return nil }
            func whole(_ value: Double) -> String { UnitText.number(value.rounded(), places: 0) }
            var place = "at \(whole(seconds)) s"
            if let interval, interval.count == 2 { place += " (\(whole(interval[0])) to \(whole(interval[1])) s)" }
            return "\(place), \(whole(connected)) connected; \(Words.rate(before)) before, \(Words.rate(after)) after"
        }

        private func percent(_ value: Double) -> String { "\(UnitText.decimal(value, places: 2)) %" }

        func health(_ summary: Summary) -> [Line] {
            let total = summary.errors.values.reduce(0, +)
            let causes = summary.errors.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\(Words.spaced($0.key)) \(UnitText.count($0.value))" }
            var lines = field(
                "errors", total == 0 ? "none" : "\(UnitText.count(total)): " + causes.joined(separator: ", "),
                total == 0 ? .plain : .bad)
            if summary.retries > 0 { lines += field("retries", UnitText.count(summary.retries)) }
            lines += field("lost", summary.lost == 0 ? "none" : UnitText.count(summary.lost), summary.lost == 0 ? .plain : .bad)
            if let sweep = summary.verified {
                let text = "\(UnitText.count(sweep.replied)) of \(UnitText.count(sweep.asked)) answered a heartbeat"
                lines += field("verified", "\(text) in \(UnitText.seconds(sweep.seconds))", sweep.missing == 0 ? .plain : .bad)
            } else {
                lines += field("verified", unknown)
            }
            return lines + field("digest", summary.digest ?? "none: nobody joined")
        }

        func teardown(_ teardown: Summary.Teardown) -> [Line] {
            let took = UnitText.seconds(teardown.seconds)
            guard !teardown.leaks.isEmpty else { return field("teardown", "\(took), nothing is left") }
            return field("teardown", took) + list("left over", teardown.leaks, .bad)
        }

        func expectations(_ results: [Summary.ExpectationResult]) -> [Line] {
            var lines: [Line] = []
            for (index, result) in results.enumerated() {
                lines += field(index == 0 ? "expected" : "", ExpectationText.line(result), result.held ? .good : .bad)
            }
            return lines
        }

        // MARK: Words and layout

        private func level(_ level: Summary.Level) -> String {
            "\(UnitText.count(level.peak)) at peak, \(UnitText.count(level.final)) at the end"
        }

        /// A name of summary.json as words: accept_queue.

        func field(_ label: String, _ text: String, _ ink: Ink = .plain) -> [Line] {
            layout.wrap(text, ink, first: Line(label, .dim), indent: labelColumns)
        }

        /// Sentences, each on lines of its own.
        func list(_ label: String, _ sentences: [String], _ ink: Ink) -> [Line] {
            sentences.enumerated().flatMap { index, sentence in field(index == 0 ? label : "", sentence, ink) }
        }
    }
}

extension String {
    fileprivate func padded(to columns: Int) -> String {
        self + String(repeating: " ", count: max(0, columns - Glyphs.columns(self)))
    }
}
