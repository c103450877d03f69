import Foundation
import FoundationXML
import Profiles

@testable import Conductor
@testable import Views

/// Records of runs that never were, and the reports of them, taken apart by an XML parser.
enum ReportFixture {
    static let profiles = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("profiles").path

    static func plan(_ name: String = "smoke", _ change: (inout Plan) -> Void = { _ in }) throws -> Plan {
        let profile = try ProfileFinder(directories: [profiles], environment: [:]).load(name, overrides: [])
        var plan = try Planner.plan(profile: profile, flags: Flags(), host: Fixture.host, version: "0.1.0")
        change(&plan)
        return plan
    }

    /// A minute of samples, in which half of what is sampled grows.
    static let samples = SampleTable([
        "model_t_s": (0..<60).map { Double($0) }, "users": (0..<60).map { Double($0 * 40) }, "connected": (0..<60).map { Double($0 * 34) },
        "joined": (0..<60).map { Double($0 * 34) }, "connect_ok_total": (0..<60).map { Double($0 * 34) }, "errors_total": (0..<60).map { Double($0 * 2) },
        "etimedout_total": (0..<60).map { Double($0) }, "errors_econnreset_total": (0..<60).map { Double($0) },
        "target_memory_bytes": (0..<60).map { Double($0 << 20) }, "target_swap_bytes": (0..<60).map { Double($0 << 10) },
        "memory_pressure_pct": (0..<60).map { Double($0) / 2 }, "cpu_target": (0..<60).map { _ in 0.5 }, "cpu_workers": (0..<60).map { _ in 0.75 },
        "cpu_softirq": (0..<60).map { _ in nil }, "cpu_idle": (0..<60).map { _ in 0.5 },
    ])

    static func record(_ summary: Summary? = Fixture.passed(), _ change: (inout Plan) -> Void = { _ in }) throws -> RunRecord {
        let buckets = [LatencyTable.Bucket(fromMicroseconds: 800, toMicroseconds: 812, count: 1_500), .init(fromMicroseconds: 80_000, toMicroseconds: 81_200, count: 500)]
        return RunRecord(
            directory: "/runs/a", plan: try plan("smoke", change), summary: summary, samples: samples,
            latencies: LatencyTable(["connect": buckets, "join": buckets]), events: ["    0.001  The lab is built."])
    }

    static func reference() throws -> Reference { try Reference.load(path: "\(profiles)/reference/do-64gb.csv") }

    /// Every element of a document that is well-formed; an error that says where it is not.
    static func parse(_ html: String) throws -> [Element] {
        let reader = Reader()
        let parser = XMLParser(data: Data(html.replacingOccurrences(of: "<!DOCTYPE html>\n", with: "").utf8))
        parser.delegate = reader
        guard parser.parse() else {
            throw RunError("line \(parser.lineNumber), column \(parser.columnNumber): \(parser.parserError.map { "\($0)" } ?? "not well-formed")")
        }
        return reader.elements
    }

    struct Element {
        var name: String
        var attributes: [String: String]
        var depth: Int
        var text = ""
        var path: [String]
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [Element] = []
        private var open: [Int] = []

        func parser(_: XMLParser, didStartElement name: String, namespaceURI _: String?, qualifiedName _: String?, attributes: [String: String]) {
            let path = open.map { elements[$0].attributes["id"] ?? elements[$0].name } + [attributes["id"] ?? name]
            elements.append(Element(name: name, attributes: attributes, depth: open.count, path: path))
            open.append(elements.count - 1)
        }

        func parser(_: XMLParser, foundCharacters text: String) {
            for index in open { elements[index].text += text }
        }

        func parser(_: XMLParser, didEndElement _: String, namespaceURI _: String?, qualifiedName _: String?) { open.removeLast() }
    }
}
