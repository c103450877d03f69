import Conductor
import Profiles

/// What the runs of a sweep came to, as one table. Pure.
public enum SweepText {
    /// One profile of the sweep.
    public struct Row: Equatable, Sendable {
        public var profile: String
        /// Why it was not run; nil when it was.
        public var refusal: String?
        var memoryBytes: UInt64?
        var predicted: Int?
        var held: Int?
        var chargedBytes: Double?
        var cause = ""
        var dollarsPerHour: Double?
        var fit = ""

        public init(profile: String, refusal: String) {
            self.profile = profile
            self.refusal = refusal
        }

        public init(plan: Plan, summary: Summary) {
            profile = plan.profile
            memoryBytes = plan.target.droplet.memoryBytes
            let scale = plan.connectionScale
            predicted = plan.predictions.last.map { Int(Double($0.connected) / scale) }
            held = Int(Double(summary.joined.peak) / scale)
            chargedBytes = summary.droplet?.chargedPerConnection
            cause = summary.ceiling.cause
            fit = plan.fit.rawValue
            dollarsPerHour = plan.cloud?.dollarsPerHour
        }
    }

    private static let heads = ["profile", "memory", "predicted", "held", "stopped by", "fit", "$/h"]

    public static func render(_ sweep: Sweep, _ rows: [Row], style: Style) -> String {
        let layout = Layout(style: style)
        let cells = rows.filter { $0.refusal == nil }.map(Self.cells)
        var lines = [Line("\(sweep.name): \(sweep.about)", .bold)]
        if let table = layout.table([heads] + cells) {
            lines += table
        } else {
            lines += cells.flatMap { row in layout.wrap(zip(heads, row).map { "\($0) \($1)" }.joined(separator: ", "), indent: 2) }
        }
        for row in rows {
            if let refusal = row.refusal { lines += layout.wrap("\(row.profile) was not run. \(refusal)", indent: 2) }
        }
        return lines.map { $0.rendered(style) }.joined(separator: "\n") + "\n"
    }

    private static func cells(_ row: Row) -> [String] {
        [
            row.profile, row.memoryBytes.map { UnitText.bytes($0) } ?? "no limit", row.predicted.map { UnitText.count($0) } ?? "",
            row.held.map { UnitText.count($0) } ?? "", row.cause, row.fit,
            row.dollarsPerHour.map { UnitText.decimal($0, places: 3) } ?? "",
        ]
    }
}
