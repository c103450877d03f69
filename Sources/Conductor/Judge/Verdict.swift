import Foundation
import Profiles

/// Holds a summary against the profile's expectations.
enum Verdict {
    /// Figures are found by their dotted path in the summary as it is written, so that a profile names just what a reader sees.
    static func judge(_ summary: Summary, _ expectations: [Plan.Expectation]) -> [Summary.ExpectationResult] {
        guard let data = try? summary.encoded(), let tree = try? JSONSerialization.jsonObject(with: data) else { return [] }
        return expectations.map { expectation in
            let measured = figure(expectation.figure, in: tree)
            return Summary.ExpectationResult(
                figure: expectation.figure, comparison: expectation.comparison, value: expectation.value,
                measured: measured, held: measured.map { holds($0, expectation) } ?? false)
        }
    }

    static func figure(_ path: String, in tree: Any) -> Double? {
        // `errors.total` is the sum of a table whose lines are only those that happened.
        if path == "errors.total", let errors = (tree as? [String: Any])?["errors"] as? [String: NSNumber] {
            return errors.values.reduce(0) { $0 + $1.doubleValue }
        }
        // A cause that is not in the table is one that never happened.
        if let cause = cause(path), let errors = (tree as? [String: Any])?["errors"] as? [String: NSNumber] {
            return errors[cause]?.doubleValue ?? 0
        }
        var node: Any? = tree
        for key in path.split(separator: ".") { node = (node as? [String: Any])?[String(key)] }
        if let list = node as? [Any] { return Double(list.count) }
        return (node as? NSNumber)?.doubleValue
    }

    private static func cause(_ path: String) -> String? {
        path.hasPrefix("errors.") ? String(path.dropFirst("errors.".count)) : nil
    }

    static func holds(_ measured: Double, _ expectation: Plan.Expectation) -> Bool {
        switch expectation.comparison {
        case ">=": measured >= expectation.value
        case "<=": measured <= expectation.value
        case ">": measured > expectation.value
        case "<": measured < expectation.value
        case "==": measured == expectation.value
        default: false
        }
    }
}
