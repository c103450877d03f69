import Foundation
import Profiles

/// A run directory, read again.
public struct SavedRun {
    public let directory: String
    public let plan: Plan
    /// Model seconds and connections in model units: divided by the part of the users that really connected.
    public let points: [(seconds: Double, connected: Double)]

    /// Throws a sentence that names the file and what is wrong with it.
    public init(directory: String) throws {
        self.directory = directory
        let path = directory + "/plan.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RunError("\(path) cannot be read: \(directory) is no run directory, or is not yours to read.")
        }
        do { plan = try Plan.decode(data) } catch {
            throw RunError("\(path) is damaged, or was written by another version of simbench: \(Damage.sentence(error))")
        }
        points = try Self.curve(directory + "/samples.csv", scale: plan.connectionScale)
    }

    /// What is larger is no figure of a run.
    private static let largest = 1e12

    /// A last line that was cut off by a crash is left out; everything before it counts.
    private static func curve(_ path: String, scale: Double) throws -> [(seconds: Double, connected: Double)] {
        guard let data = FileManager.default.contents(atPath: path) else { throw RunError("\(path) cannot be read.") }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
        let names = lines.first?.split(separator: ",").map(String.init) ?? []
        guard let time = names.firstIndex(of: "model_t_s"), let connected = names.firstIndex(of: "connected") else {
            throw RunError("\(path) has no columns model_t_s and connected: it was not written by simbench.")
        }
        return lines.dropFirst().compactMap { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == names.count, let seconds = Double(cells[time]), let count = Double(cells[connected]),
                abs(seconds) < largest, abs(count) < largest
            else { return nil }
            return (seconds, count / max(scale, 1e-6))
        }
    }
}
