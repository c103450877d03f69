import Profiles
import Testing

@testable import Conductor

@Suite struct VerdictTests {
    @Test(arguments: [
        (1.0, ">=", 1.0, true), (0.9, ">=", 1, false), (1, "<=", 1, true), (1.1, "<=", 1, false), (1, ">", 1, false),
        (1.1, ">", 1, true), (1, "<", 1, false), (0.9, "<", 1, true), (1, "==", 1, true), (1.1, "==", 1, false),
        (1, "=", 1, false), (.nan, ">=", 1, false), (.nan, "==", .nan, false),
    ])
    func comparisons(measured: Double, comparison: String, value: Double, holds: Bool) {
        #expect(Verdict.holds(measured, .init(figure: "lost", comparison: comparison, value: value)) == holds)
    }

    private func judged(_ figure: String, _ summary: Summary) -> Summary.ExpectationResult? {
        Verdict.judge(summary, [.init(figure: figure, comparison: ">=", value: 0)]).first
    }

    @Test func figuresAreFoundByTheirPath() {
        let summary = Fixture.summary {
            $0.errors = ["etimedout": 3, "ports": 4]
            $0.teardown.leaks = ["one", "two"]
            $0.verified = .init(asked: 5, replied: 3, missing: 2, seconds: 1)
            $0.fidelity.rmsePct = 0.25
            $0.fidelity.kneeModelS = 3_930
            $0.fidelity.slopeAfterDeviationPct = 1.5
        }
        let figures = [
            "joined.peak": 7.0, "lost": 0, "errors.total": 7, "teardown.leaks": 2, "verified.missing": 2,
            "fidelity.rmse_pct": 0.25, "fidelity.knee_model_s": 3_930, "fidelity.slope_after_deviation_pct": 1.5,
        ]
        for (figure, value) in figures { #expect(judged(figure, summary)?.measured == value, "\(figure)") }
        #expect(judged("errors.total", Fixture.summary())?.measured == 0)
    }

    @Test(arguments: ["fidelity.rmse_pct", "latency_us.connect.p50", "verified.missing", "no.such.figure"])
    func whatWasNotMeasuredFails(figure: String) {
        let result = judged(figure, Fixture.summary())
        #expect(result?.measured == nil && result?.held == false)
    }

    /// Every figure that a profile may name is one that the summary writes.
    @Test func theClosedListIsWritten() {
        for figure in Figures.all { #expect(judged(figure, SchemaTests.full)?.measured != nil, "\(figure)") }
    }

    @Test func anErrorThatNeverHappenedIsZero() {
        let summary = Fixture.summary { $0.errors = ["etimedout": 3] }
        #expect(judged("errors.etimedout", summary)?.measured == 3 && judged("errors.memory", summary)?.measured == 0)
    }
}
