import ArgumentParser
import Conductor
import Foundation
import Lab
import Profiles

/// What went wrong, as a sentence, and the exit status that scripts rely on.
struct Failure: Error, CustomStringConvertible {
    enum Status: Int32 {
        case usage = 64
        case hostCannot = 69
        case broken = 70
    }

    let status: Status
    let description: String

    static func usage(_ sentence: String) -> Failure { Failure(status: .usage, description: sentence) }
    static func hostCannot(_ sentence: String) -> Failure { Failure(status: .hostCannot, description: sentence) }
    static func broken(_ sentence: String) -> Failure { Failure(status: .broken, description: sentence) }

    /// Says the error on stderr, as `simbench: sentence`, and leaves with its status. Help goes where it always does.
    static func exit(with error: any Error) -> Never {
        if error is ExitCode || Simbench.exitCode(for: error) == .success { Simbench.exit(withError: error) }
        let (sentence, status) = explain(error)
        say(sentence)
        Foundation.exit(status)
    }

    static func say(_ sentence: String) {
        FileHandle.standardError.write(Data("simbench: \(sentence)\n".utf8))
    }

    /// The sentence and the exit status of any error.
    static func explain(_ error: any Error) -> (sentence: String, status: Int32) {
        switch error {
        case let error as Failure: return (error.description, error.status.rawValue)
        case let error as ProfileError: return (error.message, error.exitCode)
        case let error as PlanError: return (error.message, error.exitCode)
        case let error as LabError:
            return (error.message, (error.kind == .hostCannot ? Status.hostCannot : .broken).rawValue)
        case let error as RunError: return (error.description, Status.broken.rawValue)
        default: break
        }
        // What is left is the parser's own, or something nobody thought of.
        let status = Simbench.exitCode(for: error)
        guard status == .validationFailure else { return (String(describing: error), Status.broken.rawValue) }
        let advice = "See simbench --help, or --help after a verb."
        return ("\(sentence(Simbench.message(for: error))) \(advice)", Status.usage.rawValue)
    }

    private static func sentence(_ text: String) -> String {
        let ended = text.last.map { ".!?".contains($0) } ?? true
        return ended ? text : text + "."
    }
}
