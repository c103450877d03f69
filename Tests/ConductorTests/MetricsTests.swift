import Testing

@testable import Conductor

@Suite struct MetricsTests {
    @Test func aRunUnderWay() throws {
        let plan = try Fixture.plan()
        var state = LiveState(building: plan)
        (state.stage, state.modelSeconds) = (.ramping, 15)
        (state.usersStarted, state.users, state.connected, state.joined, state.joins) = (10, 8, 7, 6, 8)
        state.errors = ["etimedout": 2]
        state.memory.targetUserBytes = 1 << 20
        state.memory.pressurePercent = 12
        (state.cpu.target, state.cpu.targetSeconds) = (0.25, 3.5)
        let metrics = Metrics(state, plan)
        #expect(metrics.stage == "ramping" && metrics.modelSeconds == 15 && metrics.usersPlanned == plan.users)
        #expect(metrics.usersStarted == 10 && metrics.users == 8 && metrics.connected == 7 && metrics.joins == 8 && metrics.verified == nil)
        #expect(metrics.errors == ["etimedout": 2] && metrics.latencies.isEmpty)
        #expect(metrics.memoryBytes["target_user"] == 1 << 20 && metrics.memoryBytes["target_limit"] == nil)
        #expect(metrics.cpuSeconds == ["target": 3.5] && metrics.cpuCores == ["target": 0.25] && metrics.memoryPressurePercent == 12)
        state.outcome = .init(verdict: "failed", exitStatus: 1)
        #expect(Metrics(state, plan).stage == "failed")
    }
}
