import Foundation
import Profiles

@testable import Conductor
@testable import Dashboard
@testable import Engine

import struct Conductor.Progress

/// Plans, boards and states that tests are made of.
enum Fixture {
    static let profiles = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("profiles").path

    static let host = HostFacts(
        kernelRelease: "6.18.0", cpuModel: "test", cpus: 2, memoryTotalBytes: 24 << 30, memoryAvailableBytes: 23 << 30,
        swapTotalBytes: 0, numaNodes: 1, descriptorLimit: 20_000, ioUringUnavailableBecause: nil, privilege: .root,
        privilegeLimitedBecause: nil, tcpMemoryBytes: 2 << 30)

    static func plan(_ name: String = "smoke") throws -> Plan {
        let profile = try ProfileFinder(directories: [profiles], environment: [:]).load(name, overrides: [])
        return try Planner.plan(profile: profile, flags: Flags(), host: host, version: "test")
    }

    /// A board on memory of its own, for as long as `body` runs.
    static func withBoard<R>(_ plan: Plan, _ body: (Board) throws -> R) rethrows -> R {
        let bytes = Board.bytes(targetLanes: plan.target.lanes, workerLanes: plan.workerLanes.count)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4_096)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        return try body(Board(creatingAt: memory, targetLanes: plan.target.lanes, workerLanes: plan.workerLanes.count))
    }

    /// The state that the conductor would tell of a board.
    static func state(_ plan: Plan, _ board: Board, stage: Progress.Stage = .ramping, seconds: Double = 3) -> LiveState? {
        var told: LiveState?
        var teller = LiveTeller(plan) { told = $0 }
        teller.tell(LiveTeller.Moment(stage: stage, elapsedSeconds: seconds, startSeconds: monotonicSeconds() - seconds), board)
        return told
    }

    static func ramping(_ plan: Plan, seconds: Double, connected: Int) -> LiveState {
        var state = LiveState(building: plan)
        (state.stage, state.modelSeconds, state.connected, state.joined) = (.ramping, seconds, connected, connected)
        return state
    }

    static func object(_ json: String) throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] else {
            throw CocoaError(.coderReadCorrupt)
        }
        return object
    }
}
