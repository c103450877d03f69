import Foundation
import Testing

@testable import Conductor

/// A run directory that is read again.
@Suite struct SavedRunTests {
    private func inFolder<R>(_ body: (String) throws -> R) throws -> R {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("simbench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try body(path)
    }

    private func message(_ folder: String) -> String {
        do { return "read \(try SavedRun(directory: folder).points.count) points" } catch { return "\(error)" }
    }

    @Test func curvesAreInModelUnits() throws {
        try inFolder { folder in
            let record = try Record(directory: folder, plan: Fixture.plan { $0.connectionScale = 0.5 })
            for second in 0...3 {
                var sample = Sample(wallSeconds: Double(second), modelSeconds: Double(second) * 10, tally: Fixture.tally())
                sample.tally.connected = second * 100
                record.append(sample)
            }
            let run = try SavedRun(directory: folder)
            #expect(run.points.map(\.seconds) == [0, 10, 20, 30] && run.points.map(\.connected) == [0, 200, 400, 600])
            #expect(run.plan.profile == "smoke")
        }
    }

    @Test func aLineThatWasCutOffIsLeftOut() throws {
        try inFolder { folder in
            let record = try Record(directory: folder, plan: Fixture.plan())
            record.append(Sample(wallSeconds: 1, modelSeconds: 1, tally: Fixture.tally()))
            let file = try #require(FileHandle(forWritingAtPath: folder + "/samples.csv"))
            try file.seekToEnd()
            file.write(Data("2.000,2.0".utf8))
            #expect(try SavedRun(directory: folder).points.count == 1)
        }
    }

    @Test func damageIsASentence() throws {
        try inFolder { folder in
            #expect(message(folder).contains("is no run directory"))
            try Data("{".utf8).write(to: URL(fileURLWithPath: folder + "/plan.json"))
            #expect(message(folder).contains("is damaged, or was written by another version"))
            try Fixture.plan().encoded().write(to: URL(fileURLWithPath: folder + "/plan.json"))
            #expect(message(folder).contains("samples.csv cannot be read"))
            try Data("a,b\n1,2\n".utf8).write(to: URL(fileURLWithPath: folder + "/samples.csv"))
            #expect(message(folder).contains("no columns model_t_s and connected"))
        }
    }
}
