import Testing

@testable import Conductor
@testable import Engine

@Suite struct MetricsTests {
    @Test func aRunUnderWay() throws {
        let plan = try Fixture.plan()
        let sample = Sample(
            wallSeconds: 1.5, modelSeconds: 15,
            tally: Fixture.tally {
                ($0.started, $0.ended, $0.connected, $0.joined, $0.connectedTotal, $0.joinedTotal) = (10, 2, 7, 6, 9, 8)
                $0.errors = ["etimedout": 2]
                $0.footprintBytes = 4_096
            },
            targetMemoryBytes: 1 << 20, cpuTarget: 0.25, targetCPUSeconds: 3.5, hasTarget: true)
        let metrics = Fixture.withBoard { Metrics(plan, sample, stage: .ramping, elapsedSeconds: 2, board: $0, limitBytes: nil) }
        #expect(metrics.stage == "ramping" && metrics.modelSeconds == 15 && metrics.usersPlanned == plan.users)
        #expect(metrics.usersStarted == 10 && metrics.users == 8 && metrics.connected == 7 && metrics.joins == 8 && metrics.verified == nil)
        #expect(metrics.errors == ["etimedout": 2] && metrics.latencies.isEmpty)
        #expect(metrics.memoryBytes["target"] == 1 << 20 && metrics.memoryBytes["footprint"] == 4_096 && metrics.memoryBytes["target_limit"] == nil)
        #expect(metrics.cpuSeconds == ["target": 3.5])
    }
}
