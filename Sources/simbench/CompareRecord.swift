import Conductor
import Foundation
import Profiles
import Views

/// What a comparison leaves beside its runs.
enum CompareRecord {
    private static let json = Comparison.fileName
    static let page = "compare.html"

    static func isIn(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(json)") }

    /// What there is so far, while a comparison is under way: it is there even if the comparison is killed.
    static func keep(_ comparison: Comparison, _ folder: String) throws {
        try put([(json, comparison.encoded())], folder)
    }

    static func write(_ comparison: Comparison, _ folder: String) throws {
        try put(
            [
                (json, comparison.encoded()), ("compare.md", Data(CompareMarkdown.render(comparison).utf8)), (page, html(comparison, folder)),
            ], folder)
    }

    /// Makes the page of a comparison that is over, or was killed.
    static func draw(_ folder: String, to path: String? = nil) throws -> String {
        let comparison = try read(folder)
        let path = path ?? "\(folder)/\(page)"
        do { try WholeFile.write(html(comparison, folder), to: path) } catch {
            throw Failure.hostCannot("\(error.description) Name another file with --html.")
        }
        return path
    }

    static func read(_ folder: String) throws -> Comparison {
        do { return try Comparison.load(directory: folder) } catch { throw Failure.usage(error.description) }
    }

    private static func html(_ comparison: Comparison, _ folder: String) -> Data {
        var records: [String: RunRecord] = [:]
        for run in comparison.runs where run.round > 0 && run.isWhole {
            records[run.directory] = try? RunRecord(directory: "\(folder)/\(run.directory)")
        }
        return Data(CompareHTML.render(comparison, runs: records).utf8)
    }

    /// As many of the files as can be written, and a sentence about the first that cannot.
    private static func put(_ files: [(name: String, data: Data)], _ folder: String) throws {
        var trouble: RunError?
        for (name, data) in files {
            do { try WholeFile.write(data, to: "\(folder)/\(name)") } catch { trouble = trouble ?? error }
        }
        if let trouble { throw Failure.broken("\(trouble.description) The records of the runs are in \(folder).") }
    }
}
