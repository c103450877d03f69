import Foundation
import Profiles

/// All of a run directory that a report is made of, read again.
///
/// A run that was cut off has no summary.json; whatever else is missing or damaged is an error in a sentence, with the
/// file and the line, but for what an older simbench did not write.
public struct RunRecord: Sendable {
    public let directory: String
    public let plan: Plan
    /// nil where the run did not come to its end.
    public let summary: Summary?
    public let samples: SampleTable
    public let latencies: LatencyTable
    /// The lines of events.log: wall seconds, two spaces, a sentence.
    public let events: [String]
    public let reference: Reference?
    /// What of the record could not be had, in sentences.
    public let remarks: [String]

    public init(
        directory: String, plan: Plan, summary: Summary?, samples: SampleTable, latencies: LatencyTable = LatencyTable(),
        events: [String] = [], reference: Reference? = nil, remarks: [String] = []
    ) {
        self.directory = directory
        self.plan = plan
        self.summary = summary
        self.samples = samples
        self.latencies = latencies
        self.events = events
        self.reference = reference
        self.remarks = remarks
    }

    /// Reads a run directory; throws a sentence.
    public init(directory: String) throws(RunError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory) else {
            throw RunError("\(directory) does not exist; name the directory of a run.")
        }
        guard isDirectory.boolValue else { throw RunError("\(directory) is a file; name the directory of a run.") }
        plan = try Plan.load(directory: directory)
        summary = try RecordFile.value(directory, "summary.json", Summary.decode)
        guard let samplesData = try RecordFile.contents(directory, "samples.csv") else {
            throw RunError("\(directory)/samples.csv is missing: the record is not complete.")
        }
        samples = try SampleTable(csv: String(decoding: samplesData, as: UTF8.self), file: directory + "/samples.csv")
        let latency = try RecordFile.contents(directory, "latency.csv")
        latencies = try latency.map { data throws(RunError) in
            try LatencyTable(csv: String(decoding: data, as: UTF8.self), file: directory + "/latency.csv")
        } ?? LatencyTable()
        events = String(decoding: try RecordFile.contents(directory, "events.log") ?? Data(), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        self.directory = directory
        (reference, remarks) = Self.reference(directory, plan, samples.remark)
    }

    /// The copy that the run left beside its samples; of an older run, the file that its profile named.
    private static func reference(_ directory: String, _ plan: Plan, _ remark: String?) -> (Reference?, [String]) {
        var remarks = remark.map { [$0] } ?? []
        guard let path = plan.referencePath else { return (nil, remarks) }
        let copy = "\(directory)/\(Record.referenceName)"
        do {
            return (try Reference.load(path: FileManager.default.fileExists(atPath: copy) ? copy : path), remarks)
        } catch {
            remarks.append("The run is drawn without its reference. \(error)")
            return (nil, remarks)
        }
    }
}
