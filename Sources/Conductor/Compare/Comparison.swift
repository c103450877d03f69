import Foundation
import Profiles

/// What a comparison came to: `compare.json`, schema `simbench.compare/1`. A figure that could not be measured is null.
public struct Comparison: Codable, Equatable, Sendable {
    public struct Variant: Codable, Equatable, Sendable {
        /// A, B, C …
        public var label: String
        public var value: String
        public var engine: Plan.EngineKind
        public var network: Plan.NetworkModel
        public var users: Int
        public var fit: Plan.Fit
        /// What the plan gives up on this host.
        public var degraded: [String]
    }
    /// One run, in the order in which they were made.
    public struct Entry: Codable, Equatable, Sendable {
        public var variant: String
        /// From 1 on; 0 is a warm-up run.
        public var round: Int
        /// Below the comparison's own.
        public var directory: String
        /// What was waited for quiet before it, and whether it came.
        public var quietSeconds: Double
        public var isQuiet: Bool
        public var exitStatus: Int32
        /// Of its summary; or why there is none, in a sentence.
        public var verdict: String
        public var interferenceVerdict: String?
        /// By dotted path of summary.json.
        public var figures: [String: Double?]
    }
    public struct Figure: Codable, Equatable, Sendable {
        /// Its dotted path in summary.json.
        public var path: String
        public var name: String
        public var unit: String
        /// By label, over the rounds that are complete.
        public var medians: [String: Double?]
        public var ratios: [Ratio]
    }
    /// A variant's figure over that of the first variant, in runs of the same round.
    public struct Ratio: Codable, Equatable, Sendable {
        public var variant: String
        public var base: String
        public var pairs: Int
        public var median: Double?
        /// At 95 %; nil with too few pairs.
        public var low: Double?
        public var high: Double?
        public var bootstrapLow: Double?
        public var bootstrapHigh: Double?
        /// How often chance alone makes ratios that are as far from 1; nil with too few pairs.
        public var probability: Double?
        /// The same as it counts among all figures of the comparison.
        public var adjustedProbability: Double?
        public var verdict: Judgement
        /// In the order of the rounds.
        public var all: [Double]
    }
    public enum Judgement: String, Codable, Sendable {
        case noDifference = "no difference"
        case less, more
        /// The interval does not cover 1, but among so many figures some that miss by chance have to be expected.
        case perhapsLess = "perhaps less"
        case perhapsMore = "perhaps more"
        case tooFew = "too few runs"
    }
    /// What a variant came to beside the first, over all figures.
    public struct Outcome: Codable, Equatable, Sendable {
        public enum Word: String, Codable, Sendable {
            case different
            case noDifference = "no difference"
            /// No figure has an interval, or there are too few pairs to be sure of those that seem to differ.
            case unknown
        }
        public var variant: String
        public var base: String
        public var verdict: Word
        /// Figures that have an interval, and how many of these differ, or perhaps.
        public var judged: Int
        public var differing: Int
        public var perhaps: Int
        /// How the conclusion begins: what differs, without by how much; nil in records of versions that had none.
        public var head: String?
    }
    /// Something that the variants' plans say differently, by label.
    public struct PlanDifference: Codable, Equatable, Sendable {
        /// Its dotted path in plan.json; [] stands for every element of a list.
        public var key: String
        public var values: [String: String]
    }
    public struct Quiet: Codable, Equatable, Sendable {
        public var secondsTotal: Double
        public var secondsMost: Double
        /// Runs before which the host did not become quiet in time.
        public var unquiet: Int
    }

    public var schema = "simbench.compare/1"
    public var version: String
    public var profile: String
    public var key: String
    public var seed: UInt64
    public var variants: [Variant]
    public var roundsPlanned: Int
    public var roundsComplete: Int
    public var warmupRuns: Int
    /// Such as A B, B A.
    public var order: [String]
    public var isInterrupted: Bool
    public var quiet: Quiet
    public var figures: [Figure]
    /// Names of figures that no run measured.
    public var notCompared: [String]
    /// One for each variant but the first, in sentences.
    public var conclusions: [String]
    /// The same in words and numbers; nil in records of versions that had none.
    public var outcomes: [Outcome]?
    /// nil in records of versions that did not look.
    public var planDifferences: [PlanDifference]?
    public var remarks: [String]
    public var method: String
    /// The command that repeats it.
    public var command: String
    public var runs: [Entry]
    public var host: HostFacts

    /// How a table is headed: the value, and the label where a value stands twice.
    public func heading(_ label: String) -> String {
        guard let variant = variants.first(where: { $0.label == label }) else { return label }
        return variants.filter { $0.value == variant.value }.count > 1 ? "\(variant.value) (\(label))" : variant.value
    }

    /// The record, below the comparison's, of the variant's run that ramped in the median time; nil without one.
    public func medianRun(_ label: String) -> String? {
        let runs = runs.filter { $0.variant == label && $0.round > 0 && $0.isWhole }.compactMap { run -> (seconds: Double, directory: String)? in
            guard let seconds = run.figures["ramp.seconds"] ?? nil else { return nil }
            return (seconds, run.directory)
        }
        let ordered = runs.sorted { ($0.seconds, $0.directory) < ($1.seconds, $1.directory) }
        return ordered.isEmpty ? nil : ordered[(ordered.count - 1) / 2].directory
    }

    /// The text of compare.json. The same comparison always gives the same bytes.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

extension Comparison.Ratio {
    /// Spells out null, where the synthesised form leaves nil out.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(variant, forKey: .variant)
        try container.encode(base, forKey: .base)
        try container.encode(pairs, forKey: .pairs)
        try container.encode(median, forKey: .median)
        try container.encode(low, forKey: .low)
        try container.encode(high, forKey: .high)
        try container.encode(bootstrapLow, forKey: .bootstrapLow)
        try container.encode(bootstrapHigh, forKey: .bootstrapHigh)
        try container.encode(probability, forKey: .probability)
        try container.encode(adjustedProbability, forKey: .adjustedProbability)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(all, forKey: .all)
    }
}
