import ArgumentParser
import Conductor
import Foundation
import Glibc
import Lab
import Profiles
import Views

/// `simbench compare`: runs variants of a profile in turn, and says by how much they differ and how sure that is.
struct CompareVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Run variants of a profile in turn and compare them.",
        usage: "simbench compare --profile <name|path> --vary <key>=<value>,<value> [--runs 5] [options]",
        discussion: """
            A key is a flag of run (engine, network, rate, ...) or a key of the profile (workers.count, tuning.window, ...). \
            The first value is what the others are compared with. Every variant is planned before the first one runs.
            """)

    @OptionGroup(title: "What to run") var options: PlanOptions

    @Option(
        help: ArgumentHelp("What the variants differ in, such as engine=io_uring,epoll.", valueName: "key=value,value"),
        transform: { try Variation(parsing: $0) })
    var vary: Variation

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Runs of each variant that are compared (default: 5).", valueName: "count"),
        transform: { try Units.count($0, in: 1...100) })
    var runs = 5

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Runs of each variant before those, which are discarded (default: 1).", valueName: "count"),
        transform: { try Units.count($0, in: 0...10) })
    var warmup = 1

    @OptionGroup(title: "What it leaves") var output: RunOutput

    func run() throws {
        // A reader of this output that goes away must not end a run halfway through its teardown.
        signal(SIGPIPE, SIG_IGN)
        if try options.sweep() != nil { throw Failure.usage("--profile \(try options.profileName()) is a sweep; a comparison is of one profile.") }
        let plans = try plans()
        let interrupts = Interrupts()
        let profile = plans[0].profile
        let users = plans.map(\.users).max() ?? 0
        let folder = try output.out.map(RunFolder.use) ?? RunFolder.make(named: "compare-\(profile)-\(vary.key)")
        let request = Compare.Request(
            key: vary.key, variants: zip(vary.values, plans).map { Compare.Request.Variant(value: $0, plan: $1) }, rounds: runs,
            warmupRuns: warmup, directory: folder, command: RepeatCommand.text(of: CommandLine.arguments))
        let means = Compare.Means(
            run: { plan, directory, title in
                try output.carryOut(plan, directory: RunFolder.use(directory), showsSummary: false, title: "\(plan.profile), \(title)")
            },
            waitForQuiet: { Conductor.waitForQuiet(users: users, interrupts) },
            note: { if !output.quiet { Screen.errors.write($0 + "\n") } },
            // What cannot be written now is tried again at the end, and said then.
            keep: { try? CompareRecord.keep($0, folder) })
        let (comparison, status) = Compare.carryOut(request, means)
        // Shown first: what a full disk cannot take is not lost.
        if !output.quiet {
            let style = Screen.output.style(ProcessInfo.processInfo.environment)
            Screen.output.write(CompareText.render(comparison, directory: folder, style: style))
        }
        do { try CompareRecord.write(comparison, folder) } catch let failure as Failure where status == 130 {
            // Whoever pressed Ctrl-C is told that it was heeded.
            Failure.say(failure.description)
        }
        throw ExitCode(status)
    }

    // MARK: Plans

    private func plans() throws -> [Plan] {
        do {
            return try options.maker().plans(
                vary, options.flags, overrides: options.overrides, flag: { try flag($0)?.flags }, settle: { Conductor.waitUntilSocketsAreGone() })
        } catch let refusal as VariantRefusal {
            let (sentence, status) = Failure.explain(refusal.reason)
            throw Failure(status: Failure.Status(rawValue: status) ?? .broken, description: refusal.blame(sentence))
        }
    }

    /// The key as a flag of `run`; nil when it is none.
    private func flag(_ value: String) throws -> PlanOptions? {
        guard !["profile", "set", "help", "version"].contains(vary.key) else { return nil }
        do { return try PlanOptions.parse(["--\(vary.key)=\(value)"]) } catch {
            let message = PlanOptions.message(for: error)
            if message.hasPrefix("Unknown option") { return nil }
            throw Failure.usage(message.hasSuffix(".") ? message : message + ".")
        }
    }
}
