import CLab
import Foundation
import Glibc
import Lab
import Profiles

/// Runs variants of a profile in turn, each in a record of its own, and compares them.
public enum Compare {
    public struct Request: Sendable {
        public struct Variant: Sendable {
            public var value: String
            public var plan: Plan

            public init(value: String, plan: Plan) {
                self.value = value
                self.plan = plan
            }
        }

        public var key: String
        /// The first is what the others are compared with.
        public var variants: [Variant]
        /// Runs of each variant that are compared.
        public var rounds: Int
        /// Runs of each variant before those, which are not.
        public var warmupRuns: Int
        /// An empty directory.
        public var directory: String
        public var command: String

        public init(key: String, variants: [Variant], rounds: Int, warmupRuns: Int, directory: String, command: String) {
            self.key = key
            self.variants = variants
            self.rounds = rounds
            self.warmupRuns = warmupRuns
            self.directory = directory
            self.command = command
        }

        var labels: [String] { variants.indices.map { String(UnicodeScalar(UInt8(65 + $0 % 26))) } }

        /// What is run in which order: the variant's number and the round, 0 for a warm-up.
        var schedule: [(variant: Int, round: Int)] {
            let warm = (0..<warmupRuns).flatMap { _ in variants.indices.map { (variant: $0, round: 0) } }
            let rounds = CompareOrder.rounds(variants: variants.count, count: rounds)
            return warm + rounds.enumerated().flatMap { index, row in row.map { (variant: $0, round: index + 1) } }
        }
    }

    /// What a comparison needs from outside: tests have their own.
    public struct Means {
        /// Carries a plan out; `title` says where it stands.
        public var run: (_ plan: Plan, _ directory: String, _ title: String) throws -> RunOutcome
        /// Waits until the host is quiet; nil when a person asked to stop.
        public var waitForQuiet: () -> (seconds: Double, isQuiet: Bool)?
        public var note: (String) -> Void
        /// Told after every run what has come together so far, so that it is not lost whatever becomes of the rest.
        public var keep: (Comparison) -> Void

        public init(
            run: @escaping (Plan, String, String) throws -> RunOutcome, waitForQuiet: @escaping () -> (seconds: Double, isQuiet: Bool)?,
            note: @escaping (String) -> Void, keep: @escaping (Comparison) -> Void = { _ in }
        ) {
            self.keep = keep
            self.run = run
            self.waitForQuiet = waitForQuiet
            self.note = note
        }
    }

    /// Makes all runs and compares those whose rounds are complete. A run that breaks takes its round with it; an
    /// interruption ends the comparison there.
    ///
    /// - Returns: the comparison, and the exit status: 130 interrupted, else the worst of all runs but warm-ups that ended well.
    public static func carryOut(_ request: Request, _ means: Means) -> (comparison: Comparison, exitStatus: Int32) {
        var entries: [Comparison.Entry] = []
        var remarks: [String] = []
        var isInterrupted = false
        let schedule = request.schedule
        for (number, turn) in schedule.enumerated() {
            guard let quiet = means.waitForQuiet() else { isInterrupted = true; break }
            let variant = request.variants[turn.variant]
            let label = request.labels[turn.variant]
            let name = folder(number: number, label: label, value: variant.value, isWarmup: turn.round == 0)
            let what = turn.round == 0 ? "warm-up" : "round \(turn.round) of \(request.rounds)"
            let title = "run \(number + 1) of \(schedule.count): \(request.key)=\(variant.value) (\(label)), \(what)"
            means.note(title + String(format: "; quiet after %.1f s", quiet.seconds) + (quiet.isQuiet ? "" : ", not quite"))
            var entry = Comparison.Entry(
                variant: label, round: turn.round, directory: name, quietSeconds: quiet.seconds, isQuiet: quiet.isQuiet, exitStatus: 70,
                verdict: "broken", interferenceVerdict: nil, figures: [:])
            do {
                let outcome = try means.run(variant.plan, "\(request.directory)/\(name)", title)
                entry.exitStatus = outcome.exitStatus
                // A run whose record could not be kept has broken, whatever it came to.
                entry.verdict = outcome.exitStatus == 70 ? outcome.troubles.last ?? outcome.summary.verdict : outcome.summary.verdict
                entry.interferenceVerdict = outcome.summary.interference.verdict
                entry.figures = ComparedFigure.values(outcome.summary)
            } catch {
                entry.verdict = "\(error)"
            }
            entries.append(entry)
            if entry.exitStatus == 130 { isInterrupted = true; break }
            if !entry.isWhole { remarks.append("\(name) broke\(turn.round == 0 ? "" : ", and its round is not compared"): \(entry.verdict)") }
            guard number + 1 < schedule.count else { break }
            means.keep(ComparisonMaker(request: request, entries: entries, remarks: remarks, isInterrupted: true).make())
        }
        let maker = ComparisonMaker(request: request, entries: entries, remarks: remarks, isInterrupted: isInterrupted)
        let worst = entries.filter { $0.round > 0 || !$0.isWhole }.map(\.exitStatus).max() ?? 0
        return (maker.make(), isInterrupted ? 130 : worst)
    }

    /// `03-A-io_uring`, `warmup-01-B-epoll`.
    private static func folder(number: Int, label: String, value: String, isWarmup: Bool) -> String {
        let plain = String(value.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) ? $0 : "-" }.prefix(32))
        return "\(isWarmup ? "warmup-" : "")\(String(format: "%02d", number + 1))-\(label)-\(plain)"
    }
}

/// Hears of signals while no run does.
///
/// Make it before any other thread exists. A run under way hears of its own, and its outcome says so.
public final class Interrupts {
    private let signals: Int32

    public init() { signals = simbench_signal_descriptor([SIGINT, SIGTERM, SIGHUP, SIGQUIT], 4) }
    deinit { if signals >= 0 { close(signals) } }

    /// Whether one has come since the last time.
    public func areHeard() -> Bool { signals >= 0 && simbench_read_signal(signals) > 0 }
}

extension Conductor {
    /// Waits until the kernel has put away a run of so many users, four times as long as one run by itself would and 90 s
    /// at most; nil when a signal came meanwhile.
    public static func waitForQuiet(users: Int, _ interrupts: Interrupts) -> (seconds: Double, isQuiet: Bool)? {
        var isInterrupted = interrupts.areHeard()
        guard !isInterrupted else { return nil }
        let quiet = Quiet.wait(atMostSeconds: min(Quiet.mostSeconds, 4 * Quiet.limitSeconds(users: users))) {
            isInterrupted = isInterrupted || interrupts.areHeard()
            return isInterrupted
        }
        return isInterrupted ? nil : quiet
    }
}
