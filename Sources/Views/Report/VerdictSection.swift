import Conductor
import Profiles

/// What the run came to, and what it was held to: the first thing a reader sees.
enum VerdictSection {
    static func render(_ run: ReportRun, isOnly: Bool) -> Markup {
        let word = run.summary?.verdict ?? "cut off"
        let (style, sign) = word == "passed" ? ("good", "✓") : word == "interrupted" || word == "cut off" ? ("warning", "!") : ("bad", "✗")
        let heading = isOnly ? "Verdict" : "Verdict of \(run.name)"
        var parts: [Markup] = [
            .tag("h2", heading),
            .tag(
                "p", ["class": "verdict \(style)"],
                [.tag("strong", ["data-figure": "verdict", "data-value": run.summary?.verdict ?? "null"], "\(sign) \(word.prefix(1).uppercased() + word.dropFirst())"), .text(" " + sentence(run))]),
        ]
        parts += run.record.remarks.map { .paragraph($0, "warning") }
        if let summary = run.summary {
            parts.append(tiles(summary))
            if !summary.expectations.isEmpty { parts.append(expectations(summary.expectations)) }
        } else {
            parts.append(.paragraph(run.highest("connected") == nil ? "Nothing was sampled." : "The highest that was sampled: \(sampled(run))."))
        }
        return .tag("section", ["id": isOnly ? "verdict" : "verdict-\(run.index + 1)", "class": "verdict-section"], parts)
    }

    private static func sentence(_ run: ReportRun) -> String {
        guard let summary = run.summary else {
            return "The run left no summary.json: it was killed, or its disk was full. What follows is what was recorded until then."
        }
        let results = summary.expectations
        let failed = results.count { !$0.held }
        switch summary.verdict {
        case "interrupted": return "The run was interrupted before its end; figures are those of the moment."
        case "broken": return "The run broke off. \(summary.ceiling.evidence.first ?? "")"
        default: break
        }
        if results.isEmpty { return "The profile expects nothing." }
        if failed == 0 { return results.count == 1 ? "The one expectation held." : "All \(results.count) expectations held." }
        let which = results.filter { !$0.held }.prefix(mostNamed).map { result in
            "\(result.figure) is \(ExpectationText.measured(result) ?? "not measured"), not \(result.comparison) \(ExpectationText.bound(result))"
        }
        let rest = failed > mostNamed ? "; and \(failed - mostNamed) more" : ""
        return "\(failed) of \(results.count) expectation\(results.count == 1 ? "" : "s") did not hold: \(which.joined(separator: "; "))\(rest)."
    }

    /// Of the expectations that failed, the most that are named in the sentence; the table has them all.
    private static let mostNamed = 3

    private static func sampled(_ run: ReportRun) -> String {
        ["users", "connected", "joined"].map { name in
            "\(run.highest(name).map { UnitText.count(Int($0)) } ?? "no") \(name)"
        }.joined(separator: ", ")
    }

    /// The figures that everybody asks for.
    private static func tiles(_ summary: Summary) -> Markup {
        let errors = summary.errors.values.reduce(0, +)
        let tiles: [(String, Markup)] = [
            ("joined at peak", count("joined.peak", summary.joined.peak)),
            ("connected at peak", count("connected.peak", summary.connected.peak)),
            ("answered the last heartbeat", .figure("verified.replied", summary.verified.map { Double($0.replied) }, summary.verified.map { UnitText.count($0.replied) })),
            ("lost", count("lost", summary.lost)),
            ("errors", count("errors.total", errors)),
            ("joins a second", .figure("ramp.joins_per_second", summary.ramp.joinsPerSecond, summary.ramp.joinsPerSecond.map { UnitText.number($0.rounded(), places: 0) })),
            ("bytes per connection, both ends", .figure("bytes_per_connection.pair", summary.bytesPerConnection.pair, summary.bytesPerConnection.pair.map(Words.perConnection))),
            ("join, 99th percentile", .figure("latency_us.join.p99", summary.latencyUs.join.map { Double($0.p99) }, summary.latencyUs.join.map { Words.microseconds($0.p99) })),
        ]
        return .tag("div", ["class": "tiles"], tiles.map { name, figure in .tag("div", ["class": "tile"], [figure, .tag("small", name)]) })
    }

    private static func count(_ path: String, _ value: Int) -> Markup { .figure(path, Double(value), UnitText.count(value)) }

    private static func expectations(_ results: [Summary.ExpectationResult]) -> Markup {
        let rows = results.map { result -> [Markup] in
            [
                .tag("code", result.figure), .text("\(result.comparison) \(ExpectationText.bound(result))"),
                .figure(result.figure, result.measured, ExpectationText.measured(result)),
                .tag("span", ["class": result.held ? "held good" : "held bad"], result.held ? "✓ held" : "✗ failed"),
            ]
        }
        return .table(["figure of summary.json", "expected", "measured", ""], rows, style: "figures expectations")
    }
}
