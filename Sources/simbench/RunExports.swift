import Conductor
import Foundation
import Profiles
import Views

/// What is made of a run at its end and laid beside its record.
///
/// None of it can harm the run: what cannot be written is said on stderr and in events.log, and the exit status stays
/// that of the run.
enum RunExports {
    static func write(_ outcome: RunOutcome, of plan: Plan) {
        for sentence in outcome.troubles { Failure.say(sentence) }
        put(JUnit.render(outcome.summary), "junit.xml", outcome.directory)
        put(MarkdownSummary.render(outcome.summary, of: plan), "summary.md", outcome.directory)
    }

    /// For a run that threw: nothing but why is known of it.
    static func write(broken sentence: String, _ plan: Plan, directory: String, began: Date) {
        let report = JUnit.render(
            broken: sentence, profile: plan.profile, startedAt: Record.timestamp(began),
            seconds: Date().timeIntervalSince(began))
        put(report, "junit.xml", directory)
        put(MarkdownSummary.render(broken: sentence, profile: plan.profile), "summary.md", directory)
    }

    private static func put(_ text: String, _ name: String, _ directory: String) {
        do { try WholeFile.write(Data(text.utf8), to: "\(directory)/\(name)") } catch {
            Failure.say(error.description)
            Record.add(note: error.description, in: directory)
        }
    }
}
