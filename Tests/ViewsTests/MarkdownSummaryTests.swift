import Testing

@testable import Conductor
@testable import Views

@Suite struct MarkdownSummaryTests {
    private func text(_ summary: Summary, _ command: String...) throws -> String {
        MarkdownSummary.render(summary, of: try ReportFixture.plan { $0.command = command })
    }

    @Test func aRunThatPassed() throws {
        let text = try text(
            Fixture.passed { $0.run = .init(startedAt: "2026-01-02T03:04:05Z", seconds: 4.25) }, "/opt/simbench", "run", "--profile", "smoke",
            "--out", "runs/a")
        #expect(text.hasPrefix("## ✅ simbench smoke: passed\n\n2,000 connections joined on `io_uring`, 4.3 s. 1 of 1 expectations held.\n"), "\(text)")
        #expect(text.contains("| ✅ | joined.peak | == 2,000 | 2,000 |"))
        #expect(text.contains("| joins | 40,000/s over 50 ms |") && text.contains("None: nothing stopped growth."))
        #expect(text.contains("```sh\nsimbench run --profile smoke --seed 1 --engine") && text.contains("digest `0123456789abcdef`"))
        #expect(!text.contains("Fidelity") && !text.contains("### Errors"))
    }

    @Test func aRunThatFailed() throws {
        let text = try text(Fixture.failed(), "simbench", "run", "--profile", "do-64gb", "--engine", "epoll", "--seed", "7")
        #expect(text.hasPrefix("## ❌ simbench do-64gb: failed"))
        #expect(text.contains("| ❌ | joined.peak | &gt;= 2,300,000 | 1,203,000 |"), "\(text)")
        #expect(text.contains("| ❌ | bytes\\_per\\_connection.pair | &lt;= 9,000 B | not measured |"))
        #expect(text.contains("`accept_queue` at 1,203,000 connected.") && text.contains("- The target's accept queue overflowed 17 times."))
        #expect(text.contains("| etimedout | 1,200 |") && text.contains("### Degraded"))
        #expect(text.contains("simbench run --profile do-64gb --engine epoll --seed 7"))
    }

    @Test func aComparisonIsATable() throws {
        let compared = try text(Fixture.compared())
        #expect(compared.contains("| bend | 1,967,400 at 3,944 s | 1,960,579 at 3,927 s |") && compared.contains("| deviation, RMSE | 0.41 % |  |"), "\(compared)")
        #expect(try text(Fixture.passed { $0.fidelity.remark = "Not compared." }).contains("Not compared."))
    }

    /// Names and sentences stay text, and a table's cell stays one.
    @Test func nothingInARecordIsMarkup() throws {
        let text = try text(
            Fixture.failed().with {
                $0.profile = "a|b`<img src=x>"
                $0.run = .init(startedAt: "", seconds: 1, endedEarlyBecause: "*bold* [link](x) @all #1\n# head")
                $0.errors["x|y"] = 1
            })
        #expect(!text.contains("<img") && !text.contains("\n# head") && text.contains("\\*bold\\* \\[link\\](x) \\@all"), "\(text)")
        #expect(text.split(separator: "\n").contains("| x\\|y | 1 |"))
    }
}
