import Foundation
import Testing

@testable import Conductor
@testable import Views

/// A comparison in the terminal, as Markdown and as a page.
@Suite struct CompareViewTests {
    private func comparison(_ change: (inout Comparison) -> Void = { _ in }) -> Comparison {
        func figure(_ path: String, _ name: String, _ base: Double, _ own: Double, _ low: Double?, _ high: Double?, _ verdict: Comparison.Judgement) -> Comparison.Figure {
            let ratio = Comparison.Ratio(
                variant: "B", base: "A", pairs: low == nil ? 1 : 5, median: own / base, low: low, high: high, bootstrapLow: low, bootstrapHigh: high,
                verdict: verdict, all: [own / base])
            return Comparison.Figure(path: path, name: name, unit: "", medians: ["A": base, "B": own], ratios: [ratio])
        }
        var comparison = Comparison(
            version: "0.1.0", profile: "smoke", key: "engine", seed: 1,
            variants: [
                .init(label: "A", value: "io_uring", engine: .ioUring, network: .routed, users: 2_000, fit: .full, degraded: []),
                .init(label: "B", value: "epoll", engine: .epoll, network: .routed, users: 2_000, fit: .full, degraded: []),
            ],
            roundsPlanned: 5, roundsComplete: 5, warmupRuns: 1, order: ["A B", "B A", "B A", "A B", "A B"], isInterrupted: false,
            quiet: .init(secondsTotal: 12.3, secondsMost: 2.04, unquiet: 0),
            figures: [
                figure("ramp.joins_per_second", "joins per second", 38_412, 30_112, 0.7514, 0.8123, .less),
                figure("latency_us.heartbeat.p99", "heartbeat p99, µs", 0.05, 0.0512, 0.91, 1.1, .noDifference),
                figure("system_calls_per_connection.workers", "calls, workers", 0.184, 8.07, 39.66, 1_248.5, .more),
                figure("teardown.seconds", "teardown, s", 1.5, 3, nil, nil, .tooFew),
            ],
            notCompared: ["target footprint, B"], conclusions: ["epoll differs from io_uring in 2 of 3 figures."],
            remarks: ["B: Swap | is off."], method: "Medians of ratios.", command: "simbench compare --profile smoke --vary engine=io_uring,epoll",
            runs: [], host: Fixture.host)
        change(&comparison)
        return comparison
    }

    private func render(_ comparison: Comparison, columns: Int = 80, unicode: Bool = true) -> String {
        CompareText.render(comparison, directory: "/runs/c", style: Style(columns: columns, isUnicode: unicode))
    }

    @Test func theTableInTheTerminal() {
        #expect(render(comparison()) == """
            compared     smoke, engine: A io_uring, B epoll
            runs         5 of 5 rounds complete (A B, B A, B A, A B, ...), 1 warm-up run of
                         each discarded

            figure             io_uring   epoll  ratio  95 % interval
            joins per second     38,412  30,112  0.784    0.751-0.812           less
            heartbeat p99, µs     0.050   0.051  1.024    0.910-1.100  no difference
            calls, workers        0.184    8.07   43.9      39.7->999           more
            teardown, s            1.50    3.00  2.000                  too few runs

            conclusion   epoll differs from io_uring in 2 of 3 figures.
            chance       About 1 in 20 intervals misses by chance: of these 3, 0.2.
                         "Perhaps" marks those that may be among them.
            quiet        waited 12.3 s in all and 2 s at most before a run
            unknown      not measured: target footprint, B
            remarks      B: Swap | is off.
            record       /runs/c

            """)
    }

    @Test(arguments: [24, 40, 60, 72, 80, 200]) func noLineIsWiderThanTheScreen(_ columns: Int) {
        let long = comparison { $0.variants[1].value = String(repeating: "x", count: 90) }
        for text in [render(comparison(), columns: columns), render(long, columns: columns)] {
            let lines = text.split(separator: "\n").filter { !$0.contains("xxxx") && !$0.contains("/runs/c") }
            #expect(lines.allSatisfy { Terminal.visibleColumns(String($0)) <= columns })
        }
        #expect(render(comparison(), unicode: false).allSatisfy { $0.isASCII })
    }

    @Test func aValueThatStandsTwiceIsToldApart() {
        let equal = comparison { $0.variants[1].value = "io_uring" }
        #expect(CompareMarkdown.render(equal).contains("| io\\_uring (A) | io\\_uring (B) |"))
        #expect(render(equal).contains("figure                  A       B  ratio"), "where the values are too wide, the labels stand for them")
    }

    @Test func theMarkdown() {
        #expect(CompareMarkdown.render(comparison()) == """
            # smoke, engine: A io\\_uring, B epoll

            5 of 5 rounds complete (A B, B A, B A, A B, ...), 1 warm-up run of each discarded.

            | figure | io\\_uring | epoll | ratio | 95 % interval |  |
            | --- | ---: | ---: | ---: | ---: | --- |
            | joins per second | 38,412 | 30,112 | 0.784 | 0.751–0.812 | less |
            | heartbeat p99, µs | 0.050 | 0.051 | 1.024 | 0.910–1.100 | no difference |
            | calls, workers | 0.184 | 8.07 | 43.9 | 39.7–\\>999 | more |
            | teardown, s | 1.50 | 3.00 | 2.000 |  | too few runs |

            **epoll differs from io\\_uring in 2 of 3 figures.**

            Medians of ratios. About 1 in 20 intervals misses by chance: of these 3, 0.2. "Perhaps" marks those that may be among them.

            For quiet it waited 12.3 s in all and 2 s at most before a run.

            Not measured: target footprint, B.

            - B: Swap \\| is off.

            simbench 0.1.0, Linux 6.18.0, 2 × test, 24 GiB.

            ```sh
            simbench compare --profile smoke --vary engine=io_uring,epoll
            ```

            """)
    }

    @Test func thePageStandsAloneAndNothingInItBecomesMarkup() {
        let hostile = comparison {
            $0.variants[1].value = "<script>alert(1)</script>"
            $0.remarks = ["\"<img src=x>\" & so on"]
        }
        let chart = Chart(title: "t", xLabel: "x", yLabel: "y", series: [.init(name: "<b>", points: [.init(x: 0, y: 0), .init(x: 1, y: 5)])])
        let page = CompareHTML.render(hostile, curves: chart)
        #expect(page.hasPrefix("<!doctype html>") && page.hasSuffix("</html>\n"))
        #expect(page.contains("<td>0.751–0.812</td><td>less</td>") && page.contains("<svg "))
        #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>"))
        #expect(!page.contains("http://") || page.components(separatedBy: "http://").count == 2, "but for the SVG's name space")
        #expect(!CompareHTML.render(hostile, curves: nil).contains("<svg"))
    }

    @Test func threeVariantsHaveATableEach() {
        let three = comparison {
            $0.variants.append(.init(label: "C", value: "epoll2", engine: .epoll, network: .routed, users: 1, fit: .full, degraded: []))
            for index in $0.figures.indices {
                var ratio = $0.figures[index].ratios[0]
                ratio.variant = "C"
                $0.figures[index].ratios.append(ratio)
                $0.figures[index].medians["C"] = 7
            }
        }
        #expect(render(three).components(separatedBy: "95 % interval").count == 3)
        #expect(CompareMarkdown.render(three).components(separatedBy: "| figure |").count == 3)
        #expect(CompareHTML.chart(three, []) == nil)
    }
}
