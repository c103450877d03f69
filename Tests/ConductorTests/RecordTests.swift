import Foundation
import Testing

@testable import Conductor

@Suite struct RecordTests {
    private func inFolder<R>(_ body: (String) throws -> R) rethrows -> R {
        let path = FileManager.default.temporaryDirectory.path + "/simbench-record-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    private let sample = Sample(
        wallSeconds: 1.5, modelSeconds: 15,
        tally: Fixture.tally {
            ($0.started, $0.ended, $0.connected, $0.joined, $0.connectedTotal) = (10, 2, 7, 6, 9)
            $0.errors = ["etimedout": 2]
            ($0.bytesIn, $0.bytesOut) = (224, 289)
        },
        memoryPressurePercent: 0.126, cpuTarget: 0.25)

    @Test func aRowHasAFieldForEachColumn() {
        #expect(sample.row == "1.500,15.000,8,7,6,9,2,,,0.13,0.250,,,224,289,,,0,2,0,0,,0,0" + String(repeating: ",0", count: Tally.causeNames.count - 3))
        #expect(sample.row.count { $0 == "," } == Sample.header.count { $0 == "," })
    }

    @Test func aRecordIsCompleteUpToTheMoment() throws {
        try inFolder { folder in
            let plan = try Fixture.plan()
            let record = try Record(directory: folder + "/a/b", plan: plan)
            record.append(sample)
            record.append(dump: "# stats: dump at 1\n")
            record.note("Something happened: 100 % of it.")
            func text(_ name: String) throws -> String { try String(contentsOfFile: folder + "/a/b/" + name, encoding: .utf8) }
            #expect(try text("samples.csv") == "\(Sample.header)\n\(sample.row)\n")
            #expect(try text("tsung.log") == TsungLog.head + "# stats: dump at 1\n")
            #expect(try text("events.log").hasSuffix("  Something happened: 100 % of it.\n"))
            #expect(try text("plan.json").contains("\"schema\" : \"simbench.plan/1\""))
            #expect(!FileManager.default.fileExists(atPath: folder + "/a/b/summary.json"))

            try record.finish(Fixture.summary { $0.fidelity.kneeIntervalModelS = [3_900, 3_960] })
            let summary = try text("summary.json")
            #expect(summary.contains("\"schema\" : \"simbench.summary/1\"") && summary.contains("\"knee_interval_model_s\" : ["))
            #expect(record.troubles.isEmpty)
        }
    }

    @Test func aDirectoryThatCannotBeIsASentence() throws {
        try inFolder { folder in
            try "a file".write(toFile: folder, atomically: true, encoding: .utf8)
            let plan = try Fixture.plan()
            #expect { try Record(directory: folder + "/run", plan: plan) } throws: { "\($0)".contains("Choose another with --out.") }
        }
    }
}
