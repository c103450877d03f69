import Foundation
import Glibc
import Profiles

/// The folder a run leaves its record in: made, empty and writable before anything is built.
enum RunFolder {
    private static let mostOfOneSecond = 100

    /// The folder that --out names. It may exist, but not with anything in it.
    static func use(_ path: String) throws -> String {
        guard !path.isEmpty else { throw Failure.usage("--out is empty; name a folder for the record.") }
        let path = URL(fileURLWithPath: path).standardizedFileURL.path
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) {
            guard isDirectory.boolValue else {
                throw Failure.usage("--out \(path) is a file; name a folder for the record.")
            }
            guard let files = try? FileManager.default.contentsOfDirectory(atPath: path) else { throw refused(path, EACCES) }
            guard files.isEmpty else {
                throw Failure.usage("--out \(path) is not empty; name a new folder, so that no record is overwritten.")
            }
        } else {
            try makeParents(of: path)
            guard mkdir(path, 0o777) == 0 else { throw refused(path, errno) }
        }
        return try checked(path)
    }

    /// A new folder under ./runs, named after the run and the time.
    static func make(for plan: Plan) throws -> String { try make(named: "\(plan.profile)-\(plan.engine.rawValue)") }

    static func make(named name: String) throws -> String {
        let stem = "\(name)-\(timestamp(Date()))"
        let base = URL(fileURLWithPath: "runs").standardizedFileURL.path
        for attempt in 1...mostOfOneSecond {
            let path = "\(base)/\(stem)" + (attempt == 1 ? "" : "-\(attempt)")
            try makeParents(of: path)
            if mkdir(path, 0o777) == 0 { return try checked(path) }
            guard errno == EEXIST else { throw refused(path, errno) }
        }
        throw Failure.hostCannot("\(base) holds \(mostOfOneSecond) runs of this second already; use --out FOLDER.")
    }

    /// `20260102T030405Z`
    static func timestamp(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d%02d%02dT%02d%02d%02dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
            parts.tm_min, parts.tm_sec)
    }

    private static func makeParents(of path: String) throws {
        let parent = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw refused(parent, errno)
        }
    }

    private static func checked(_ path: String) throws -> String {
        guard access(path, W_OK | X_OK) == 0 else { throw refused(path, errno) }
        return path
    }

    private static func refused(_ path: String, _ code: Int32) -> Failure {
        let reason = code == 0 ? "" : ": \(String(cString: strerror(code)))"
        return .hostCannot("The run's record cannot be written to \(path)\(reason). Name another folder with --out.")
    }
}
