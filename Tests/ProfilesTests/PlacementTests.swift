import Engine
import Testing

@testable import Profiles

@Suite struct PlacementTests {
    typealias Side = Plan.Placement.Side

    /// So many nodes of two CPUs and 8 GiB each; the last one, if there are several, has a little more memory.
    static func machine(_ count: Int, _ change: (inout [HostFacts.Node]) -> Void = { _ in }) -> HostFacts {
        var nodes = (0..<count).map { id in
            HostFacts.Node(
                id: id, cpus: [2 * id, 2 * id + 1], memoryBytes: 8 << 30,
                distances: (0..<count).map { $0 == id ? 10 : $0 / 4 == id / 4 ? 12 : 32 })
        }
        if count > 1 { nodes[count - 1].memoryBytes += 1 << 20 }
        change(&nodes)
        return Fixture.host { host in
            host.nodes = nodes
            host.numaNodes = nodes.count
            host.cpus = nodes.reduce(0) { $0 + $1.cpus.count }
            host.offlineCpus = [90, 91]
        }
    }

    private func placement(_ wish: String, _ host: HostFacts) throws -> Plan.Placement {
        try #require(try Fixture.plan("smoke", set: ["placement=\(wish)"], host: host).placement)
    }

    @Test(arguments: [
        (1, "auto", Side(), Side()), (1, "spread", Side(), Side()), (1, "compact", Side(), Side()),
        (2, "auto", Side(nodes: [1], cpus: [2, 3]), Side(nodes: [0], cpus: [0, 1])),
        (2, "spread", Side(nodes: [1], cpus: [2, 3]), Side(nodes: [0], cpus: [0, 1])),
        (2, "compact", Side(nodes: [1], cpus: [2, 3]), Side(nodes: [0], cpus: [0, 1])),
        (4, "auto", Side(nodes: [3], cpus: [6, 7]), Side(nodes: [0, 1, 2], cpus: Array(0..<6))),
        (4, "spread", Side(nodes: [2, 3], cpus: Array(4..<8)), Side(nodes: [0, 1], cpus: Array(0..<4))),
        (4, "compact", Side(nodes: [3], cpus: [6, 7]), Side(nodes: [0], cpus: [0, 1])),
        (8, "auto", Side(nodes: [7], cpus: [14, 15]), Side(nodes: Array(0..<7), cpus: Array(0..<14))),
        (8, "spread", Side(nodes: [4, 5, 6, 7], cpus: Array(8..<16)), Side(nodes: [0, 1, 2, 3], cpus: Array(0..<8))),
        // Node 4 is on the same board as node 7.
        (8, "compact", Side(nodes: [7], cpus: [14, 15]), Side(nodes: [4], cpus: [8, 9])),
    ])
    func modes(_ nodes: Int, _ wish: String, _ target: Side, _ workers: Side) throws {
        let placement = try placement(wish, Self.machine(nodes))
        #expect(placement.target == target)
        #expect(placement.workers == workers)
        #expect(placement.mode.rawValue == wish)
    }

    @Test func theUsualIsAuto() throws {
        #expect(try Fixture.plan("smoke", host: Self.machine(2)).placement?.mode == .auto)
        #expect(try Fixture.plan("smoke").placement == Plan.Placement(mode: .auto))
        let plan = try Fixture.plan("smoke", set: ["placement=spread"], host: Self.machine(1))
        #expect(plan.notes.contains { $0.hasPrefix("Placement spread: this host has one memory node") })
    }

    @Test func explicitNodesAndCPUs() throws {
        let four = Self.machine(4)
        #expect(try placement("{ target: 0, workers: 1-3 }", four).workers == Side(nodes: [1, 2, 3], cpus: Array(2..<8)))
        #expect(try placement("{ target: \"0,2\" }", four).workers == Side(nodes: [1, 3], cpus: [2, 3, 6, 7]))
        let split = try placement("{ target: 1, target_cpus: 2, workers_cpus: \"4,5\" }", four)
        #expect(split.target == Side(nodes: [1], cpus: [2]) && split.workers == Side(nodes: [2], cpus: [4, 5]))
        // One node: what one side leaves is the other's.
        let one = try placement("{ target_cpus: 1 }", Self.machine(1))
        #expect(one.target == Side(nodes: [0], cpus: [1]) && one.workers == Side(nodes: [0], cpus: [0]))
        let shared = try Fixture.plan("smoke", set: ["placement={ target: 0, workers: 0-1 }"], host: four)
        #expect(shared.notes.contains("Placement: target and workers share CPUs, so that each may wait for the other."))
    }

    /// Node 1 has no memory, node 2 no CPU, node 3 is outside the container's cpuset.
    private static let odd = machine(4) { nodes in
        nodes[1].memoryBytes = 0
        nodes[2].cpus = []
        nodes[3].cpus = []
        nodes[3].barredCpus = [6, 7]
        nodes[3].isMemoryBarred = true
        nodes[3].memoryBytes = 0
    }

    @Test(arguments: [
        ("{ target: 7 }", "placement.target names memory node 7, which this host does not have: its nodes are 0-3"),
        ("{ target: 0, workers: 1 }", "placement.workers names memory node 1, which has no memory"),
        ("{ target: 2 }", "node 2, which has no CPU online: name one of 0"),
        ("{ target: 3 }", "node 3, whose memory this process may not use (a cpuset)"),
        ("{ target_cpus: 90 }", "placement.target_cpus names CPU 90, which is offline: CPUs to choose from are 0-3"),
        ("{ workers_cpus: 6 }", "placement.workers_cpus names CPU 6, on which this process may not run"),
        ("{ target_cpus: 50 }", "CPU 50, which this host does not have"),
        ("{ target_cpus: 0-3 }", "placement.target takes every CPU"),
    ])
    func whatTheHostLacksIsNamed(_ wish: String, _ sentence: String) {
        do {
            _ = try Fixture.plan("smoke", set: ["placement=\(wish)"], host: Self.odd)
            Issue.record("nothing was thrown")
        } catch let error as PlanError {
            #expect(error.exitCode == 69 && error.message.contains(sentence), "\(error.message)")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func nodesThatCannotServeAreLeftOut() throws {
        #expect(try placement("auto", Self.odd) == Plan.Placement(mode: .auto))
        let memoryless = Self.machine(4) { $0[3].memoryBytes = 0 }
        #expect(try placement("auto", memoryless).target.nodes == [0])
        #expect(try placement("auto", memoryless).workers.nodes == [1, 2])
        let cpuset = Self.machine(2) { nodes in (nodes[0].cpus, nodes[0].barredCpus) = ([], [0, 1]) }
        #expect(try placement("auto", cpuset) == Plan.Placement(mode: .auto))
    }

    @Test(arguments: [
        ("placement=nearby", "\"nearby\" is not a placement"), ("placement=spred", "did you mean spread?"),
        ("placement={ targets: 0 }", "did you mean target?"), ("placement={ target: x }", "not a list of memory nodes"),
        ("placement={ target: 3-1 }", "not a list of memory nodes"), ("placement={ target: \"0,\" }", "not a list of memory nodes"),
        ("placement={ target: 4000 }", "below 1,024"), ("placement={}", "says nothing"),
        ("network.rps=workers", "allowed are off, target"), ("network={}", "network says nothing"),
    ])
    func whatCannotBeReadIsNamed(_ flag: String, _ sentence: String) {
        let message = Fixture.message { try Fixture.plan("smoke", set: [flag]) }
        #expect(message.contains(sentence), "\(message)")
    }

    @Test func listsOfNumbers() throws {
        #expect(try NumberList.parse("0-3, 8,10-11", noun: "CPUs", below: 100) == [0, 1, 2, 3, 8, 10, 11])
        #expect(NumberList.text([0, 1, 2, 3, 8, 10, 11]) == "0-3,8,10,11" && NumberList.text([]) == "none")
        var random = SplitMix64(seed: 6)
        for _ in 0..<2000 {
            let text = String((0..<Int.random(in: 0...9, using: &random)).map { _ in "0123456789-, x".randomElement(using: &random)! })
            guard let numbers = try? NumberList.parse(text, noun: "CPUs", below: 4096) else { continue }
            #expect(try NumberList.parse(NumberList.text(numbers), noun: "CPUs", below: 4096) == numbers)
        }
    }

    @Test func packetsAreSteeredOnlyToCPUsOfTheTargetsOwn() throws {
        let rps = "network.rps=target"
        #expect(try Fixture.plan("smoke", set: [rps], host: Self.machine(2)).rps == .target)
        #expect(try Fixture.plan("smoke", set: [rps, "placement={ target_cpus: 0, workers_cpus: 1 }"]).rps == .target)
        #expect(Fixture.message { try Fixture.plan("smoke", set: [rps]) }.contains("the target may run on every CPU here"))
        let loopback = try Fixture.plan("smoke", Flags(network: .loopback), set: [rps], host: Self.machine(2))
        #expect(loopback.rps == nil && loopback.degraded.contains { $0.hasPrefix("Packets are not steered") })
        #expect(try Fixture.plan("smoke", set: ["network.rps=off"]).rps == nil)
        var host = Self.machine(2)
        host.kernelRelease = "6.1.0-56-cloud-amd64"
        let old = try Fixture.plan("smoke", set: [rps], host: host)
        #expect(old.rps == nil && old.degraded.contains { $0.contains("since Linux 6.3, and this is 6.1.0-56-cloud-amd64.") })
    }

    @Test func pinnedSidesRampAsManyLanesAsTheLargerHasCPUs() throws {
        #expect(try Fixture.plan("smoke", set: ["placement={ target_cpus: 0, workers_cpus: 1 }"]).activeLanes == 1)
        #expect(try Fixture.plan("smoke", host: Self.machine(4)).activeLanes == 6)
        #expect(try Fixture.plan("smoke").activeLanes == 2)
    }

    @Test func workersStayOnTheirNode() throws {
        let plan = try Fixture.plan("smoke", set: ["workers.count=7"], host: Self.machine(4))
        #expect((0..<4).map(plan.cpus(ofWorker:)) == [[0, 1], [2, 3], [4, 5], [0, 1]])
    }

    @Test func thePlanPrintsAMap() throws {
        let text = PlanText.render(try Fixture.plan("smoke", set: ["network.rps=target"], host: Self.machine(2)))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = try #require(lines.firstIndex(of: "Placement (auto)"))
        let map = lines[(first + 1)..<(first + 4)].map { $0.split(separator: " ").map(String.init) }
        #expect(map[0] == ["node", "memory", "CPUs", "who"])
        #expect((map[1].first, map[1].suffix(2)) == ("0", ["0,1", "workers"]))
        #expect((map[2].first, map[2].suffix(2)) == ("1", ["2,3", "target"]))
        #expect(lines[first + 4] == "  Packets to the target are received on the target's CPUs (RPS).")
        let split = PlanText.render(try Fixture.plan("smoke", set: ["placement={ target_cpus: 0 }"], host: Self.machine(1)))
        #expect(split.contains("target on CPU 0, workers on CPU 1"), "\(split)")
        let odd = PlanText.render(try Fixture.plan("smoke", host: Self.odd))
        #expect(odd.contains("(barred 6,7)") && odd.contains("none"), "\(odd)")
        #expect(odd.split(separator: "\n").allSatisfy { $0.count <= PlanText.columns })
    }
}
