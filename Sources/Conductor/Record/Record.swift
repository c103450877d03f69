import Foundation
import Glibc
import Lab
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
    var troubles: [String] = []

    /// Makes the directory and its files; throws a sentence.
    init(directory: String, plan: Plan) throws {
        self.directory = directory
        do { try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true) } catch {
            throw Self.refused("The run directory \(directory) cannot be made: \(error.localizedDescription)")
        }
        do { try WholeFile.write(plan.encoded(), to: directory + "/plan.json") } catch {
            throw Self.refused("The run directory cannot be written. \(error)")
        }
        samples = open(directory + "/samples.csv", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        events = open(directory + "/events.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        tsung = open(directory + "/tsung.log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard samples >= 0, events >= 0, tsung >= 0 else {
            throw Self.refused("The run directory \(directory) cannot be written: \(String(cString: strerror(errno))).")
        }
        put(Sample.header + "\n", to: samples, "samples.csv")
        put(TsungLog.head, to: tsung, "tsung.log")
        // So that the record can be drawn on another machine, too. Without it the plan's own path is tried.
        if let reference = plan.referencePath {
            try? FileManager.default.copyItem(atPath: reference, toPath: "\(directory)/\(Self.referenceName)")
        }
    }

    /// Nothing was built yet, so that the host cannot carry the run is all there is to say.
    private static func refused(_ sentence: String) -> LabError { LabError(.hostCannot, "\(sentence) Choose another with --out.") }

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
        do { try WholeFile.write(Data(latencies.csv.utf8), to: directory + "/latency.csv") } catch { troubles.append(error.description) }
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
        do { try WholeFile.write(summary.encoded(), to: directory + "/summary.json") } catch {
            throw RunError("\(error) What was written of the samples and events of the run is in \(directory).")
        }
    }

    private func put(_ text: String, to file: Int32, _ name: String) {
        let count = text.utf8.count
        let written = text.withCString { write(file, $0, count) }
        guard written != count else { return }
        // A short write sets no errno: there was room for a part of it.
        let reason = written < 0 ? String(cString: strerror(errno)) : "the disk is full"
        let place = "\(directory)/\(name)"
        guard !troubles.contains(where: { $0.hasPrefix(place) }) else { return }
        troubles.append("\(place) is incomplete: writing failed (\(reason)). The run goes on.")
        if file != events { note(troubles[troubles.count - 1]) }
    }
}

extension Record {
    /// `2026-01-02T03:04:05Z`
    public static func timestamp(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
            parts.tm_min, parts.tm_sec)
    }
}

/// A run that could not begin or go on, in a sentence.
public struct RunError: Error, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}
