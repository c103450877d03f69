import Conductor
import Profiles

/// One expectation and what became of it, as all views say it.
enum ExpectationText {
    /// `latency_us.join.p99 < 50 ms`: the same for every run of a profile.
    static func wanted(_ result: Summary.ExpectationResult) -> String {
        FigureText.wanted(result.figure, result.comparison, result.value)
    }

    /// `50 ms`, as fine as what was measured needs it.
    static func bound(_ result: Summary.ExpectationResult) -> String {
        result.measured.map { FigureText.texts(wanted: result.value, measured: $0, of: result.figure).wanted }
            ?? FigureText.bound(result.value, of: result.figure)
    }

    /// `41.3 ms`, or nil when it was not measured.
    static func measured(_ result: Summary.ExpectationResult) -> String? {
        result.measured.map { FigureText.texts(wanted: result.value, measured: $0, of: result.figure).measured }
    }

    /// `joined.peak == 2,001: failed, it is 2,000`
    static func line(_ result: Summary.ExpectationResult) -> String {
        guard !result.held else { return "\(wanted(result)): held" }
        guard let measured = result.measured else { return "\(wanted(result)): failed, not measured" }
        let texts = FigureText.texts(wanted: result.value, measured: measured, of: result.figure)
        return "\(result.figure) \(result.comparison) \(texts.wanted): failed, it is \(texts.measured)"
    }

    /// Why it failed: `joined.peak is 2,000, but == 2,001 was expected.`
    static func sentence(_ result: Summary.ExpectationResult) -> String {
        guard let measured = result.measured else {
            return "\(result.figure) was not measured, but \(result.comparison) \(FigureText.bound(result.value, of: result.figure)) was expected."
        }
        let texts = FigureText.texts(wanted: result.value, measured: measured, of: result.figure)
        return "\(result.figure) is \(texts.measured), but \(result.comparison) \(texts.wanted) was expected."
    }
}
