import Glibc

/// Undoes what dead runs left behind.
public enum Cleanup {
    public struct Outcome: Equatable, Sendable {
        /// What was done, in sentences; empty when nothing was left.
        public var did: [String] = []
        /// What is still there, and why.
        public var failed: [String] = []
    }

    /// Undoes the journals whose owner is dead. Journals of living runs are left alone, and so are processes, whosever
    /// they are: a control group that still has some stays, and is told. Namespaces and links need no sweep: they died
    /// with their last holder. Cheap when there is nothing: one look into a directory.
    public static func sweep(directory: String? = nil) -> Outcome { sweep(directory: directory, undoers: Undoers()) }

    static func sweep(directory: String?, undoers: Undoers) -> Outcome {
        let directory = directory ?? Journal.defaultDirectory()
        var outcome = Outcome()
        for (file, record) in Journal.all(in: directory) {
            guard let record else {
                outcome.failed.append("\(directory)/\(file) is no journal of this version: look into it and remove it.")
                continue
            }
            let run = "the run of process \(record.owner.pid)"
            switch record.owner.state {
            case .alive:
                continue
            case .unknown:
                outcome.failed.append("\(directory)/\(file) belongs to \(run) in another container: clean up there.")
            case .deadSinceBoot:
                unlink("\(directory)/\(file)")
                rmdir(directory)
                outcome.did.append("The journal of \(run) was removed: the host was booted since.")
            case .dead:
                undo(record, in: directory, run, undoers, &outcome)
            }
        }
        return outcome
    }

    private static func undo(
        _ record: Journal.Record, in directory: String, _ run: String, _ undoers: Undoers, _ outcome: inout Outcome
    ) {
        do {
            let (did, failed) = try Journal(adopting: record, in: directory).undo(by: undoers)
            outcome.did += did.map { "After \(run): \($0)" }
            outcome.failed += failed.map { "After \(run): \($0)" }
        } catch {
            outcome.failed.append("After \(run): \(error)")
        }
    }
}
