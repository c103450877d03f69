import ArgumentParser
import Conductor
import Foundation
import Glibc
import Profiles
import Views

/// `simbench run`: carries a profile out and shows what it came to; or a sweep, one profile after another.
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
        // A reader of this output that goes away must not end the run halfway through its teardown.
        signal(SIGPIPE, SIG_IGN)
        if let sweep = try options.sweep() { return try run(sweep) }
        let plan = try settledPlan()
        let outcome = try carryOut(plan, directory: out.map(RunFolder.use) ?? RunFolder.make(for: plan))
        throw ExitCode(outcome.exitStatus)
    }

    private func carryOut(_ plan: Plan, directory: String) throws -> RunOutcome {
        guard let executable = ProfileFolders.executablePath() else {
            throw Failure.hostCannot("/proc/self/exe cannot be read: simbench needs /proc mounted.")
        }
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
        return outcome
    }

    /// Sockets that the kernel is still putting away hold memory that the plan would miss.
    private func settledPlan(_ name: String? = nil) throws -> Plan {
        do { _ = try options.plan(name) } catch let error as PlanError where error.kind == .hostCannot {}
        Conductor.waitUntilSocketsAreGone()
        return try options.plan(name)
    }

    // MARK: Sweeps

    /// Every profile is planned before the first one runs, so that a mistake in the last is not found after an hour.
    private func run(_ sweep: Sweep) throws {
        let folder = try out.map(RunFolder.use) ?? RunFolder.make(named: sweep.name)
        for name in sweep.profiles {
            do { _ = try options.plan(name) } catch let error as PlanError where error.kind == .hostCannot {}
        }
        var rows: [SweepText.Row] = []
        var worst: Int32 = 0
        for name in sweep.profiles {
            // Whatever becomes of one profile, the table of the others is shown.
            do {
                let plan = try settledPlan(name)
                let outcome = try carryOut(plan, directory: RunFolder.use("\(folder)/\(plan.profile)"))
                rows.append(SweepText.Row(plan: plan, summary: outcome.summary))
                worst = max(worst, outcome.exitStatus)
                if outcome.exitStatus == 130 { break }
            } catch {
                let (sentence, status) = Failure.explain(error)
                rows.append(SweepText.Row(profile: name, refusal: sentence))
                if status != Failure.Status.hostCannot.rawValue { worst = max(worst, status) }
            }
        }
        let style = Screen.output.style(ProcessInfo.processInfo.environment)
        let table = SweepText.render(sweep, rows, style: style)
        if !quiet { Screen.output.write(table + "record       \(folder)\n") }
        let plain = SweepText.render(sweep, rows, style: Style())
        try? Data(plain.utf8).write(to: URL(fileURLWithPath: "\(folder)/sweep.txt"))
        let ran = rows.contains { $0.refusal == nil }
        throw ExitCode(ran ? worst : Failure.Status.hostCannot.rawValue)
    }
}
