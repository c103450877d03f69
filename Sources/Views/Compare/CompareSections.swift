import Conductor
import Foundation
import Profiles

/// The sections of a comparison's page.
enum CompareSections {
    // MARK: What it came to

    static func verdict(_ comparison: Comparison) -> Markup {
        var parts: [Markup] = [.tag("h2", "Verdict")]
        for (index, conclusion) in comparison.conclusions.enumerated() {
            let outcome = (comparison.outcomes ?? []).indices.contains(index) ? comparison.outcomes?[index] : nil
            let style = outcome?.verdict == .different ? "verdict differs" : outcome?.verdict == .unknown ? "verdict warning" : "verdict plain"
            // What differs, then by how much.
            let head = outcome?.head ?? conclusion
            let rest = String(conclusion.dropFirst(head.count).drop { " :".contains($0) })
            parts.append(.tag("p", ["class": style], [.tag("strong", head), .text(rest)]))
        }
        if comparison.isInterrupted {
            parts.append(.paragraph("The comparison did not come to its end; what follows is of the rounds that are complete.", "verdict warning"))
        }
        parts.append(.tag("div", ["class": "tiles"], tiles(comparison).map { value, name in .tag("div", ["class": "tile"], [.tag("span", value), .tag("small", name)]) }))
        return .tag("section", ["id": "verdict", "class": "verdict-section"], parts)
    }

    private static func tiles(_ comparison: Comparison) -> [(String, String)] {
        let outcomes = comparison.outcomes ?? []
        let whole = comparison.runs.count { $0.round > 0 && $0.isWhole }
        return [
            ("\(comparison.roundsComplete) of \(comparison.roundsPlanned)", "rounds complete"),
            (UnitText.count(whole), "runs compared, \(UnitText.count(comparison.runs.count)) made"),
            (UnitText.count(outcomes.reduce(0) { $0 + $1.differing }), "figures differ, of \(UnitText.count(outcomes.reduce(0) { $0 + $1.judged }))"),
            (UnitText.count(outcomes.reduce(0) { $0 + $1.perhaps }), "more may differ, or be chance"),
        ]
    }

    // MARK: Ratios

    static func ratios(_ comparison: Comparison) -> Markup {
        var parts: [Markup] = [.tag("h2", "Ratios and how sure they are")]
        let figures = comparison.variants.enumerated().dropFirst().compactMap { index, variant in forest(comparison, variant.label, ink: index) }
        parts += figures.isEmpty ? [.paragraph("No round is complete, so there is nothing to compare.")] : figures
        parts.append(.paragraph("A dot is the median of the ratios, the line its 95 % interval. An arrow points at what lies farther out than is drawn.", "note"))
        return .tag("section", ["id": "ratios"], parts)
    }

    private static func forest(_ comparison: Comparison, _ label: String, ink: Int) -> Markup? {
        let base = comparison.variants[0].label
        let rows = comparison.figures.compactMap { figure -> ForestPlot.Row? in
            guard let ratio = figure.ratios.first(where: { $0.variant == label }), let median = ratio.median else { return nil }
            let interval = CompareTable.interval(ratio, dash: "–")
            let told = [
                figure.name, "\(CompareTable.number(median))\(interval.isEmpty ? "" : " (\(interval))"): \(ratio.verdict.rawValue)",
                "\(comparison.heading(base)): \(CompareTable.value(figure.medians[base] ?? nil))", "\(comparison.heading(label)): \(CompareTable.value(figure.medians[label] ?? nil))",
            ]
            return ForestPlot.Row(
                name: figure.name, median: median, low: ratio.low, high: ratio.high, isSure: ratio.verdict.isSure, told: told.joined(separator: "\n"))
        }
        guard !rows.isEmpty else { return nil }
        return ForestPlot(
            id: "figure-ratios-\(label)", title: "\(comparison.heading(label)), times \(comparison.heading(base))", ink: ink, rows: rows).figure
    }

    // MARK: Figures

    static func figures(_ comparison: Comparison) -> Markup {
        var parts: [Markup] = [.tag("h2", "Figures")]
        for variant in comparison.variants.dropFirst() {
            if comparison.variants.count > 2 { parts.append(.tag("h3", "\(comparison.heading(variant.label)) beside \(comparison.heading(comparison.variants[0].label))")) }
            parts.append(table(comparison, variant.label))
        }
        parts.append(.paragraph("Medians over the complete rounds. \(CompareTable.caution(comparison))", "note"))
        if !comparison.notCompared.isEmpty { parts.append(.paragraph("Not measured: \(comparison.notCompared.joined(separator: "; ")).", "note")) }
        return .tag("section", ["id": "figures"], parts)
    }

    private static func table(_ comparison: Comparison, _ label: String) -> Markup {
        let base = comparison.variants[0].label
        let head = ["figure", "unit", comparison.heading(base), comparison.heading(label), "ratio", CompareTable.interval, "p", ""]
        let rows = comparison.figures.compactMap { figure -> [Markup]? in
            guard let ratio = figure.ratios.first(where: { $0.variant == label }), ratio.pairs > 0 else { return nil }
            let verdict = Markup.tag("span", ["class": ratio.verdict.isSure ? "held sure" : "held \(ratio.verdict == .noDifference ? "same" : "unsure")"], ratio.verdict.rawValue)
            return [
                .text(CompareTable.nameAlone(figure)), .tag("span", ["class": "unitcell"], figure.unit), .text(CompareTable.value(figure.medians[base] ?? nil)),
                .text(CompareTable.value(figure.medians[label] ?? nil)), .text(ratio.median.map(CompareTable.number) ?? ""),
                .text(CompareTable.interval(ratio, dash: "–")), .text(CompareTable.probability(ratio.adjustedProbability)), verdict,
            ]
        }
        return rows.isEmpty ? .paragraph("No round is complete.") : .table(head, rows, style: "figures compared")
    }

    // MARK: Plans, runs, method

    static func plans(_ comparison: Comparison) -> Markup {
        var parts: [Markup] = [.tag("h2", "What the plans say differently")]
        if let differences = comparison.planDifferences, !differences.isEmpty {
            let head = ["key of plan.json"] + comparison.variants.map { comparison.heading($0.label) }
            let rows = differences.map { difference in
                [Markup.tag("code", difference.key)] + comparison.variants.map { .tag("span", ["class": "words"], difference.values[$0.label] ?? "-") }
            }
            parts.append(.table(head, rows, style: "figures plans"))
        } else {
            parts.append(.paragraph(comparison.planDifferences == nil ? "Not recorded by the version that made the comparison." : "Nothing: all variants are the same run."))
        }
        return .tag("section", ["id": "plans"], parts)
    }

    static func runs(_ comparison: Comparison) -> Markup {
        let head = ["run", "round", "variant", "joins/s", "ramp", "waited for quiet", "verdict"]
        let rows = comparison.runs.map { run -> [Markup] in
            let joins = run.figures["ramp.joins_per_second"] ?? nil
            let seconds = run.figures["ramp.seconds"] ?? nil
            let verdict = run.interferenceVerdict == "generator-bound" ? "\(run.verdict), generator-bound" : run.verdict
            return [
                .tag("a", ["href": "\(run.directory)/report.html"], run.directory), .text(run.round == 0 ? "warm-up" : String(run.round)),
                .text(comparison.heading(run.variant)), .text(CompareTable.value(joins)), .text(seconds.map { UnitText.seconds(($0 * 1_000).rounded() / 1_000) } ?? ""),
                .text(UnitText.seconds((run.quietSeconds * 10).rounded() / 10) + (run.isQuiet ? "" : ", not quite")),
                .tag("span", ["class": run.isWhole ? "" : "words"], verdict),
            ]
        }
        var parts: [Markup] = [.tag("h2", "Runs"), .paragraph("\(CompareTable.runs(comparison)). For quiet the comparison \(CompareTable.quiet(comparison)).")]
        if !rows.isEmpty { parts.append(.table(head, rows)) }
        return .tag("section", ["id": "runs"], parts)
    }

    static func method(_ comparison: Comparison) -> Markup {
        .tag("section", ["id": "method"], [.tag("h2", "Method"), .paragraph(comparison.method)])
    }

    static func remarks(_ comparison: Comparison) -> Markup {
        let parts: [Markup] = [.tag("h2", "Remarks"), comparison.remarks.isEmpty ? .paragraph("None.") : .list(comparison.remarks)]
        return .tag("section", ["id": "remarks"], parts)
    }

    static func host(_ comparison: Comparison) -> Markup {
        .tag("section", ["id": "host"], [.tag("h2", "The host"), PlanSections.facts(of: comparison.host)])
    }

    static func again(_ comparison: Comparison) -> Markup {
        .tag(
            "section", ["id": "repeat"],
            [
                .tag("h2", "To repeat it"), .tag("pre", ["class": "command"], comparison.command),
                .facts([("simbench", .text(comparison.version)), ("profile", .text(comparison.profile)), ("seed", .text(String(comparison.seed)))]),
                .paragraph("All figures are in compare.json beside this page, each run's record in a folder of its own.", "note"),
            ])
    }
}
