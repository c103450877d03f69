import ArgumentParser
import Lab

/// `simbench cleanup`: undoes what killed runs left behind.
struct CleanupVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cleanup", abstract: "Undo what killed runs left behind; runs that live are left alone.")

    func run() throws {
        let outcome = Cleanup.sweep()
        for sentence in outcome.did { print(sentence) }
        for sentence in outcome.failed { Failure.say(sentence) }
        if !outcome.failed.isEmpty { throw ExitCode(Failure.Status.broken.rawValue) }
        if outcome.did.isEmpty { print("Nothing was left behind.") }
    }
}
