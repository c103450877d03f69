import Conductor
import Foundation
import Profiles

/// A run as a JUnit report: `junit.xml`. Pure.
///
/// It is valid against both schemas in use, that of Ant (windyroad's JUnit.xsd) and that of Jenkins (junit-10.xsd), which
/// is why measured values stand in the suite's properties, under their figures' names, and in its output: only one of
/// them lets a case have any. The names of cases are the same in every run of a profile, so that their history can be followed.
public enum JUnit {
    /// What a run came to.
    public static func render(_ summary: Summary) -> String {
        let cases = [course(summary), sweep(summary), teardown(summary)] + summary.expectations.map { expectation($0, summary) }
        return document(
            cases, profile: summary.profile, startedAt: summary.run?.startedAt, seconds: summary.run?.seconds,
            properties: properties(summary), output: [summary.verdict] + summary.expectations.map(ExpectationText.line))
    }

    /// A run that has no summary, and why.
    public static func render(broken sentence: String, profile: String, startedAt: String, seconds: Double) -> String {
        let only = Case("run is carried out", kind: "run", seconds: seconds, outcome: .error(sentence))
        return document([only], profile: profile, startedAt: startedAt, seconds: seconds, properties: [], output: ["broken"])
    }

    // MARK: Cases

    private enum Outcome {
        case passed
        case failed(String)
        case error(String)
        case skipped(String)
    }

    private struct Case {
        var name: String
        var kind: String
        var seconds: Double
        var outcome: Outcome

        init(_ name: String, kind: String, seconds: Double, outcome: Outcome) {
            self.name = name
            self.kind = kind
            self.seconds = seconds
            self.outcome = outcome
        }
    }

    private static func isCutShort(_ summary: Summary) -> Bool { ["broken", "interrupted"].contains(summary.verdict) }

    /// What no expectation is about never fails a run that passed: a report that contradicts the exit status helps nobody.
    private static func shortcoming(_ sentence: String, _ summary: Summary) -> Outcome {
        summary.verdict == "failed" ? .failed(sentence) : .skipped(sentence)
    }

    private static func course(_ summary: Summary) -> Case {
        let others = (summary.verified?.seconds ?? 0) + summary.teardown.seconds
        let reason = summary.run?.endedEarlyBecause ?? (isCutShort(summary) ? "The run was \(summary.verdict)." : nil)
        return Case(
            "run is carried out", kind: "run", seconds: max(0, (summary.run?.seconds ?? 0) - others),
            outcome: reason.map { .error($0) } ?? .passed)
    }

    private static func sweep(_ summary: Summary) -> Case {
        var outcome = Outcome.passed
        if let verified = summary.verified {
            if verified.missing > 0 {
                outcome = shortcoming(
                    "Of \(UnitText.count(verified.asked)) connections that were asked for a heartbeat \(UnitText.count(verified.missing)) did not answer.",
                    summary)
            }
        } else {
            outcome = .skipped("The connections were not asked for a heartbeat: the run ended before.")
        }
        return Case("every connection answers", kind: "run", seconds: summary.verified?.seconds ?? 0, outcome: outcome)
    }

    private static func teardown(_ summary: Summary) -> Case {
        let leaks = summary.teardown.leaks
        return Case(
            "nothing is left of the run", kind: "run", seconds: summary.teardown.seconds,
            outcome: leaks.isEmpty ? .passed : shortcoming(leaks.joined(separator: " "), summary))
    }

    private static func expectation(_ result: Summary.ExpectationResult, _ summary: Summary) -> Case {
        var outcome = Outcome.passed
        if !result.held {
            let sentence = ExpectationText.sentence(result)
            outcome = isCutShort(summary) ? .skipped("\(sentence) The run did not get so far.") : .failed(sentence)
        }
        return Case(ExpectationText.wanted(result), kind: "expect", seconds: 0, outcome: outcome)
    }

    // MARK: Text

    private static func properties(_ summary: Summary) -> [(String, String)] {
        let identity = [
            ("simbench.version", summary.version), ("engine", summary.engine.rawValue), ("fit", summary.fit.rawValue),
            ("seed", "\(summary.seed)"), ("verdict", summary.verdict), ("ceiling.cause", summary.ceiling.cause),
            ("digest", summary.digest ?? ""),
        ]
        // Two expectations may be about one figure.
        var seen: Set<String> = []
        let figures = summary.expectations.filter { seen.insert($0.figure).inserted }
        return identity + figures.map { ($0.figure, $0.measured.map(Words.exact) ?? "null") }
    }

    private static func document(
        _ cases: [Case], profile: String, startedAt: String?, seconds: Double?, properties: [(String, String)], output: [String]
    ) -> String {
        let suite = Escapes.xml("simbench.\(profile)")
        func count(_ isCounted: (Outcome) -> Bool) -> Int { cases.count { isCounted($0.outcome) } }
        let failures = count { if case .failed = $0 { true } else { false } }
        let errors = count { if case .error = $0 { true } else { false } }
        let skipped = count { if case .skipped = $0 { true } else { false } }
        // The schemas want the time without its zone.
        let time = String((startedAt ?? "1970-01-01T00:00:00Z").prefix(19))
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>"]
        lines.append(
            "  <testsuite id=\"0\" package=\"simbench\" name=\"\(suite)\" tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"\(errors)\" "
                + "skipped=\"\(skipped)\" time=\"\(decimal(seconds ?? 0))\" timestamp=\"\(Escapes.xml(time))\" hostname=\"localhost\">")
        lines.append("    <properties>")
        lines += properties.map { "      <property name=\"\(Escapes.xml($0.0))\" value=\"\(Escapes.xml($0.1))\"/>" }
        lines.append("    </properties>")
        lines += cases.map { text($0, suite: suite) }
        lines.append("    <system-out>\(Escapes.xml(output.joined(separator: "\n")))</system-out>")
        lines += ["    <system-err></system-err>", "  </testsuite>", "</testsuites>"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ test: Case, suite: String) -> String {
        let head = "    <testcase classname=\"\(suite).\(test.kind)\" name=\"\(Escapes.xml(test.name))\" time=\"\(decimal(test.seconds))\""
        func body(_ element: String) -> String { "\(head)>\n      \(element)\n    </testcase>" }
        switch test.outcome {
        case .passed: return head + "/>"
        case .failed(let sentence): return body("<failure type=\"\(test.kind)\" message=\"\(Escapes.xml(sentence))\">\(Escapes.xml(sentence))</failure>")
        case .error(let sentence): return body("<error type=\"\(test.kind)\" message=\"\(Escapes.xml(sentence))\">\(Escapes.xml(sentence))</error>")
        case .skipped(let sentence): return body("<skipped message=\"\(Escapes.xml(sentence))\"/>")
        }
    }

    /// Seconds to the millisecond, as both schemas allow them.
    private static func decimal(_ seconds: Double) -> String { String(format: "%.3f", seconds.isFinite ? max(0, seconds) : 0) }
}
