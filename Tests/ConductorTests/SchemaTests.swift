import Foundation
import Profiles
import Testing

@testable import Conductor
@testable import Engine

/// The published schemas describe what is written, and nothing is written that they do not describe.
@Suite struct SchemaTests {
    private func schema(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(Fixture.profiles)/schema/\(name).schema.json"))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// The paths that have no place in the schema, and those that it requires and that are not there.
    private func strangers(_ value: Any, _ schema: [String: Any], at path: String = "") -> [String] {
        if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
            return list.flatMap { strangers($0, items, at: path + "[]") }
        }
        // Steps of sessions are one of several forms each: a real validator looks at them.
        guard let object = value as? [String: Any], schema["$ref"] == nil else { return [] }
        let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
        let others = schema["additionalProperties"] as? [String: Any]
        let missing = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }.map { "\(path).\($0) is missing" }
        return missing + object.flatMap { key, inner -> [String] in
            guard let place = properties[key] ?? others else { return ["\(path).\(key) is not described"] }
            return strangers(inner, place, at: "\(path).\(key)")
        }
    }

    private static let percentiles = Summary.Percentiles(p50: 1, p90: 1, p99: 1, p999: 1, max: 1, count: 1)

    /// Whatever may be missing is there.
    static let full = Fixture.summary {
        $0.digest = "0a-1"
        $0.ceiling = .init(cause: "ports", atConnected: 1, evidence: ["a"])
        $0.users.finished = 1
        $0.verified = .init(asked: 1, replied: 1, missing: 0, seconds: 1)
        $0.errors = Dictionary(uniqueKeysWithValues: Counter.allCases.compactMap(\.cause).map { ($0, 1) })
        $0.ramp = .init(seconds: 1, joinsPerSecond: 1)
        $0.latencyUs = .init(connect: percentiles, join: percentiles, heartbeat: percentiles, broadcast: percentiles, reply: percentiles)
        $0.bytesPerConnection = .init(
            targetKernel: 1, targetUser: 1, targetFootprint: 1, workerKernel: 1, workerUser: 1, pair: 1, fixed: 1, method: "m",
            slab: ["sock_inode_cache": 1, "TCP": 1])
        $0.cpuUsPerConnection = .init(target: 1, workers: 1, softirq: 1, method: "m")
        $0.fidelity = .init(
            rmsePct: 1, maxDeviationPct: 1, maxRelativeDeviationPct: 1, finalDeviationPct: 1, referenceFinalConnected: 1,
            comparedSamples: 1, comparedFromModelS: 1, comparedToModelS: 1, kneeConnected: 1, kneeModelS: 1,
            kneeIntervalModelS: [1, 2], slopeBefore: 1, slopeAfter: 1, referenceKneeConnected: 1, referenceKneeModelS: 1,
            referenceKneeIntervalModelS: [1, 2], referenceSlopeBefore: 1, referenceSlopeAfter: 1, kneeDeviationPct: 1,
            slopeAfterDeviationPct: 1, remark: "r")
        $0.droplet = .init(
            limitBytes: 1, swapLimitBytes: 1, baseBytes: 1, memoryPeakBytes: 1, swapPeakBytes: 1, limitHits: 1, oomKills: 1,
            chargedPerConnection: 1, predictedPerConnection: 1, chargeDeviationPct: 1)
        $0.interference = .init(hostBusyPct: 1, targetPct: 1, workersPct: 1, softirqPct: 1, generatorBound: false)
        ($0.interference.othersPct, $0.interference.idlePct, $0.interference.verdict, $0.interference.method) = (1, 1, "cpu-bound", "m")
        $0.contextSwitchesPerConnection = .init(target: 1, workers: 1, method: "m")
        $0.systemCallsPerConnection = .init(target: 1, workers: 1, method: "m")
        ($0.traffic.messagesSent, $0.traffic.messagesAnswered, $0.traffic.messagesRefused) = (1, 1, 1)
        $0.expectations = [.init(figure: "lost", comparison: "==", value: 0, measured: nil, held: false)]
        $0.visitors = 1
        $0.run = .init(startedAt: "2026-01-02T03:04:05Z", seconds: 1, endedEarlyBecause: "It ended.")
    }

    private func tree(_ data: Data) throws -> Any { try JSONSerialization.jsonObject(with: data) }

    @Test func everyMemberOfASummaryIsDescribed() throws {
        let schema = try schema("summary")
        #expect(strangers(try tree(Self.full.encoded()), schema) == [])
        #expect(strangers(try tree(Fixture.summary().encoded()), schema) == [])
    }

    @Test func everyMemberOfAPlanIsDescribed() throws {
        #expect(strangers(try tree(Fixture.plan().encoded()), try schema("plan")) == [])
    }

    /// A profile can expect whatever number a summary holds, and no more.
    @Test func everyNumberOfASummaryIsAFigure() throws {
        func numbers(_ value: Any, _ path: String) -> [String] {
            if let object = value as? [String: Any] { return object.flatMap { numbers($1, path.isEmpty ? $0 : "\(path).\($0)") } }
            if let list = value as? [Any] { return list is [String] && ["degraded", "teardown.leaks"].contains(path) ? [path] : [] }
            return value is NSNumber ? [path] : []
        }
        let written = Set(numbers(try tree(Self.full.encoded()), "").filter { path in
            !["seed", "speedup", "interference.generator_bound"].contains(path) && !path.hasPrefix("host.") && !path.hasPrefix("bytes_per_connection.slab")
        })
        #expect(written.subtracting(Figures.all) == [])
        #expect(Set(Figures.all).subtracting(written) == ["errors.total"])
    }

    @Test func theNamesOfErrorsAreThoseThatAreCounted() {
        #expect(Set(Figures.errorCauses) == Set(Counter.allCases.compactMap(\.cause)))
    }

    @Test func aSummaryIsReadAsItWasWritten() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/simbench-schema-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func message() -> String { do { return try Summary.load(directory: folder).verdict } catch { return error.description } }
        #expect(message().contains("summary.json cannot be read"))
        for summary in [Self.full, Fixture.summary()] {
            try WholeFile.write(summary.encoded(), to: folder + "/summary.json")
            #expect(try Summary.load(directory: folder) == summary)
        }
        for (damage, part) in [("{", "not JSON"), ("{}", "is missing"), ("[]", "not what belongs there")] {
            try WholeFile.write(Data(damage.utf8), to: folder + "/summary.json")
            #expect(message().contains("is damaged") && message().contains(part), "\(message())")
        }
    }
}
