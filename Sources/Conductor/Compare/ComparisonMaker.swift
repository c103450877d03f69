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
        let conclusions = labels.dropFirst().map { conclusion($0, figures) }
        return Comparison(
            version: base.version, profile: base.profile, key: request.key, seed: base.seed, variants: variants,
            roundsPlanned: request.rounds, roundsComplete: rounds.count, warmupRuns: request.warmupRuns,
            order: CompareOrder.rounds(variants: labels.count, count: request.rounds).map { $0.map { labels[$0] }.joined(separator: " ") },
            isInterrupted: isInterrupted, quiet: quiet, figures: figures.filter { !$0.ratios.allSatisfy { $0.pairs == 0 } },
            notCompared: figures.filter { $0.ratios.allSatisfy { $0.pairs == 0 } }.map(\.name),
            conclusions: conclusions.map(\.sentence), outcomes: conclusions.map(\.outcome),
            planDifferences: PlanDifferences.of(zip(labels, request.variants).map { ($0, $1.plan) }), remarks: allRemarks(rounds.count), method: Self.method,
            command: request.command, runs: entries, host: base.host)
    }

    private static let method =
        "Each figure of a variant is divided by that of the first variant in the same round; the ratio shown is the median of these. "
        + "Its 95 % interval is Student's t on the logarithms of the ratios (more than \(PairedRatios.mostPairsForT) pairs: the sign test's "
        + "order statistics), because the percentile bootstrap of the median, which compare.json has as well, is too narrow for so few pairs: it misses in 6 "
        + "to 8 of 100 comparisons. Where the interval covers 1 there is no difference to be seen. About 1 in 20 intervals misses by "
        + "chance, so a difference counts only where it is sure among all figures of the comparison together (Holm's correction: the chance "
        + "that any equal figure of it is called different is 5 %), and from \(fewestForProof) pairs on; else it is called perhaps. Latencies are told by "
        + "histogram bucket, CPU time and user memory in ticks and pages: their ratios are taken to vary at least by the rounding."

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
        let users = request.variants.map(\.plan.users).min() ?? 0
        let paired = zip(all, ratios).map { figure, ratios in
            let least = rounds.joined().compactMap { value($0, figure) }.min() ?? 0
            return ratios.map { PairedRatios($0, resolution: figure.resolution(at: least, connections: users)) }
        }
        // Every interval that is shown is one chance to be wrong.
        var adjusted = Holm.adjusted(paired.joined().map(\.probability))[...]
        return all.indices.map { index in
            let figure = all[index]
            let medians = labels.enumerated().map { place, label -> (String, Double?) in
                let values = rounds.compactMap { value($0[place], figure) }.sorted()
                return (label, values.isEmpty ? nil : PairedRatios.median(values))
            }
            let own = labels.dropFirst().enumerated().map { place, label in
                ratio(label, ratios[index][place], paired[index][place], adjusted: adjusted.popFirst() ?? nil)
            }
            return Comparison.Figure(
                path: figure.path, name: figure.name, unit: figure.unit, medians: Dictionary(uniqueKeysWithValues: medians), ratios: own)
        }
    }

    private func ratio(_ label: String, _ all: [Double], _ ratios: PairedRatios, adjusted: Double?) -> Comparison.Ratio {
        let interval = ratios.interval()
        let bootstrap = ratios.bootstrap(seed: request.variants[0].plan.seed)
        return Comparison.Ratio(
            variant: label, base: labels[0], pairs: ratios.count, median: ratios.median, low: interval?.low, high: interval?.high,
            bootstrapLow: bootstrap?.low, bootstrapHigh: bootstrap?.high, probability: ratios.probability, adjustedProbability: adjusted,
            verdict: Self.judge(ratios, adjusted: adjusted), all: all)
    }

    static let fewestForProof = 3

    /// - Parameter adjusted: the ratios' probability as it counts among all figures.
    static func judge(_ ratios: PairedRatios, adjusted: Double?) -> Comparison.Judgement {
        guard let interval = ratios.interval() else { return .tooFew }
        guard !(interval.low...interval.high).contains(1) else { return .noDifference }
        let isSure = ratios.count >= fewestForProof && (adjusted ?? 1) <= 1 - PairedRatios.level
        return interval.low > 1 ? (isSure ? .more : .perhapsMore) : (isSure ? .less : .perhapsLess)
    }

    // MARK: Words

    private func outcome(_ label: String, _ figures: [Comparison.Figure]) -> Comparison.Outcome {
        let judged = figures.compactMap { $0.ratios.first { $0.variant == label } }.filter { $0.pairs > 0 && $0.verdict != .tooFew }
        let differing = judged.count { $0.verdict.isSure }
        let perhaps = judged.count { $0.verdict.isUnsure }
        // Where no figure could have been sure, none that seems to differ is told to be equal.
        let isTold = perhaps == 0 ? !judged.isEmpty : judged.contains { $0.pairs >= Self.fewestForProof }
        return Comparison.Outcome(
            variant: label, base: labels[0], verdict: differing > 0 ? .different : isTold ? .noDifference : .unknown, judged: judged.count,
            differing: differing, perhaps: perhaps)
    }

    private func conclusion(_ label: String, _ figures: [Comparison.Figure]) -> (outcome: Comparison.Outcome, sentence: String) {
        var outcome = outcome(label, figures)
        let (own, base) = (name(label), name(labels[0]))
        let head: String
        switch outcome.verdict {
        case .unknown: head = "\(outcome.judged > 0 ? "Nothing is sure of" : "Nothing can be said of") \(own) against \(base)"
        case .noDifference: head = "No difference between \(base) and \(own)"
        case .different: head = "\(own) differs from \(base) in \(outcome.differing) of \(outcome.judged) figures"
        }
        outcome.head = head
        return (outcome, head + detail(outcome, label, figures, base: base))
    }

    /// How a conclusion goes on.
    private func detail(_ outcome: Comparison.Outcome, _ label: String, _ figures: [Comparison.Figure], base: String) -> String {
        let judged = "\(outcome.judged) \(outcome.judged == 1 ? "interval" : "intervals")"
        let chance = "by chance about \(UnitText.decimal(Double(outcome.judged) / 20, places: 1)) would"
        let missing = "\(outcome.perhaps) of \(judged) \(outcome.perhaps == 1 ? "misses" : "miss") 1, where \(chance)"
        switch outcome.verdict {
        case .unknown where outcome.judged > 0:
            return ": \(missing), and it takes \(Self.fewestForProof) complete pairs to be sure of any."
        case .unknown: return ": two complete pairs are the fewest that have an interval."
        case .noDifference where outcome.perhaps == 0: return ": every one of \(judged) covers 1."
        case .noDifference: return ": \(missing), and none is sure among so many."
        case .different:
            let sure = figures.compactMap { figure in
                figure.ratios.first { $0.variant == label && $0.verdict.isSure }.map { "\(figure.name) \(Self.three($0.median ?? 1))" }
            }
            let rest = outcome.perhaps == 0 ? "" : " \(outcome.perhaps) more \(outcome.perhaps == 1 ? "interval misses" : "intervals miss") 1 (perhaps)."
            return " (times that of \(base)): \(sure.joined(separator: "; "))." + rest
        }
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
        if failed > 0 { remarks.append("\(failed) \(failed == 1 ? "run" : "runs") did not meet the profile's expectations; their records say which.") }
        if quiet.unquiet > 0 { remarks.append("Before \(quiet.unquiet) runs the host did not become quiet in time.") }
        let bound = labels.filter { label in entries.contains { $0.variant == label && $0.round > 0 && $0.interferenceVerdict == "generator-bound" } }
        if !bound.isEmpty { remarks.append("Generator-bound: in runs of \(bound.map(name).joined(separator: ", ")) the workers, not the target, were the limit.") }
        return remarks
    }

    private func each(_ text: (Plan) -> String) -> String {
        zip(labels, request.variants).map { "\(name($0)) \(text($1.plan))" }.joined(separator: ", ")
    }
}

extension Comparison.Judgement {
    public var isSure: Bool { self == .less || self == .more }
    var isUnsure: Bool { self == .perhapsLess || self == .perhapsMore }
}

extension Comparison.Entry {
    /// It ran to its end, whatever its expectations say.
    public var isWhole: Bool { exitStatus == 0 || exitStatus == 1 }
}
