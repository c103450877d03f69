import ArgumentParser
import Conductor
import Foundation
import Glibc
import Profiles
import Views

/// `simbench run`: carries a profile out and shows what it came to.
struct RunVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a profile on this host and leave a record.",
        usage: "simbench run --profile <name|path> [options]")

    @OptionGroup(title: "What to run") var options: PlanOptions

    @Option(help: ArgumentHelp("Where the record goes (default: runs/<profile>-<engine>-<time>).", valueName: "folder"))
    var out: String?

    @Flag(help: "Show nothing but errors; the exit status and the record tell the rest.")
    var quiet = false

    func run() throws {
        let plan = try options.plan()
        guard let executable = ProfileFolders.executablePath() else {
            throw Failure.hostCannot("/proc/self/exe cannot be read: simbench needs /proc mounted.")
        }
        let directory = try out.map(RunFolder.use) ?? RunFolder.make(for: plan)
        // A reader of this output that goes away must not end the run halfway through its teardown.
        signal(SIGPIPE, SIG_IGN)
        let environment = ProcessInfo.processInfo.environment
        let terminal = Terminal(
            .errors, environment: environment, title: "\(plan.profile) on \(plan.engine.rawValue)", isQuiet: quiet)
        defer { terminal.clear() }
        let outcome = try Conductor.run(
            plan, directory: directory, executable: executable, onEvent: { terminal.note($0) },
            onProgress: { terminal.show($0) })
        terminal.clear()
        if !quiet {
            let style = Screen.output.style(environment)
            Screen.output.write(SummaryText.render(outcome.summary, directory: outcome.directory, style: style))
        }
        throw ExitCode(outcome.exitStatus)
    }
}
