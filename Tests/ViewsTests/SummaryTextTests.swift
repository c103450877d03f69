import Testing

@testable import Conductor
@testable import Views

struct SummaryTextTests {
    private func render(_ summary: Summary, columns: Int = 80, coloured: Bool = false, unicode: Bool = true) -> String {
        SummaryText.render(
            summary, directory: "/runs/a", style: Style(columns: columns, isColoured: coloured, isUnicode: unicode))
    }

    @Test func aRunThatPassed() {
        #expect(render(Fixture.passed()) == """
            passed       smoke on io_uring, fit full, seed 7
            joined       2,000 at peak, 2,000 at the end
            connected    2,000 at peak, 2,000 at the end
            users        2,000 started, 2,000 at peak
            ramp         50 ms, 40,000/s joined
            latency          p50      p90      p99    p99.9     max
              connect     812 µs  1.62 ms  8.12 ms  81.2 ms  812 ms
              join       1.25 ms  2.50 ms  12.5 ms   125 ms  1.25 s
            bytes per    target 4,100 kernel, 24 user
            connection   worker 4,300 kernel, 40.3 user
                         8,465 a pair
                         and 48 MiB in all that do not grow
            cpu          target 8 µs, workers 9 µs, softirq not measured per connection
            errors       none
            lost         none
            verified     2,000 of 2,000 answered a heartbeat in 20 ms
            digest       0123456789abcdef
            teardown     250 ms, nothing is left
            expected     joined.peak == 2,000: held
            record       /runs/a

            """)
    }

    @Test func aRunThatFailedAt60Columns() {
        #expect(render(Fixture.failed(), columns: 60) == """
            failed       do-64gb on epoll, fit full, seed 7, speedup 10
            joined       2,000 at peak, 2,000 at the end
            connected    2,000 at peak, 2,000 at the end
            users        2,000 started, 2,000 at peak
            ramp         not measured
            ceiling      accept queue at 1,203,000 connected
                         The target's accept queue overflowed 17 times.
            latency      not measured
            bytes per    target kernel not measured, user not measured
            connection   worker kernel not measured, user not measured
                         pair not measured
            cpu          not measured
            errors       1,268: etimedout 1,200, eaddrnotavail 34,
                         econnreset 34
            retries      500
            lost         3
            verified     1,202,990 of 1,203,000 answered a heartbeat in
                         12 s
            digest       none: nobody joined
            teardown     31 s
            left over    12 sockets of the target were still there 31 s
                         after the run.
            expected     joined.peak >= 2,300,000: failed, it is
                         1,203,000
                         bytes_per_connection.pair <= 9,000 B: failed,
                         not measured
            degraded     The engine is epoll, because io_uring does not
                         work here. kernel.io_uring_disabled is 2:
                         io_uring is off for everyone.
                         Global kernel settings cannot be changed
                         without root.
            record       /runs/a

            """)
    }

    private func fidelityLines(_ change: (inout Summary.Fidelity) -> Void, columns: Int = 80) -> String {
        let lines = render(Fixture.compared(change), columns: columns).split(separator: "\n")
        let from = lines.firstIndex { $0.contains("per connection") && $0.hasPrefix("cpu") }
        let to = lines.firstIndex { $0.hasPrefix("errors") }
        guard let from, let to else { return "" }
        return lines[(from + 1)..<to].joined(separator: "\n")
    }

    @Test func aRunBesideItsReference() {
        #expect(fidelityLines { _ in } == """
            deviation    0.41 % RMSE, 0.93 % at most, 0.05 % at the end from the reference
            knee         at 3,944 s (3,920 to 3,960 s), 1,967,400 connected; 499/s before,
                         414/s after
                         reference: at 3,927 s (3,917 to 3,947 s), 1,960,579 connected;
                         500/s before, 413/s after
            """)
    }

    @Test func aRunWithoutAKneeOrAComparison() {
        let text = fidelityLines {
            $0 = .init(remark: "Not compared with the reference: it started 2400000 users, this plan 2000, and nothing is scaled.")
        }
        #expect(text == """
            reference    Not compared with the reference: it started 2400000 users, this
                         plan 2000, and nothing is scaled.
            """)
        let straight = fidelityLines { $0.kneeModelS = nil }
        #expect(straight.contains("knee         none found\n             reference: at 3,927 s"))
    }

    @Test(arguments: [40, 59, 80, 120]) func noLineIsWiderThanTheScreen(columns: Int) {
        for summary in [Fixture.passed(), Fixture.failed(), Fixture.compared()] {
            for coloured in [false, true] {
                for line in render(summary, columns: columns, coloured: coloured).split(separator: "\n") {
                    #expect(Terminal.visibleColumns(String(line)) <= columns, "\(line)")
                }
            }
        }
    }

    @Test func aPathIsNeverBroken() {
        let path = "/" + String(repeating: "long/", count: 30)
        let text = SummaryText.render(Fixture.passed(), directory: path, style: Style(columns: 40))
        #expect(text.contains(path))
    }

    @Test func theVerdictHasItsColour() {
        #expect(render(Fixture.passed(), coloured: true).hasPrefix("\u{1B}[32mpassed\u{1B}[0m"))
        #expect(render(Fixture.failed(), coloured: true).hasPrefix("\u{1B}[31mfailed\u{1B}[0m"))
        #expect(render(Fixture.passed { $0.verdict = "interrupted" }, coloured: true).hasPrefix("\u{1B}[33minterrupted"))
        #expect(!render(Fixture.failed()).contains("\u{1B}"))
    }

    @Test func screensWithoutUnicodeGetASCII() {
        for summary in [Fixture.passed(), Fixture.failed(), Fixture.compared()] {
            #expect(render(summary, unicode: false).utf8.allSatisfy { $0 < 0x80 })
        }
    }
}
