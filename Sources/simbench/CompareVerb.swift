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
            note: { if !output.quiet { Screen.errors.write($0 + "\n") } })
        let (comparison, status) = Compare.carryOut(request, means)
        try CompareRecord.write(comparison, folder)
        if !output.quiet {
            let style = Screen.output.style(ProcessInfo.processInfo.environment)
            Screen.output.write(CompareText.render(comparison, directory: folder, style: style))
        }
        throw ExitCode(status)
    }

    // MARK: Plans

    /// All of them, so that what one value lacks is known before another has run for an hour.
    private func plans() throws -> [Plan] {
        var plans: [Plan] = []
        for value in vary.values {
            do { plans.append(try output.settled { try variant(value) }) } catch {
                let (sentence, status) = Failure.explain(error)
                throw Failure(status: Failure.Status(rawValue: status) ?? .broken, description: blame(value, sentence))
            }
        }
        for first in plans.indices {
            for second in plans.indices where second > first && vary.values[first] != vary.values[second] && plans[first].isSameRun(as: plans[second]) {
                throw Failure.usage(
                    "--vary \(vary.key): \(vary.values[first]) and \(vary.values[second]) come to the same plan, so there is nothing to compare. "
                        + "To see how much equal runs differ, give one value twice.")
            }
        }
        return plans
    }

    private func variant(_ value: String) throws -> Plan {
        var options = options
        guard let flag = try flag(value) else {
            options.overrides.append(vary.override(value))
            return try options.plan()
        }
        return try options.plan(laid: flag.flags)
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

    /// Whose fault it is, in the words of this verb: what a profile refuses is said of a --set.
    private func blame(_ value: String, _ sentence: String) -> String {
        let set = "--set \(vary.override(value)): "
        let rest = sentence.hasPrefix(set) ? String(sentence.dropFirst(set.count)) : sentence
        return "--vary \(vary.key)=\(value): \(rest)"
    }
}

/// What a comparison leaves beside its runs.
enum CompareRecord {
    static func write(_ comparison: Comparison, _ folder: String) throws {
        let runs = comparison.variants.compactMap { variant -> (heading: String, run: RunRecord)? in
            guard let directory = comparison.medianRun(variant.label), let run = try? RunRecord(directory: "\(folder)/\(directory)") else { return nil }
            return (comparison.heading(variant.label), run)
        }
        let files = [
            ("compare.json", try comparison.encoded()),
            ("compare.md", Data(CompareMarkdown.render(comparison).utf8)),
            ("compare.html", Data(CompareHTML.render(comparison, curves: CompareHTML.chart(comparison, runs)).utf8)),
        ]
        for (name, data) in files {
            do { try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)"), options: .atomic) } catch {
                throw Failure.broken("\(folder)/\(name) could not be written: \(error.localizedDescription) The records of the runs are in \(folder).")
            }
        }
    }
}
