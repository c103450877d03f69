import Foundation
import Glibc
import Profiles

/// A run's directory: what is written while it lasts, and at its end.
///
/// Rows and events are written as they happen, so that the record is complete up to the moment whatever becomes of the run.
public final class Record {
    let directory: String
    private let samples: Int32
    private let tsung: Int32
    let events: Int32
    private let began = monotonicSeconds()
    private(set) var troubles: [String] = []

    /// Makes the directory and its files; throws a sentence.
    init(directory: String, plan: Plan) throws {
        self.directory = directory
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try plan.encoded().write(to: URL(fileURLWithPath: directory + "/plan.json"))
        } catch {
            throw RunError("The run directory \(directory) cannot be written: \(error.localizedDescription) Choose another with --out.")
        }
        samples = open(directory + "/samples.csv", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        events = open(directory + "/events.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        tsung = open(directory + "/tsung.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard samples >= 0, events >= 0, tsung >= 0 else {
            throw RunError("The run directory \(directory) cannot be written (errno \(errno)). Choose another with --out.")
        }
        put(Sample.header + "\n", to: samples, "samples.csv")
        put(TsungLog.head, to: tsung, "tsung.log")
        // So that the record can be drawn on another machine, too. Without it the plan's own path is tried.
        if let reference = plan.referencePath {
            try? FileManager.default.copyItem(atPath: reference, toPath: "\(directory)/\(Self.referenceName)")
        }
    }

    /// The published curve that the run is held against, as it was then.
    static let referenceName = "reference.csv"

    deinit {
        close(samples)
        close(events)
        close(tsung)
    }

    func note(_ sentence: String) {
        put(String(format: "%9.3f  %@\n", monotonicSeconds() - began, sentence as NSString), to: events, "events.log")
    }

    func append(_ sample: Sample) { put(sample.row + "\n", to: samples, "samples.csv") }

    /// A dump of `TsungLog`, whole lines.
    func append(dump: String) { put(dump, to: tsung, "tsung.log") }

    /// Leaves latency.csv: what the percentiles of the summary are told from.
    func keep(_ latencies: LatencyTable) {
        guard !latencies.buckets.isEmpty else { return }
        do { try Data(latencies.csv.utf8).write(to: URL(fileURLWithPath: directory + "/latency.csv"), options: .atomic) } catch {
            troubles.append("\(directory)/latency.csv could not be written: \(error.localizedDescription)")
        }
    }

    /// Adds a sentence to the events of a run that is over, in the time of its last event.
    public static func add(note sentence: String, in directory: String) {
        let path = directory + "/events.log"
        let last = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }?
            .split(separator: "\n").last?.split(separator: " ").first.flatMap { Double($0) }
        guard let file = FileHandle(forWritingAtPath: path) else { return }
        defer { try? file.close() }
        guard (try? file.seekToEnd()) != nil else { return }
        try? file.write(contentsOf: Data(String(format: "%9.3f  %@\n", last ?? 0, sentence as NSString).utf8))
    }

    /// Writes summary.json beside its place first, so that no reader ever sees half of it.
    func finish(_ summary: Summary) throws {
        let path = directory + "/summary.json"
        do {
            try summary.encoded().write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw RunError("\(path) could not be written: \(error.localizedDescription) The samples and events of the run are in \(directory).")
        }
    }

    private func put(_ text: String, to file: Int32, _ name: String) {
        let count = text.utf8.count
        let written = text.withCString { write(file, $0, count) }
        if written != count && !troubles.contains(where: { $0.contains(name) }) {
            troubles.append("\(directory)/\(name) is incomplete: writing failed (errno \(errno)); the disk may be full.")
        }
    }
}

/// A run that could not begin or go on, in a sentence.
public struct RunError: Error, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}
