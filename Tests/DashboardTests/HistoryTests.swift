import Foundation
import Testing

@testable import Conductor
@testable import Dashboard

@Suite struct HistoryTests {
    @Test func itIsBoundedAndKeepsPeaks() throws {
        let plan = try Fixture.plan()
        var history = History()
        let count = 5 * History.pointLimit + 123
        for second in 0..<count {
            history.append(Fixture.ramping(plan, seconds: Double(second), connected: second == 3_333 ? 1_000_000 : second))
            #expect(history.points.count <= History.pointLimit)
        }
        #expect(history.points.map(\.connected).max() == 1_000_000)
        #expect(zip(history.points, history.points.dropFirst()).allSatisfy { $0.modelSeconds < $1.modelSeconds })
        #expect(history.points.count > History.pointLimit / 2)
        #expect(Double(count) - (history.points.last?.modelSeconds ?? 0) < 16)
    }

    @Test func onlyTheRunIsACurve() throws {
        let plan = try Fixture.plan()
        var history = History()
        history.append(LiveState(building: plan))
        var state = Fixture.ramping(plan, seconds: 1, connected: 1)
        history.append(state)
        state.stage = .tearingDown
        history.append(state)
        #expect(history.points.count == 1)
    }

    @Test func rowsHaveTheirColumns() throws {
        let plan = try Fixture.plan()
        var history = History()
        var state = Fixture.ramping(plan, seconds: 1.23456, connected: 7)
        state.joinsPerSecond = .infinity
        history.append(state)
        let rows = try #require(JSONSerialization.jsonObject(with: Data(history.json.utf8)) as? [[Any]])
        #expect(rows.count == 1 && rows[0].count == History.columns.count)
        #expect(rows[0][0] as? Double == 1.235 && rows[0][2] as? Int == 7 && rows[0][4] is NSNull)
    }
}

@Suite struct HubTests {
    @Test func aLateStreamIsToldEverythingAndThenTheNewest() throws {
        let plan = try Fixture.plan("do-64gb")
        let hub = Hub()
        hub.begin(plan, directory: "/somewhere/run")
        for second in 1...5 { hub.show(Fixture.ramping(plan, seconds: Double(second), connected: second)) }
        var seen = Hub.Seen()
        let first = hub.event(&seen)
        #expect(first.hasPrefix("retry: 1000\nevent: start\ndata: {") && first.hasSuffix("}\n\n"))
        let whole = try Fixture.object(String(first.dropFirst("retry: 1000\nevent: start\ndata: ".count)))
        let card = try #require(whole["plan"] as? [String: Any])
        #expect(card["profile"] as? String == "do-64gb" && card["directory"] as? String == "/somewhere/run")
        #expect((card["reference"] as? [[Double]])?.count ?? 0 > 100)
        #expect(((whole["history"] as? [String: Any])?["points"] as? [[Any]])?.count == 5)
        #expect(hub.event(&seen) == ": still here\n\n")
        for second in 6...9 { hub.show(Fixture.ramping(plan, seconds: Double(second), connected: second)) }
        let second = hub.event(&seen)
        #expect(second.hasPrefix("event: tick\n") && second.contains("\"connected\":9"))
        hub.begin(plan, directory: "/somewhere/next")
        #expect(hub.event(&seen).contains("event: start"))
        hub.close()
        #expect(hub.event(&seen).hasSuffix("event: end\ndata: {}\n\n") && seen.isEnded)
    }

    @Test func streamsAreFew() async throws {
        let hub = Hub()
        var streams = (0..<Hub.streamLimit).compactMap { _ in hub.subscribe() }
        #expect(streams.count == Hub.streamLimit && hub.subscribe() == nil)
        // A stream that is given up makes room.
        streams.removeLast()
        #expect(hub.streamCount == Hub.streamLimit - 1 && hub.subscribe() != nil)
        withExtendedLifetime(streams) {}
    }

    @Test func metricsAreThoseOfTheState() throws {
        let (hub, plan) = (Hub(), try Fixture.plan())
        #expect(hub.metrics == nil)
        hub.begin(plan, directory: "/somewhere")
        var state = Fixture.ramping(plan, seconds: 1, connected: 17)
        state.errors = ["etimedout": 3]
        hub.show(state)
        let metrics = try #require(hub.metrics)
        #expect(metrics.profile == "smoke" && metrics.stage == "ramping" && metrics.connected == 17 && metrics.errors == ["etimedout": 3])
    }
}
