import Foundation
import Testing

@testable import Conductor
@testable import Views

/// compare.html, taken apart by an XML parser.
@Suite struct ComparePageTests {
    private func page(_ runs: [String: RunRecord] = [:], _ change: (inout Comparison) -> Void = { _ in }) -> String {
        CompareHTML.render(CompareFixture.comparison(change), runs: runs)
    }

    private func records() throws -> [String: RunRecord] {
        var records: [String: RunRecord] = [:]
        for run in CompareFixture.runs() {
            let made = try ReportFixture.record()
            records[run.directory] = RunRecord(directory: "/runs/c/\(run.directory)", plan: made.plan, summary: made.summary, samples: made.samples)
        }
        return records
    }

    @Test func thePagesStructure() throws {
        let elements = try ReportFixture.parse(page(try records()) {
            $0.runs = CompareFixture.runs()
            $0.outcomes = [.init(variant: "B", base: "A", verdict: .different, judged: 3, differing: 2, perhaps: 0)]
            $0.planDifferences = [.init(key: "engine", values: ["A": "io_uring", "B": "epoll"])]
        })
        let sections = elements.filter { $0.name == "section" }.compactMap { $0.attributes["id"] }
        #expect(sections == ["verdict", "ratios", "curves", "figures", "plans", "runs", "remarks", "method", "host", "repeat"])
        let ids = elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count, "every id is there once")
        for link in elements where link.name == "a" {
            let place = link.attributes["href"] ?? ""
            #expect(place.hasPrefix("#") ? ids.contains(String(place.dropFirst())) : place.hasSuffix("/report.html"), "\(place)")
        }
        for figure in elements.filter({ $0.name == "figure" }) {
            let id = figure.attributes["id"] ?? ""
            let drawings = elements.filter { $0.name == "svg" && $0.path.contains(id) }.compactMap { $0.attributes["class"]?.split(separator: " ").first }
            #expect(drawings == ["wide", "narrow"], "\(id)")
        }
        #expect(elements.filter { $0.name == "figure" }.compactMap { $0.attributes["id"] } == ["figure-ratios-B", "figure-curves"])
    }

    @Test func everyFigureHasItsUnitAndItsInterval() throws {
        let elements = try ReportFixture.parse(page { comparison in
            comparison.figures[0].unit = "1/s"
            comparison.figures[0].ratios[0].adjustedProbability = 0.0123
        })
        let row = try #require(elements.first { $0.name == "tr" && $0.text.hasPrefix("joins per second") })
        #expect(row.text.split(separator: "\n").joined() == "joins per second1/s38,41230,1120.7840.751–0.8120.012less", "\(row.text)")
        let latency = try #require(elements.first { $0.name == "tr" && $0.text.hasPrefix("heartbeat p99") })
        #expect(!latency.text.contains("p99, µs"), "the unit has a column of its own")
    }

    /// Every interval lies within the drawing, however far out it is.
    @Test func theForestIsDrawnWithinItsFrame() throws {
        let elements = try ReportFixture.parse(page())
        for (name, width) in [("wide", 880.0), ("narrow", 360.0)] {
            let inside = elements.filter { $0.path.contains("figure-ratios-B") }
            let svg = try #require(inside.first { $0.name == "svg" && $0.attributes["class"] == "\(name) forest" })
            let box = (svg.attributes["viewBox"] ?? "").split(separator: " ").compactMap { Double($0) }
            #expect(box.count == 4 && box[2] == width)
            let place = try #require(inside.firstIndex { $0.name == "svg" && $0.attributes["class"] == "\(name) forest" })
            let drawn = inside[(place + 1)...].prefix { $0.name != "svg" }.filter { $0.name == "line" || $0.name == "circle" }
            #expect(drawn.count > 3)
            for line in drawn {
                for key in ["x1", "x2", "cx"] { if let x = line.attributes[key].flatMap(Double.init) { #expect(x >= 0 && x <= width) } }
            }
        }
        // 43.9 times is an arrow at the edge, the others are dots: three, in both sizes.
        #expect(elements.filter { $0.name == "circle" }.count == 6 && elements.filter { $0.name == "polygon" }.count >= 2)
    }

    @Test func runsAreDrawnInTheColoursOfTheirVariants() throws {
        let elements = try ReportFixture.parse(page(try records()) { $0.runs = CompareFixture.runs() })
        let lines = elements.filter { $0.name == "polyline" && $0.path.contains("figure-curves") }.compactMap { $0.attributes["class"] }
        // Four runs that count and the median one of each variant, in both sizes.
        #expect(lines.filter { $0 == "line thin c0" }.count == 4 && lines.filter { $0 == "line thin c1" }.count == 4)
        #expect(lines.filter { $0 == "line c0" }.count == 2 && lines.filter { $0 == "line c1" }.count == 2)
        let keys = elements.filter { $0.attributes["class"] == "key" && $0.path.contains("figure-curves") }.map(\.text)
        #expect(keys == ["io_uring", "epoll"])
        let runs = elements.filter { $0.name == "tr" && $0.path.contains("runs") }.map(\.text)
        #expect(runs.count == 6 && runs[1].contains("warm-up") && runs[4].contains("not quite") && runs[5].contains("generator-bound"))
    }

    @Test func withoutARoundThereIsStillAPage() throws {
        let elements = try ReportFixture.parse(page {
            $0.figures = []
            $0.isInterrupted = true
            $0.conclusions = ["Nothing can be said of epoll against io_uring: two complete pairs are the fewest that have an interval."]
            $0.outcomes = nil
        })
        let text = elements.first { $0.name == "main" }?.text ?? ""
        for words in ["Nothing can be said", "did not come to its end", "No round is complete", "Not recorded by the version"] { #expect(text.contains(words), "\(words)") }
    }

    @Test func nothingInItBecomesMarkup() throws {
        let hostile = page {
            $0.variants[1].value = "<script>alert(1)</script>"
            $0.remarks = ["\"<img src=x>\" & so on \u{202e}"]
            $0.command = "simbench compare --vary '</pre><b>'"
            $0.planDifferences = [.init(key: "<i>", values: ["A": "<u>"])]
            $0.runs = [.init(variant: "B", round: 1, directory: "\"><s>", quietSeconds: 0, isQuiet: true, exitStatus: 0, verdict: "<em>", interferenceVerdict: nil, figures: [:])]
        }
        let names = Set(try ReportFixture.parse(hostile).map(\.name))
        #expect(names.isDisjoint(with: ["img", "b", "u", "s", "em"]) && !hostile.contains("<script>alert"))
        #expect(hostile.contains("default-src &#39;none&#39;"))
        #expect(hostile.components(separatedBy: "http://").count <= 5, "but for the drawings' name space")
    }
}
