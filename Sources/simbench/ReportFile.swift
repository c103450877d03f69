import Conductor
import Foundation
import Views

/// The report.html of a run directory.
enum ReportFile {
    static let name = "report.html"

    /// Draws a run that has just ended, or was broken off, into its own directory.
    ///
    /// A report that cannot be drawn or written does not change what the run came to, nor its exit status: a note in
    /// events.log and a line on stderr say so, and `simbench report` makes up for it later.
    static func leave(in directory: String) {
        guard FileManager.default.fileExists(atPath: "\(directory)/plan.json") else { return }
        do { try write([RunRecord(directory: directory)], to: "\(directory)/\(name)") } catch {
            let sentence = "\(Failure.explain(error).sentence) The run is not touched by that: simbench report \(directory) draws it again."
            Record.add(note: sentence, in: directory)
            Failure.say(sentence)
        }
    }

    static func write(_ records: [RunRecord], to path: String) throws {
        do { try WholeFile.write(Data(ReportPage.render(records).utf8), to: path) } catch { throw Failure.hostCannot(error.description) }
    }
}
