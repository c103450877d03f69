import Testing

@testable import Conductor
@testable import Views

@Suite struct JUnitTests {
    @Test func aRunThatPassed() {
        let text = JUnit.render(Fixture.passed { $0.run = .init(startedAt: "2026-01-02T03:04:05Z", seconds: 4) })
        #expect(text == """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites>
              <testsuite id="0" package="simbench" name="simbench.smoke" tests="4" failures="0" errors="0" skipped="0" time="4.000" timestamp="2026-01-02T03:04:05" hostname="localhost">
                <properties>
                  <property name="simbench.version" value="0.1.0"/>
                  <property name="engine" value="io_uring"/>
                  <property name="fit" value="full"/>
                  <property name="seed" value="7"/>
                  <property name="verdict" value="passed"/>
                  <property name="ceiling.cause" value="none"/>
                  <property name="digest" value="0123456789abcdef"/>
                  <property name="joined.peak" value="2000"/>
                </properties>
                <testcase classname="simbench.smoke.run" name="run is carried out" time="3.730"/>
                <testcase classname="simbench.smoke.run" name="every connection answers" time="0.020"/>
                <testcase classname="simbench.smoke.run" name="nothing is left of the run" time="0.250"/>
                <testcase classname="simbench.smoke.expect" name="joined.peak == 2,000" time="0.000"/>
                <system-out>passed&#10;joined.peak == 2,000: held</system-out>
                <system-err></system-err>
              </testsuite>
            </testsuites>

            """)
    }

    @Test func aRunThatFailed() {
        let text = JUnit.render(Fixture.failed())
        #expect(text.contains("tests=\"5\" failures=\"4\" errors=\"0\" skipped=\"0\""), "\(text)")
        #expect(text.contains("<failure type=\"expect\" message=\"joined.peak is 1,203,000, but &gt;= 2,300,000 was expected.\">"))
        #expect(text.contains("bytes_per_connection.pair was not measured, but &lt;= 9,000 B was expected."))
        #expect(text.contains("10 did not answer.") && text.contains("12 sockets of the target"))
        #expect(text.contains("<property name=\"bytes_per_connection.pair\" value=\"null\"/>"))
    }

    /// A report never says anything else than the exit status.
    @Test func whatNoExpectationIsAboutDoesNotFailARunThatPassed() {
        let text = JUnit.render(Fixture.passed { $0.teardown.leaks = ["A link is left."] })
        #expect(text.contains("failures=\"0\" errors=\"0\" skipped=\"1\"") && text.contains("<skipped message=\"A link is left.\"/>"))
    }

    @Test(arguments: ["broken", "interrupted"]) func aRunThatWasCutShortHasAnError(verdict: String) {
        let text = JUnit.render(
            Fixture.failed().with {
                $0.verdict = verdict
                $0.verified = nil
                $0.run = .init(startedAt: "2026-01-02T03:04:05Z", seconds: 40, endedEarlyBecause: "The <target> & all ended.")
            })
        #expect(text.contains("failures=\"0\" errors=\"1\" skipped=\"4\""), "\(text)")
        #expect(text.contains("<error type=\"run\" message=\"The &lt;target&gt; &amp; all ended.\">"))
    }

    @Test func aRunWithoutASummaryHasOneToo() {
        let text = JUnit.render(broken: "No \u{1}room.", profile: "a\"b", startedAt: "2026-01-02T03:04:05Z", seconds: 1.5)
        #expect(text.contains("tests=\"1\" failures=\"0\" errors=\"1\"") && text.contains("name=\"simbench.a&quot;b\""))
        #expect(text.contains("No \u{FFFD}room."))
    }
}

extension Summary {
    func with(_ change: (inout Summary) -> Void) -> Summary {
        var summary = self
        change(&summary)
        return summary
    }
}
