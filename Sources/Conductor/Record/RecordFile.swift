import Foundation
import Profiles

/// A file of a run directory, read again. Whatever is wrong with it is a sentence that names it.
enum RecordFile {
    /// More than this is no file of a run.
    private static let mostBytes: UInt64 = 1 << 30

    /// nil where there is no such file.
    static func contents(_ directory: String, _ name: String) throws(RunError) -> Data? {
        let path = "\(directory)/\(name)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? UInt64 ?? 0
        guard size <= mostBytes else { throw RunError("\(path) is larger than \(mostBytes >> 20) MiB: it is no file of a run.") }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RunError("\(path) cannot be read: it is a directory, or not yours to read.")
        }
        return data
    }

    /// What a JSON file holds; nil where there is no such file.
    static func value<Value>(_ directory: String, _ name: String, _ decode: (Data) throws -> Value) throws(RunError) -> Value? {
        guard let data = try contents(directory, name) else { return nil }
        do { return try decode(data) } catch { throw RunError(JSONDamage.sentence(error, in: data, file: "\(directory)/\(name)")) }
    }
}

extension Plan {
    /// The plan in a run directory.
    public static func load(directory: String) throws(RunError) -> Plan {
        guard let plan = try RecordFile.value(directory, "plan.json", Plan.decode) else {
            throw RunError("\(directory) is no run directory: it has no plan.json.")
        }
        return plan
    }
}

extension Summary {
    private enum Key: String, CodingKey { case schema }

    /// The summary in a run directory.
    public static func load(directory: String) throws(RunError) -> Summary {
        guard let summary = try RecordFile.value(directory, "summary.json", decode) else {
            throw RunError("\(directory)/summary.json cannot be read: the run was killed before its end, or \(directory) is no run directory.")
        }
        return summary
    }

    /// The summary that `encoded()` wrote.
    public static func decode(_ json: Data) throws -> Summary {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let summary = try decoder.decode(Summary.self, from: json)
        guard summary.schema == "simbench.summary/1" else {
            throw DecodingError.dataCorrupted(.init(codingPath: [Key.schema], debugDescription: "It is not simbench.summary/1."))
        }
        return summary
    }
}
