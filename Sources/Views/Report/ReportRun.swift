import Conductor
import Profiles

/// A run as the sections of a report see it: its record, and its figures as points over model time.
struct ReportRun {
    let record: RunRecord
    /// Unlike the name of every other run in the report.
    let name: String
    /// Its place among them, which chooses its colour.
    let index: Int

    var plan: Plan { record.plan }
    var summary: Summary? { record.summary }

    /// More intervals than this make a rate that dances.
    private static let mostIntervals = 100

    static func all(_ records: [RunRecord]) -> [ReportRun] {
        let names = records.map { "\($0.plan.profile) on \($0.plan.engine.rawValue)" }
        let folders = records.map { $0.directory.split(separator: "/").last.map(String.init) ?? $0.directory }
        let places = records.indices.map { index in
            names.count { $0 == names[index] } > 1 ? "\(names[index]), \(folders[index])" : names[index]
        }
        return records.indices.map { index in
            let isTwice = places.count { $0 == places[index] } > 1
            return ReportRun(
                record: records[index], name: isTwice ? "\(places[index]) (\(index + 1))" : places[index], index: index)
        }
    }

    /// Connections over model time, in the model's numbers.
    static func curve(_ record: RunRecord) -> [Chart.Point] {
        let run = ReportRun(record: record, name: "", index: 0)
        return run.points("connected", per: run.scale) ?? []
    }

    /// The published curve, where the run can be held beside it.
    var reference: Reference? { Self.reference(record) }

    static func reference(_ record: RunRecord) -> Reference? {
        record.reference.flatMap { $0.isComparable(users: record.plan.modelUsers) ? $0 : nil }
    }

    /// Points of a column of samples.csv, divided by `unit`; nil where it was not measured.
    func points(_ column: String, per unit: Double = 1) -> [Chart.Point]? {
        record.samples.column(column).map { points($0, per: unit) }
    }

    private func points(_ values: [Double?], per unit: Double) -> [Chart.Point] {
        zip(record.samples.modelSeconds, values).compactMap { seconds, value in value.map { Chart.Point(x: seconds, y: $0 / unit) } }
    }

    /// How fast a total grows, per model second, over intervals of equal numbers of samples.
    func rates(_ totals: [Double?], per unit: Double = 1) -> [Chart.Point] {
        let points = points(totals, per: unit)
        let step = max(1, points.count / Self.mostIntervals)
        let ends = stride(from: 0, to: points.count, by: step).map { points[$0] }
        return zip(ends, ends.dropFirst()).compactMap { from, to in
            to.x > from.x ? Chart.Point(x: (from.x + to.x) / 2, y: max(0, to.y - from.y) / (to.x - from.x)) : nil
        }
    }

    func rates(_ column: String, per unit: Double = 1) -> [Chart.Point]? { record.samples.column(column).map { rates($0, per: unit) } }

    /// The part of the model's users that really connected; figures are divided by it to be in model units.
    var scale: Double { max(plan.connectionScale, 1e-6) }

    func highest(_ column: String) -> Double? { record.samples.column(column)?.compactMap { $0 }.max() }

    /// Model seconds at the last join.
    var rampEnd: Double? { summary?.ramp.seconds.map { $0 * plan.speedup } }
}
