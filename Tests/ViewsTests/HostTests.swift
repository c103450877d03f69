import Profiles
import Testing

@testable import Conductor
@testable import Views

/// What report.html says of who used the CPUs, and of where both sides sat.
@Suite struct HostTests {
    private func page(_ change: (inout Summary) -> Void = { _ in }, _ plan: (inout Plan) -> Void = { _ in }) throws -> [ReportFixture.Element] {
        var summary = Fixture.passed()
        change(&summary)
        return try ReportFixture.parse(ReportPage.render([ReportFixture.record(summary, plan)]))
    }

    private func shares(_ elements: [ReportFixture.Element]) -> [String] {
        elements.filter { $0.attributes["class"]?.hasPrefix("share ") == true }.compactMap { $0.attributes["title"] }
    }

    @Test func theGaugeMakesUpAWhole() throws {
        let elements = try page { $0.interference = .init(hostBusyPct: 98, targetPct: 30, workersPct: 60, softirqPct: 5, othersPct: 3, idlePct: 2, generatorBound: true, verdict: "generator-bound") }
        #expect(shares(elements) == ["target: 30 %", "workers: 60 %", "softirq: 5 %", "others: 3 %", "idle: 2 %"])
        #expect(elements.contains { $0.name == "p" && $0.attributes["class"] == "warning" && $0.text.contains("the load, not the target") })
    }

    /// A kernel that charges softirq to the processes: it is in their shares, and no share of its own.
    @Test func softirqIsNotToldTwice() throws {
        let elements = try page { $0.interference = .init(hostBusyPct: 98, targetPct: 38, workersPct: 60, softirqPct: 20, othersPct: 0, idlePct: 2, generatorBound: false, verdict: "target-bound") }
        #expect(shares(elements) == ["target: 38 %", "workers: 60 %", "idle: 2 %"])
    }

    @Test func withoutIdleTimeThereIsNoBar() throws {
        let elements = try page { $0.interference = .init(targetPct: 38, workersPct: 60, generatorBound: false, verdict: "not cpu-bound") }
        #expect(shares(elements).isEmpty && elements.contains { $0.attributes["data-figure"] == "interference.workers_pct" })
        #expect(try !page().contains { $0.text == "Who used the CPUs over the ramp" })
    }

    private static let nodes = [HostFacts.Node(id: 0, cpus: [0, 1], memoryBytes: 12 << 30), HostFacts.Node(id: 1, cpus: [2, 3], memoryBytes: 12 << 30)]

    @Test func placementIsAMap() throws {
        let side = { (node: Int) in Plan.Placement.Side(nodes: [node], cpus: Self.nodes[node].cpus) }
        let elements = try page {
            $0.placement = .init(
                mode: .auto, target: .init(nodes: [1], cpus: [2, 3], memoryBytesByNode: ["1": 3 << 30], remotePct: 0),
                workers: .init(nodes: [0], cpus: [0, 1], memoryBytesByNode: ["0": 1 << 30, "1": 1 << 20], remotePct: 0.1), rps: .off)
        } _: { plan in
            (plan.host.nodes, plan.placement) = (Self.nodes, .init(mode: .auto, target: side(1), workers: side(0)))
        }
        let row = elements.filter { $0.name == "td" && $0.path.contains("plan") }.map(\.text)
        #expect(row == ["12 GiB", "0,1", "workers", "0 B", "1 GiB", "12 GiB", "2,3", "target", "3 GiB", "1 MiB"])
        #expect(elements.contains { $0.attributes["data-figure"] == "placement.workers.remote_pct" && $0.text == "0.1 %" })
    }

    @Test func oneNodeThatAllShareIsNotToldOf() throws {
        let elements = try page { _ in } _: { ($0.host.nodes, $0.placement) = ([Self.nodes[0]], .init(mode: .auto)) }
        #expect(!elements.contains { $0.name == "h3" && $0.text.hasPrefix("Placement") })
    }
}
