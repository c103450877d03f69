import Foundation
import Profiles
import Testing

@testable import Conductor
@testable import Views

/// What report.html is made of, and that it says what summary.json says.
@Suite struct ReportTests {
    /// Sections, their headings and their figures, in order.
    private func outline(_ elements: [ReportFixture.Element]) -> [String] {
        elements.compactMap { element in
            switch element.name {
            case "section", "figure": "\(element.name) \(element.attributes["id"] ?? "-")"
            case "h1", "h2", "h3": "\(element.name) \(element.text)"
            default: nil
            }
        }
    }

    @Test func theStructureOfOneRun() throws {
        let elements = try ReportFixture.parse(ReportPage.render([ReportFixture.record(Fixture.compared())]))
        #expect(outline(elements) == [
            "h1 smoke", "section verdict", "h2 Verdict", "section curve", "h2 The curve", "figure figure-curve", "h3 Connections over model time",
            "h3 Beside the published run", "figure figure-rate", "h3 Connections made per model second", "section ceiling", "h2 The ceiling",
            "section ledger", "h2 The ledger: bytes per connection", "figure figure-ledger", "h3 What a connection costs in memory", "section latency",
            "h2 Latency", "figure figure-latency-connect", "h3 Connect: from when the user was due to the TCP connection", "figure figure-latency-join",
            "h3 Join: from when the user was due until the channel answered", "section errors", "h2 Errors", "figure figure-errors", "h3 Failures by cause", "section cpu",
            "h2 Processors", "figure figure-cpu", "h3 CPUs in use", "section memory", "h2 Memory of the target", "figure figure-memory",
            "h3 What the target held", "figure figure-pressure", "h3 Memory pressure", "section plan", "h2 The plan", "section host", "h2 The host",
            "section degraded", "h2 Degraded: what was given up", "section events", "h2 What happened", "section repeat", "h2 To repeat it",
        ])
        let ids = elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count, "every id is there once")
        for link in elements.filter({ $0.name == "a" }) { #expect(ids.contains(String((link.attributes["href"] ?? "").dropFirst()))) }
        for figure in elements.filter({ $0.name == "figure" }) {
            let id = figure.attributes["id"] ?? ""
            #expect(elements.filter { $0.name == "svg" && $0.path.contains(id) }.compactMap { $0.attributes["class"] } == ["wide", "narrow"], "\(id)")
        }
    }

    @Test(arguments: ["passed", "failed", "compared", "interrupted", "broken"])
    func figuresAreThoseOfTheSummary(which: String) throws {
        var summary = which == "failed" ? Fixture.failed() : which == "compared" ? Fixture.compared() : Fixture.passed()
        if which == "failed" { summary.joined.peak = 1_203_000 }
        if ["interrupted", "broken"].contains(which) { summary.verdict = which }
        let tree = try #require(try JSONSerialization.jsonObject(with: summary.encoded()) as? [String: Any])
        let elements = try ReportFixture.parse(ReportPage.render([ReportFixture.record(summary)])).filter { $0.attributes["data-figure"] != nil }
        #expect(elements.count > 20)
        for element in elements {
            let path = element.attributes["data-figure"] ?? ""
            let wanted = figure(path, in: tree)
            if let told = element.attributes["data-value"], told != "null", let number = wanted as? NSNumber {
                #expect(Double(told) == number.doubleValue, "\(path)")
            } else if let text = wanted as? String {
                #expect(element.attributes["data-value"] == text, "\(path)")
            } else {
                #expect(element.attributes["data-value"] == "null" && (wanted == nil || wanted is NSNull), "\(path): \(element.text)")
            }
        }
        let verdict = elements.first { $0.attributes["data-figure"] == "verdict" }
        #expect(verdict?.text.lowercased().contains(summary.verdict) == true)
        for result in summary.expectations { #expect(elements.contains { $0.attributes["data-figure"] == result.figure && $0.path.contains("verdict") }) }
    }

    private func figure(_ path: String, in tree: [String: Any]) -> Any? {
        if path == "errors.total" { return NSNumber(value: (tree["errors"] as? [String: NSNumber] ?? [:]).values.reduce(0) { $0 + $1.doubleValue }) }
        var node: Any? = tree
        for key in path.split(separator: ".") { node = (node as? [String: Any])?[String(key)] }
        if let list = node as? [Any] { return NSNumber(value: list.count) }
        return node
    }

    @Test func aRunThatWasCutOffHasAReport() throws {
        let html = ReportPage.render([try ReportFixture.record(nil)])
        let elements = try ReportFixture.parse(html)
        #expect(html.contains("! Cut off") && html.contains("The run left no summary.json"))
        #expect(html.contains("2,360 users, 2,006 connected, 2,006 joined"))
        #expect(elements.contains { $0.attributes["id"] == "figure-curve" } && !elements.contains { $0.attributes["id"] == "figure-ledger" })
    }

    @Test func severalRunsLieOverEachOther() throws {
        let records = [try ReportFixture.record(Fixture.compared()), try ReportFixture.record(Fixture.failed()), try ReportFixture.record(nil)]
        let elements = try ReportFixture.parse(ReportPage.render(records))
        let sections = elements.filter { $0.name == "section" }.compactMap { $0.attributes["id"] }
        #expect(sections.prefix(4) == ["verdict-1", "verdict-2", "verdict-3", "curve"] && sections.last == "repeat")
        let curves = elements.filter { $0.name == "polyline" && $0.path.contains("figure-curve") }
        #expect(curves.count == 6, "three runs in two sizes")
        let names = Set(elements.filter { $0.path.contains("figure-curve") && $0.attributes["class"] == "key" }.map(\.text))
        #expect(names.count == 3, "runs of one name are told apart: \(names)")
    }

    @Test func theReferenceIsBehindTheRunAndKneesAreMarked() throws {
        var record = try ReportFixture.record(Fixture.compared())
        record = RunRecord(
            directory: "/runs/a", plan: try ReportFixture.plan { $0.users = 2_400_000 }, summary: record.summary, samples: SampleTable([
                "model_t_s": (0..<500).map { Double($0 * 10) }, "connected": (0..<500).map { Double($0 * 4_700) },
            ]), reference: try ReportFixture.reference())
        let elements = try ReportFixture.parse(ReportPage.render([record])).filter { $0.path.contains("figure-curve") }
        let lines = elements.filter { $0.name == "polyline" }.compactMap { $0.attributes["class"] }
        #expect(lines == ["line reference", "line c0", "line reference", "line c0"])
        let marks = elements.filter { $0.name == "circle" }.map { $0.text.trimmingCharacters(in: .newlines) }
        #expect(marks.prefix(2) == ["published knee: 3,927 s, 1,960,579", "knee: 3,944 s, 1,967,400"])
    }

    /// A run of another number of users is another experiment: a curve of millions would make its own a flat line.
    @Test func aReferenceOfAnotherExperimentIsNotDrawn() throws {
        let record = try ReportFixture.record(Fixture.passed { $0.fidelity.remark = "Not compared." })
        let other = RunRecord(directory: "", plan: record.plan, summary: record.summary, samples: record.samples, reference: try ReportFixture.reference())
        let elements = try ReportFixture.parse(ReportPage.render([other]))
        #expect(!elements.contains { $0.attributes["class"] == "line reference" } && elements.contains { $0.text == "Not compared." })
    }

    @Test func nothingIsLoaded() throws {
        let html = ReportPage.render([try ReportFixture.record()])
        let elements = try ReportFixture.parse(html)
        for element in elements {
            #expect(!["link", "img", "iframe", "object", "embed", "base", "image", "use"].contains(element.name))
            for (name, value) in element.attributes where ["src", "href", "action", "data", "srcset"].contains(name) { #expect(value.hasPrefix("#")) }
        }
        #expect(!html.contains("@import") && html.replacingOccurrences(of: "clip-path=\"url(#", with: "").contains("url(") == false)
        #expect(html.contains("default-src &#39;none&#39;"))
    }

    @Test func oddFiguresDoNotBreakIt() throws {
        let odd: [[Double?]] = [[], [nil], [0], [.nan, .infinity, -1], [1e18, 0, -1e18]]
        for values in odd {
            let samples = SampleTable(["model_t_s": values, "connected": values, "cpu_target": values, "target_memory_bytes": values, "errors_total": values])
            let record = RunRecord(directory: "", plan: try ReportFixture.plan(), summary: Fixture.passed(), samples: samples)
            let html = ReportPage.render([record])
            _ = try ReportFixture.parse(html)
            #expect(!html.contains("nan,") && !html.contains("inf,") && !html.contains(",nan"))
        }
    }

    // MARK: Escaping

    @Test(arguments: 0..<60)
    func whateverIsSaidIsText(seed: Int) throws {
        let words = hostile(seed)
        var summary = Fixture.failed()
        summary.profile = words
        summary.ceiling.evidence = [words]
        summary.degraded = [words]
        summary.errors[words] = 1
        summary.expectations.append(.init(figure: words, comparison: words, value: 1, measured: nil, held: false))
        summary.fidelity.remark = words
        var record = try ReportFixture.record(summary) { plan in
            plan.profile = words
            plan.about = words
            plan.command = ["simbench", "run", "--profile", words]
        }
        record = RunRecord(
            directory: words, plan: record.plan, summary: summary, samples: record.samples, latencies: record.latencies, events: [words], remarks: [words])
        let elements = try ReportFixture.parse(ReportPage.render([record]))
        let plain = try ReportFixture.parse(ReportPage.render([ReportFixture.record(summary)]))
        #expect(elements.count { $0.name == "script" } == 1 && !elements.contains { $0.name == "img" || $0.name == "x" })
        #expect(elements.count { $0.name == "section" } == plain.count { $0.name == "section" })
        let heading = try #require(elements.first { $0.name == "h1" })
        #expect(heading.text == Markup.cleaned(words), "what is read is what was said")
    }

    private func hostile(_ seed: Int) -> String {
        let pieces = ["<script>alert(1)</script>", "<x>", "&amp;", "&", "\"", "'", "]]>", "<!--", "-->", "</style>", "</title>", "<img src=x onerror=1>", "\u{0}", "\u{8}", "\u{1b}[31m", "\u{202e}", "\u{ffff}", "é", "日本", "👩‍👩‍👧", "\t", "a", "%", "javascript:", "\u{7f}", "\u{85}"]
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        return (0..<12).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return pieces[Int(state >> 33) % pieces.count]
        }.joined()
    }

    @Test(arguments: [
        (["/opt/simbench", "run", "--profile", "smoke", "--out", "a b"], "simbench run --profile smoke --seed 1 --engine io_uring"),
        (["simbench", "run", "--profile=it's", "--seed=5", "--out=x", "--engine", "epoll"], "simbench run '--profile=it'\\''s' --seed=5 --engine epoll"),
    ])
    func theCommandIsRepeatable(command: [String], expected: String) throws {
        #expect(RepeatCommand.text(try ReportFixture.plan { ($0.command, $0.engine) = (command, .ioUring) }) == expected)
    }

    @Test(arguments: [
        (["/usr/bin/simbench", "run", "--profile", "smoke"], "simbench run --profile smoke"),
        (["simbench", "run", "--out", "runs/a", "--quiet"], "simbench run --quiet"),
        (["simbench", "run", "--out=runs/a", "--hold", "1 s"], "simbench run --hold '1 s'"),
        (["simbench", "--set", "expect.lost=== 0", ""], "simbench --set 'expect.lost=== 0' ''"),
        (["simbench", "it's", "$(x)\n"], "simbench 'it'\\''s' '$(x)\n'"),
    ])
    func aCommandLineCanBeGivenAgain(words: [String], expected: String) { #expect(RepeatCommand.text(of: words) == expected) }

    @Test func anOlderRecordTellsItsPlan() throws {
        let text = RepeatCommand.text(try ReportFixture.plan { ($0.command, $0.engine) = (nil, .epoll) })
        #expect(text == "simbench run --profile smoke --engine epoll --fit full --seed 1 --connections 2000 --rate max")
    }

    @Test func bucketsAreGatheredByEqualStepsOfTheAxis() {
        let steps = LatencySection.steps([.init(fromMicroseconds: 0, toMicroseconds: 0, count: 1), .init(fromMicroseconds: 800, toMicroseconds: 812, count: 3)])
        #expect(steps.map(\.share) == [25, 75])
    }
}
