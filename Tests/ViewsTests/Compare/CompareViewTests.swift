import Foundation
import Testing

@testable import Conductor
@testable import Views

/// A comparison in the terminal, as Markdown and as a page.
@Suite struct CompareViewTests {
    private func comparison(_ change: (inout Comparison) -> Void = { _ in }) -> Comparison { CompareFixture.comparison(change) }

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
            | calls, workers | 0.184 | 8.07 | 43.9 | 39.7–&gt;999 | more |
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
        #expect(CompareHTML.render(three, runs: [:]).components(separatedBy: "class=\"figures compared\"").count == 3)
    }
}
