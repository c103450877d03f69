import Foundation
import Profiles

/// Makes a comparison of runs. Pure.
struct ComparisonMaker {
    let request: Compare.Request
    let entries: [Comparison.Entry]
    var remarks: [String]
    let isInterrupted: Bool

    private var labels: [String] { request.labels }

    func make() -> Comparison {
        let rounds = completeRounds
        let figures = figures(rounds)
        let base = request.variants[0].plan
        return Comparison(
            version: base.version, profile: base.profile, key: request.key, seed: base.seed, variants: variants,
            roundsPlanned: request.rounds, roundsComplete: rounds.count, warmupRuns: request.warmupRuns,
            order: CompareOrder.rounds(variants: labels.count, count: request.rounds).map { $0.map { labels[$0] }.joined(separator: " ") },
            isInterrupted: isInterrupted, quiet: quiet, figures: figures.filter { !$0.ratios.allSatisfy { $0.pairs == 0 } },
            notCompared: figures.filter { $0.ratios.allSatisfy { $0.pairs == 0 } }.map(\.name),
            conclusions: labels.dropFirst().map { conclusion($0, figures) }, remarks: allRemarks(rounds.count), method: Self.method,
            command: request.command, runs: entries, host: base.host)
    }

    private static let method =
        "Each figure of a variant is divided by that of the first variant in the same round; the ratio shown is the median of these. "
        + "Its 95 % interval is Student's t on the logarithms of the ratios (more than \(PairedRatios.mostPairsForT) pairs: the sign test's "
        + "order statistics), because the percentile bootstrap of the median, given beside it, is too narrow for so few pairs: it misses in 6 "
        + "to 8 of 100 comparisons. Where the interval covers 1 there is no difference to be seen. About 1 in 20 intervals misses by "
        + "chance, so a difference counts only where an interval widened for the number of figures (Bonferroni) misses 1, too; else it is "
        + "called perhaps."

    // MARK: Rounds

    /// Those in which every variant has run to its end, by number, with their runs in the variants' order.
    private var completeRounds: [[Comparison.Entry]] {
        (1...max(1, request.rounds)).compactMap { round in
            let runs = labels.compactMap { label in entries.first { $0.round == round && $0.variant == label && $0.isWhole } }
            return runs.count == labels.count ? runs : nil
        }
    }

    private var variants: [Comparison.Variant] {
        zip(labels, request.variants).map { label, variant in
            Comparison.Variant(
                label: label, value: variant.value, engine: variant.plan.engine, network: variant.plan.network, users: variant.plan.users,
                fit: variant.plan.fit, degraded: variant.plan.degraded)
        }
    }

    private var quiet: Comparison.Quiet {
        Comparison.Quiet(
            secondsTotal: entries.reduce(0) { $0 + $1.quietSeconds }, secondsMost: entries.map(\.quietSeconds).max() ?? 0,
            unquiet: entries.count { !$0.isQuiet })
    }

    // MARK: Figures

    private func figures(_ rounds: [[Comparison.Entry]]) -> [Comparison.Figure] {
        let all = ComparedFigure.all
        func value(_ entry: Comparison.Entry, _ figure: ComparedFigure) -> Double? { entry.figures[figure.path] ?? nil }
        let ratios = all.map { figure in
            labels.indices.dropFirst().map { variant in
                rounds.compactMap { runs -> Double? in
                    guard let base = value(runs[0], figure), let own = value(runs[variant], figure), base > 0, own > 0 else { return nil }
                    return own / base
                }
            }
        }
        // Every interval that is shown is one chance to be wrong.
        let shown = max(1, ratios.joined().count { $0.count >= 2 })
        return zip(all, ratios).map { figure, ratios in
            let medians = labels.enumerated().map { index, label -> (String, Double?) in
                let values = rounds.compactMap { value($0[index], figure) }.sorted()
                return (label, values.isEmpty ? nil : PairedRatios.median(values))
            }
            return Comparison.Figure(
                path: figure.path, name: figure.name, unit: figure.unit, medians: Dictionary(uniqueKeysWithValues: medians),
                ratios: zip(labels.dropFirst(), ratios).map { ratio($0, $1, among: shown) })
        }
    }

    private func ratio(_ label: String, _ all: [Double], among shown: Int) -> Comparison.Ratio {
        let ratios = PairedRatios(all)
        let interval = ratios.interval()
        let bootstrap = ratios.bootstrap(seed: request.variants[0].plan.seed)
        return Comparison.Ratio(
            variant: label, base: labels[0], pairs: ratios.count, median: ratios.median, low: interval?.low, high: interval?.high,
            bootstrapLow: bootstrap?.low, bootstrapHigh: bootstrap?.high, verdict: Self.judge(ratios, among: shown), all: all)
    }

    private static let fewestForProof = 3

    static func judge(_ ratios: PairedRatios, among figures: Int) -> Comparison.Judgement {
        guard let interval = ratios.interval() else { return .tooFew }
        guard !(interval.low...interval.high).contains(1) else { return .noDifference }
        let isMore = interval.low > 1
        let wide = ratios.interval(level: 1 - (1 - PairedRatios.level) / Double(figures))
        // Two figures that the clock's ticks have rounded alike are no proof.
        let isSure = ratios.count >= fewestForProof && (wide.map { !($0.low...$0.high).contains(1) } ?? false)
        return isMore ? (isSure ? .more : .perhapsMore) : (isSure ? .less : .perhapsLess)
    }

    // MARK: Words

    private func conclusion(_ label: String, _ figures: [Comparison.Figure]) -> String {
        let ratios = figures.compactMap { figure in figure.ratios.first { $0.variant == label && $0.pairs > 0 }.map { (figure.name, $0) } }
        let judged = ratios.filter { $0.1.verdict != .tooFew }
        let (own, base) = (name(label), name(labels[0]))
        guard !judged.isEmpty else { return "Nothing can be said of \(own) against \(base): two complete pairs are the fewest that have an interval." }
        let sure = judged.filter { [.less, .more].contains($0.1.verdict) }
        let perhaps = judged.count { [.perhapsLess, .perhapsMore].contains($0.1.verdict) }
        let chance = perhaps == 0 ? "" : " \(perhaps) more \(perhaps == 1 ? "interval misses" : "intervals miss") 1 (perhaps)."
        guard !sure.isEmpty else {
            let misses = perhaps == 0 ? "every interval covers 1" : "\(perhaps) of \(judged.count) intervals \(perhaps == 1 ? "misses" : "miss") 1, and none by more than chance explains among so many"
            return "No difference between \(base) and \(own): \(misses)."
        }
        let texts = sure.map { "\($0.0) \(Self.three($0.1.median ?? 1))" }
        return "\(own) differs from \(base) in \(sure.count) of \(judged.count) figures (times that of \(base)): \(texts.joined(separator: "; "))." + chance
    }

    /// A variant in a sentence: its value, and its label where a value stands twice.
    private func name(_ label: String) -> String {
        guard let index = labels.firstIndex(of: label) else { return label }
        let value = request.variants[index].value
        return request.variants.count { $0.value == value } > 1 ? "\(value) (\(label))" : value
    }

    private static func three(_ value: Double) -> String { String(format: value < 9.9995 ? "%.3f" : "%.1f", value) }

    private func allRemarks(_ complete: Int) -> [String] {
        var remarks = remarks
        if complete < request.rounds { remarks.append("\(complete) of \(request.rounds) rounds are complete; only these are compared.") }
        let plans = request.variants.map(\.plan)
        if Set(plans.map(\.users)).count > 1 { remarks.append("The variants differ in users: " + each { UnitText.count($0.users) } + ".") }
        if Set(plans.map(\.fit)).count > 1 { remarks.append("The variants differ in fit: " + each { $0.fit.rawValue } + ".") }
        for (label, plan) in zip(labels, plans) { remarks += plan.degraded.map { "\(name(label)): \($0)" } }
        let failed = entries.filter { $0.round > 0 && $0.exitStatus == 1 }.count
        if failed > 0 { remarks.append("\(failed) of the compared runs did not meet the profile's expectations; their records say which.") }
        if quiet.unquiet > 0 { remarks.append("Before \(quiet.unquiet) runs the host did not become quiet in time.") }
        let bound = labels.filter { label in entries.contains { $0.variant == label && $0.round > 0 && $0.interferenceVerdict == "generator-bound" } }
        if !bound.isEmpty { remarks.append("Generator-bound: in runs of \(bound.map(name).joined(separator: ", ")) the workers, not the target, were the limit.") }
        return remarks
    }

    private func each(_ text: (Plan) -> String) -> String {
        zip(labels, request.variants).map { "\(name($0)) \(text($1.plan))" }.joined(separator: ", ")
    }
}

extension Comparison.Entry {
    /// It ran to its end, whatever its expectations say.
    var isWhole: Bool { exitStatus == 0 || exitStatus == 1 }
}
