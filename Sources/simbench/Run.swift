import ArgumentParser
import Conductor
import Dashboard
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

    @OptionGroup(title: "What it leaves") var output: RunOutput

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where the chat page is reached while the run lasts (default: the profile's port of 127.0.0.1, or any free one).",
            valueName: "addr:port|off"),
        transform: { $0 == "off" ? .off : .at(try Endpoint(parsing: $0)) })
    var door: Door.Wish?

    // Read as text: the parser takes a value that it cannot convert for none at all.
    @Option(
        name: .customLong("dashboard"), defaultAsFlag: Self.anyPlace, parsing: .next,
        help: ArgumentHelp(
            "Serve a page that shows the run while it lasts. auto is port \(Dashboard.defaultPort) of 127.0.0.1, or the next that is free. Whoever reaches it can stop the run.",
            valueName: "addr:port"))
    var dashboardPlace: String?

    private static let anyPlace = "auto"

    func run() throws {
        // A reader of this output that goes away must not end the run halfway through its teardown.
        signal(SIGPIPE, SIG_IGN)
        if let sweep = try options.sweep() { return try run(sweep) }
        let plan = try output.settled { try options.plan() }
        let page = try openDashboard()
        defer { page?.close() }
        throw ExitCode(try output.carryOut(plan, door: door ?? .automatic, dashboard: page).exitStatus)
    }

    /// Open before anything is built; a place that was asked for and cannot be had ends the run before it begins.
    private func openDashboard() throws -> Dashboard? {
        guard let place = dashboardPlace else { return nil }
        do {
            return try Dashboard.open(place == Self.anyPlace ? .automatic : .at(Endpoint(parsing: place)))
        } catch let error as UnitError {
            throw Failure.usage("--dashboard: \(error).")
        } catch {
            throw Failure.hostCannot("--dashboard: \(error)")
        }
    }

    // MARK: Sweeps

    /// Every profile is planned before the first one runs, so that a mistake in the last is not found after an hour.
    private func run(_ sweep: Sweep) throws {
        let folder = try output.out.map(RunFolder.use) ?? RunFolder.make(named: sweep.name)
        for name in sweep.profiles {
            do { _ = try options.plan(name) } catch let error as PlanError where error.kind == .hostCannot {}
        }
        let page = try openDashboard()
        defer { page?.close() }
        var rows: [SweepText.Row] = []
        var worst: Int32 = 0
        for name in sweep.profiles {
            // Whatever becomes of one profile, the table of the others is shown.
            do {
                let plan = try output.settled { try options.plan(name) }
                let outcome = try output.carryOut(
                    plan, directory: RunFolder.use("\(folder)/\(plan.profile)"), door: door ?? .automatic, dashboard: page)
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
        if !output.quiet { Screen.output.write(table + "record       \(folder)\n") }
        let plain = SweepText.render(sweep, rows, style: Style())
        try? Data(plain.utf8).write(to: URL(fileURLWithPath: "\(folder)/sweep.txt"))
        let ran = rows.contains { $0.refusal == nil }
        throw ExitCode(ran ? worst : Failure.Status.hostCannot.rawValue)
    }
}
