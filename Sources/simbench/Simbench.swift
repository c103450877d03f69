import ArgumentParser
import Foundation
import Profiles

/// The door: the command tree, and how every error reaches the person.
@main
struct Simbench: ParsableCommand {
    /// Written into every plan and summary.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "simbench",
        abstract: "Rebuild the benchmark of 2 million WebSocket connections on one host.",
        discussion: """
            A run builds a lab of network namespaces, starts a Phoenix-like target and many workers in it, ramps a \
            profile's load, holds it, proves every connection alive, removes everything and leaves a record.

            Exit status: 0 every expectation held; 1 one failed; 64 wrong usage or profile; 69 this host cannot run \
            it; 70 the run broke; 130 interrupted.
            """,
        version: version,
        subcommands: [
            RunVerb.self, PlanVerb.self, CompareVerb.self, TargetVerb.self, WorkerVerb.self, DoctorVerb.self, ProfilesVerb.self,
            ReportVerb.self, ImportVerb.self, CleanupVerb.self, Lanes.self, SwapServerVerb.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            Failure.exit(with: error)
        }
    }
}
