import ArgumentParser
import Conductor

/// What `run` starts for each side of the load; not for people.
struct Lanes: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lanes", abstract: "Carry the lanes of one side of a run (started by run itself).", shouldDisplay: false)

    @Argument(help: "target or workers")
    var side: String

    func run() throws {
        guard let role = LaneProcess.Role(rawValue: side) else {
            throw ValidationError("The side is target or workers.")
        }
        throw ExitCode(LaneProcess.serve(role))
    }
}
