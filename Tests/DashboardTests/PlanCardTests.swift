import Foundation
import Profiles
import Testing

@testable import Dashboard

/// What the page says of a plan.
@Suite struct PlanCardTests {
    private func card(_ change: (inout Plan) -> Void) throws -> [String: Any] {
        var plan = try Fixture.plan()
        change(&plan)
        return try Fixture.object(String(decoding: Hub.encode(PlanCard(plan, directory: "/somewhere")), as: UTF8.self))
    }

    @Test func placementIsToldWhereThereWasAChoice() throws {
        let node = HostFacts.Node(id: 0, cpus: [0, 1], memoryBytes: 24 << 30)
        let plain = try card { $0.host.nodes = [node] }
        #expect(plain["placement"] == nil && plain["network"] as? String == "routed")
        let parted = try card { plan in
            plan.host.nodes = [node]
            plan.placement = .init(mode: .explicit, target: .init(nodes: [0], cpus: [0]), workers: .init(nodes: [0], cpus: [1]))
            plan.rps = .target
        }
        let map = try #require(parted["placement"] as? [String: Any])
        #expect(map["mode"] as? String == "explicit" && (map["note"] as? String)?.contains("RPS") == true)
        #expect(map["rows"] as? [[String]] == [["node", "memory", "CPUs", "who"], ["0", "24 GiB", "0,1", "target on CPU 0, workers on CPU 1"]])
    }

    @Test func expectationsHaveTheirUnits() throws {
        let told = try card { $0.expectations = [.init(figure: "latency_us.join.p99", comparison: "<", value: 50_000)] }
        #expect(told["expectations"] as? [String] == ["latency_us.join.p99 < 50 ms"])
    }
}
