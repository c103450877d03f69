import ArgumentParser
import Foundation
import Profiles

/// `simbench plan`: shows what `run` would do, and does nothing.
struct PlanVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show every number that a run would use.",
        usage: "simbench plan --profile <name|path> [options]")

    @OptionGroup(title: "What to plan") var options: PlanOptions

    @Flag(help: "Print plan.json instead of text.")
    var json = false

    func run() throws {
        let plan = try options.plan()
        print(json ? String(decoding: try plan.encoded(), as: UTF8.self) : plan.description, terminator: json ? "\n" : "")
    }
}
