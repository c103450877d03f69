import Foundation
import Testing

@testable import Conductor

/// A run directory that a report is made of, whole and damaged.
@Suite struct RunRecordTests {
    private func inFolder<R>(_ body: (String) throws -> R) throws -> R {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("simbench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    /// A whole record of a run of two samples.
    private func leave(in folder: String, _ change: (String) throws -> Void = { _ in }) throws {
        let record = try Record(directory: folder, plan: Fixture.plan { $0.referencePath = "\(Fixture.profiles)/reference/do-64gb.csv" })
        for second in 1...2 {
            record.append(Sample(wallSeconds: Double(second), modelSeconds: Double(second), tally: Fixture.tally { $0.errors = ["etimedout": 3, "memory": 4] }))
        }
        record.note("Something happened.")
        record.keep(LatencyTable(["join": [.init(fromMicroseconds: 64, toMicroseconds: 65, count: 7)]]))
        try record.finish(Fixture.summary { $0.errors = ["etimedout": 3] })
        try change(folder)
    }

    @Test func aWholeRecordComesBack() throws {
        try inFolder { folder in
            try leave(in: folder)
            let run = try RunRecord(directory: folder)
            #expect(run.plan.profile == "smoke" && run.summary?.errors == ["etimedout": 3] && run.samples.count == 2)
            #expect(run.samples.errorTotals["etimedout"] == [3, 3] && run.samples.errorTotals["memory"] == [4, 4])
            #expect(run.samples.column("cpu_target") == nil && run.samples.modelSeconds == [1, 2])
            #expect(run.latencies.buckets == ["join": [.init(fromMicroseconds: 64, toMicroseconds: 65, count: 7)]])
            #expect(run.events.count == 1 && run.reference != nil && run.remarks.isEmpty)
            #expect(FileManager.default.fileExists(atPath: "\(folder)/reference.csv"))
        }
    }

    @Test func theSummaryComesBackAsItWas() throws {
        let summary = Fixture.summary {
            $0.fidelity.kneeIntervalModelS = [3_900, 3_960]
            $0.latencyUs.join = .init(p50: 1, p90: 2, p99: 3, p999: 4, max: 5, count: 6)
            $0.bytesPerConnection.slab = ["TCPv6": 1, "sock_inode_cache": 2]
            $0.droplet = .init(limitBytes: 1)
        }
        #expect(try Summary.decode(summary.encoded()) == summary)
    }

    @Test func aRunThatWasCutOffIsReadWithoutItsSummary() throws {
        try inFolder { folder in
            try leave(in: folder) { folder in
                try FileManager.default.removeItem(atPath: "\(folder)/summary.json")
                let file = try #require(FileHandle(forWritingAtPath: "\(folder)/samples.csv"))
                try file.seekToEnd()
                file.write(Data("3.000,3.0".utf8))
            }
            let run = try RunRecord(directory: folder)
            #expect(run.summary == nil && run.samples.count == 2 && run.remarks == ["The last line of samples.csv was cut off and is left out."])
        }
    }

    /// Killed, or out of disk, while the very first line was written.
    @Test(arguments: ["", "t_s,mod"])
    func samplesWithoutAWholeFirstLineAreNone(text: String) throws {
        try inFolder { folder in
            try leave(in: folder) { try Data(text.utf8).write(to: URL(fileURLWithPath: "\($0)/samples.csv")) }
            let run = try RunRecord(directory: folder)
            #expect(run.samples.count == 0 && run.samples.modelSeconds.isEmpty && run.remarks.first?.contains("in its first line") == true)
        }
    }

    @Test func theReferenceIsTheRecordsOwnCopy() throws {
        try inFolder { folder in
            try leave(in: folder) { folder in
                let path = "\(folder)/plan.json"
                let plan = try String(contentsOfFile: path, encoding: .utf8)
                try plan.replacingOccurrences(of: "profiles/reference/do-64gb.csv", with: "gone.csv").write(toFile: path, atomically: true, encoding: .utf8)
            }
            let run = try RunRecord(directory: folder)
            #expect(run.reference != nil && run.remarks.isEmpty && run.plan.referencePath?.hasSuffix("gone.csv") == true)
            try FileManager.default.removeItem(atPath: "\(folder)/reference.csv")
            #expect(try RunRecord(directory: folder).remarks.first?.hasPrefix("The run is drawn without its reference.") == true)
        }
    }

    /// A file, what becomes of its text, and what the sentence says.
    private static let damages: [(file: String, from: String, to: String, says: String)] = [
        ("plan.json", "\"schema\"", "schema\"", "plan.json:[0-9]+: this is not JSON"),
        ("plan.json", "\"users\" : 2000", "\"users\" : \"many\"", "plan.json:[0-9]+: .*users is not what belongs there"),
        ("plan.json", "\"engine\" : ", "\"engin\" : ", "plan.json:[0-9]+: engine is missing"),
        ("summary.json", "\"verdict\" : \"passed\"", "\"verdict\" : 7", "summary.json:[0-9]+: verdict is not what belongs there"),
        ("summary.json", "\"lost\" :", "\"last\" :", "summary.json:[0-9]+: lost is missing"),
        ("summary.json", "}", "", "summary.json(:[0-9]+)?: this is not JSON"),
        ("samples.csv", "model_t_s", "a", "samples.csv:1: there is no column model_t_s"),
        ("samples.csv", "t_s,model_t_s,users", "users,model_t_s,users", "samples.csv:1: a column appears twice"),
        ("samples.csv", "1.000,1.000,", "1.000,1.000", "samples.csv:2: the row has 35 cells, but there are 36 columns"),
        ("samples.csv", "2.000,2.000,", "2.000,two,", "samples.csv:3: model_t_s is \"two\", which is no figure"),
        ("samples.csv", "2.000,2.000,", "2.000,,", "samples.csv:3: model_t_s is \"\", which is no figure"),
        ("samples.csv", "2.000,2.000,", "2.000,nan,", "samples.csv:3: model_t_s is \"nan\", which is no figure"),
        ("samples.csv", "1.000,1.000,", "1.000,1e99,", "samples.csv:2: model_t_s is \"1e99\", which is no figure"),
        ("latency.csv", "latency,", "delay,", "latency.csv:1: the first line is not latency,from_us,to_us,count"),
        ("latency.csv", "64,65,7", "65,64,7", "latency.csv:2: \"join,65,64,7\" is no bucket"),
        ("latency.csv", "64,65,7", "64,65,-7", "latency.csv:2: .* is no bucket"),
    ]

    @Test(arguments: damages.indices)
    func damageIsASentenceWithTheLine(index: Int) throws {
        let damage = Self.damages[index]
        try inFolder { folder in
            try leave(in: folder) { folder in
                let path = "\(folder)/\(damage.file)"
                let text = try String(contentsOfFile: path, encoding: .utf8)
                let range = try #require(text.range(of: damage.from, options: damage.to.isEmpty ? .backwards : []))
                try text.replacingCharacters(in: range, with: damage.to).write(toFile: path, atomically: true, encoding: .utf8)
            }
            let pattern = try Regex(damage.says)
            #expect { try RunRecord(directory: folder) } throws: { "\($0)".contains(pattern) }
        }
    }

    @Test func whatIsNoRunDirectoryIsASentence() throws {
        try inFolder { folder in
            func message(_ path: String) -> String { do { _ = try RunRecord(directory: path) } catch { return "\(error)" }; return "" }
            #expect(message("\(folder)/none").contains("does not exist"))
            #expect(message(folder).contains("is no run directory: it has no plan.json"))
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(folder)/file"))
            #expect(message("\(folder)/file").contains("is a file"))
            try Fixture.plan().encoded().write(to: URL(fileURLWithPath: "\(folder)/plan.json"))
            #expect(message(folder).contains("samples.csv is missing"))
            try FileManager.default.createDirectory(atPath: "\(folder)/samples.csv", withIntermediateDirectories: false)
            #expect(message(folder).contains("samples.csv cannot be read"))
        }
    }

    /// Whatever stands in the files, there is a record or a sentence.
    @Test(arguments: 0..<200)
    func anyBytesAreReadOrRefused(seed: Int) {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 99
        let pieces = ["model_t_s", "connected", ",", ",", "\n", "1", "-2.5", "1e400", "x", "\u{0}", "\r", " ", "latency,from_us,to_us,count\n", "join,1,2,3\n", "errors_total", "errors__total"]
        let text = (0..<40).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return pieces[Int(state >> 33) % pieces.count]
        }.joined()
        for text in [text, "model_t_s,connected\n" + text, "latency,from_us,to_us,count\n" + text] {
            do { _ = try SampleTable(csv: text, file: "f").errorTotals } catch { #expect(error.description.hasPrefix("f:")) }
            do { _ = try LatencyTable(csv: text, file: "f").csv } catch { #expect(error.description.hasPrefix("f:")) }
        }
    }

    @Test func aNoteIsAddedInTheTimeOfTheLastEvent() throws {
        try inFolder { folder in
            try leave(in: folder)
            Record.add(note: "100 % late.", in: folder)
            let events = try RunRecord(directory: folder).events
            #expect(events.count == 2 && events[1].hasSuffix("  100 % late.") && events[1].prefix(9) == events[0].prefix(9))
        }
    }
}
