import Foundation
import Profiles

@testable import Conductor
@testable import Engine

/// Plans, boards and noise that tests are made of.
enum Fixture {
    static let profiles = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("profiles").path

    static func reference() throws -> Reference { try Reference.load(path: "\(profiles)/reference/do-64gb.csv") }

    static let host = HostFacts(
        kernelRelease: "6.18.0", cpuModel: "test", cpus: 2, memoryTotalBytes: 24 << 30, memoryAvailableBytes: 23 << 30,
        swapTotalBytes: 0, numaNodes: 1, descriptorLimit: 20_000, ioUringUnavailableBecause: nil, privilege: .root,
        privilegeLimitedBecause: nil, tcpMemoryBytes: 2 << 30)

    static func plan(_ change: (inout Plan) -> Void = { _ in }) throws -> Plan {
        let profile = try ProfileFinder(directories: [profiles], environment: [:]).load("smoke", overrides: [])
        var plan = try Planner.plan(profile: profile, flags: Flags(), host: host, version: "test")
        change(&plan)
        return plan
    }

    /// A board on memory of its own, for as long as `body` runs.
    static func withBoard<R>(targetLanes: Int = 1, workerLanes: Int = 2, _ body: (Board) throws -> R) rethrows -> R {
        let bytes = Board.bytes(targetLanes: targetLanes, workerLanes: workerLanes)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4_096)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        return try body(Board(creatingAt: memory, targetLanes: targetLanes, workerLanes: workerLanes))
    }

    static func tally(_ change: (inout Tally) -> Void = { _ in }) -> Tally {
        var tally = withBoard { Tally($0) }
        change(&tally)
        return tally
    }

    static func summary(_ change: (inout Summary) -> Void = { _ in }) -> Summary {
        var summary = Summary(
            version: "test", profile: "smoke", engine: .epoll, fit: .full, speedup: 1, seed: 1, digest: nil, degraded: [],
            verdict: "passed", ceiling: .init(cause: "none", atConnected: nil, evidence: []),
            users: .init(peak: 10, started: 10), connected: .init(peak: 9, final: 8), joined: .init(peak: 7, final: 6),
            verified: nil, lost: 0, errors: [:], retries: 0, ramp: .init(), latencyUs: .init(),
            bytesPerConnection: .init(method: "none"), cpuUsPerConnection: .init(method: "Nothing was measured: nobody joined."), traffic: .init(bytesIn: 0, bytesOut: 0),
            fidelity: .init(), droplet: nil, interference: .init(), teardown: .init(seconds: 0.5, leaks: []), expectations: [], host: host)
        change(&summary)
        return summary
    }
}

/// Normal deviates: the same numbers on every machine.
struct Noise {
    private var random: SplitMix64

    /// Scattered seeds: neighbouring ones, or multiples of the increment, would give one sequence and shifts of it.
    init(seed: Int) { random = SplitMix64(seed: Keyed(seed: 0x5eed, user: UInt64(seed)).value(counter: 0)) }

    private mutating func uniform() -> Double { (Double(random.next() >> 11) + 0.5) / Double(1 << 53) }

    /// Twelve uniform ones make a normal one, well enough for tests, and without a library's idea of a logarithm.
    mutating func normal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += uniform() }
        return sum
    }
}
