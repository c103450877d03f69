import Conductor
import Foundation
import Profiles

/// What a page says of the plan: told once a run, since it does not change.
struct PlanCard: Encodable {
    var version: String
    var profile: String
    var about: String
    var engine: String
    var fit: String
    var speedup: Double
    var users: Int
    var workers: Int
    var network: String
    /// Which memory nodes and CPUs serve whom; nil where there was nothing to choose.
    var placement: Map?
    /// Where the record is.
    var directory: String
    /// The text that `simbench plan` prints.
    var text: String
    /// Sentences.
    var degraded: [String]
    var expectations: [String]
    /// The published curve in this run's number of connections: pairs of model seconds and connections.
    var reference: [[Double]]
    /// With which so many connections the droplet's memory is meant to be full.
    var memoryKneeConnections: Int?

    /// A small table, its first row the heads of the columns.
    struct Map: Encodable {
        var mode: String
        var rows: [[String]]
        /// What else there is to say, a sentence.
        var note: String?

        init?(_ plan: Plan) {
            guard PlacementText.isWorthTelling(plan), let placement = plan.placement, let rows = PlacementText.rows(plan) else { return nil }
            mode = placement.mode.rawValue
            self.rows = [PlacementText.columns] + rows
            note = plan.rps == .target ? PlacementText.steering : nil
        }
    }

    /// More points than a screen has columns are of no use.
    private static let referencePointLimit = 600

    init(_ plan: Plan, directory: String) {
        version = plan.version
        profile = plan.profile
        about = plan.about
        engine = plan.engine.rawValue
        fit = plan.fit.rawValue
        speedup = plan.speedup
        users = plan.users
        workers = plan.workers.count
        network = plan.network.rawValue
        placement = Map(plan)
        self.directory = directory
        text = plan.description
        degraded = plan.degraded
        expectations = plan.expectations.map { FigureText.wanted($0.figure, $0.comparison, $0.value) }
        let reference = plan.referencePath.flatMap { try? Reference.load(path: $0) }
        self.reference = reference.flatMap { $0.isComparable(users: plan.modelUsers) ? $0 : nil }.map { Self.points($0, scale: plan.connectionScale) } ?? []
        memoryKneeConnections = plan.cap.flatMap { $0.exactBytes == nil ? $0.kneeConnections : nil }
    }

    private static func points(_ reference: Reference, scale: Double) -> [[Double]] {
        let samples = reference.loadPoints
        let step = max(1, (samples.count + referencePointLimit - 1) / referencePointLimit)
        var kept = stride(from: 0, to: samples.count, by: step).map { samples[$0] }
        if let last = samples.last, kept.last?.modelSeconds != last.modelSeconds { kept.append(last) }
        let first: [[Double]] = kept.isEmpty ? [] : [[0, 0]]
        return first + kept.map { [$0.modelSeconds.rounded(to: 1_000), ($0.connected * scale).rounded(to: 10)] }
    }
}

extension Double {
    fileprivate func rounded(to parts: Double) -> Double { (self * parts).rounded() / parts }
}
