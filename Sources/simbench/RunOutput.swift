import ArgumentParser
import Conductor
import Dashboard
import Foundation
import Profiles
import Views

/// Carries a plan out and shows it, and where the record goes; `run` and `worker` share it.
struct RunOutput: ParsableArguments {
    @Option(help: ArgumentHelp("Where the record goes (default: runs/<profile>-<engine>-<time>).", valueName: "folder"))
    var out: String?

    @Flag(help: "Show nothing but errors; the exit status and the record tell the rest.")
    var quiet = false

    /// - Parameters:
    ///   - showsSummary: whether the table of figures is printed at the end.
    ///   - title: the head of what is shown meanwhile; nil is profile and engine.
    func carryOut(
        _ plan: Plan, directory: String? = nil, door: Door.Wish = .off, showsSummary: Bool = true, title: String? = nil,
        dashboard: Dashboard? = nil
    ) throws -> RunOutcome {
        // A reader of this output that goes away must not end the run halfway through its teardown.
        signal(SIGPIPE, SIG_IGN)
        guard let executable = ProfileFolders.executablePath() else {
            throw Failure.hostCannot("/proc/self/exe cannot be read: simbench needs /proc mounted.")
        }
        let directory = try directory ?? out.map(RunFolder.use) ?? RunFolder.make(for: plan)
        let environment = ProcessInfo.processInfo.environment
        let terminal = Terminal(
            .errors, environment: environment, title: title ?? "\(plan.profile) on \(plan.engine.rawValue)", isQuiet: quiet)
        defer { terminal.clear() }
        var plan = plan
        plan.command = CommandLine.arguments
        if let dashboard { announce(dashboard, plan, directory) }
        // Also of a run that could not begin, as far as there is a record of it.
        defer { ReportFile.leave(in: directory) }
        let began = Date()
        let outcome: RunOutcome
        do {
            outcome = try Conductor.run(
                plan, directory: directory, executable: executable, door: door, onEvent: { terminal.note($0) },
                onProgress: { terminal.show($0) }, onLive: dashboard.map { dashboard in { dashboard.show($0) } })
        } catch {
            terminal.clear()
            let sentence = Failure.explain(error).sentence
            dashboard?.show(failure: sentence)
            RunExports.write(broken: sentence, plan, directory: directory, began: began)
            throw error
        }
        terminal.clear()
        RunExports.write(outcome, of: plan)
        if !quiet && showsSummary {
            let style = Screen.output.style(environment)
            Screen.output.write(SummaryText.render(outcome.summary, directory: outcome.directory, style: style))
        }
        return outcome
    }

    private func announce(_ dashboard: Dashboard, _ plan: Plan, _ directory: String) {
        dashboard.begin(plan, directory: directory)
        if !quiet { Screen.errors.write("dashboard: \(dashboard.url)\n") }
    }

    /// Sockets that the kernel is still putting away hold memory that the plan would miss.
    func settled(_ plan: () throws -> Plan) throws -> Plan {
        do { _ = try plan() } catch let error as PlanError where error.kind == .hostCannot {}
        Conductor.waitUntilSocketsAreGone()
        return try plan()
    }
}
