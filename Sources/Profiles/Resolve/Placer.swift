/// Turns a wish for a placement into nodes and CPUs of this host. Pure.
struct Placer {
    private let nodes: [HostFacts.Node]
    private let offlineCpus: [Int]
    /// Nodes that have CPUs and memory for this process.
    private var serving: [HostFacts.Node] { nodes.filter(\.canServe) }

    init(_ host: HostFacts) {
        nodes = host.nodes ?? [HostFacts.Node(id: 0, cpus: Array(0..<max(1, host.cpus)), memoryBytes: host.memoryTotalBytes)]
        offlineCpus = host.offlineCpus ?? []
    }

    /// - Parameter notes: gets a sentence where a wish means nothing on this host.
    func place(_ wish: PlacementWish, notes: inout [String]) throws(PlanError) -> Plan.Placement {
        switch wish {
        case .explicit(let target, let workers): return try explicit(target, workers, &notes)
        case .auto: return apart(.auto) { others, _ in others }
        case .compact:
            noteOneNode(.compact, &notes)
            return apart(.compact) { others, first in
                others.min { (distance(first, $0), $0.id) < (distance(first, $1), $1.id) }.map { [$0] } ?? []
            }
        case .spread:
            noteOneNode(.spread, &notes)
            return halves()
        }
    }

    /// The target on the node with most memory, the workers on some of the others. With one node everyone shares it
    /// unpinned, since pinning costs where all share a few cores.
    private func apart(
        _ mode: Plan.Placement.Mode, _ choose: ([HostFacts.Node], HostFacts.Node) -> [HostFacts.Node]
    ) -> Plan.Placement {
        guard serving.count > 1, let first = serving.max(by: { ($0.memoryBytes, $1.id) < ($1.memoryBytes, $0.id) }) else {
            return Plan.Placement(mode: mode)
        }
        let others = choose(serving.filter { $0.id != first.id }, first)
        return Plan.Placement(mode: mode, target: side([first]), workers: side(others))
    }

    /// Neighbours by number are neighbours on the board: half of them is one socket of two. The half with more memory is
    /// the target's; of an odd number the workers get the one in the middle.
    private func halves() -> Plan.Placement {
        guard serving.count > 1 else { return Plan.Placement(mode: .spread) }
        let half = serving.count / 2
        let low = Array(serving.prefix(half)), high = Array(serving.suffix(half))
        let target = memory(high) > memory(low) ? high : low
        let taken = Set(target.map(\.id))
        return Plan.Placement(mode: .spread, target: side(target), workers: side(serving.filter { !taken.contains($0.id) }))
    }

    private func memory(_ nodes: [HostFacts.Node]) -> UInt64 { nodes.reduce(0) { $0 + $1.memoryBytes } }

    private func side(_ nodes: [HostFacts.Node]) -> Plan.Placement.Side {
        Plan.Placement.Side(nodes: nodes.map(\.id), cpus: nodes.flatMap(\.cpus).sorted())
    }

    /// 20 where the kernel does not say: another node, and no more is known.
    private func distance(_ from: HostFacts.Node, _ to: HostFacts.Node) -> Int {
        guard let index = nodes.firstIndex(where: { $0.id == to.id }), index < from.distances.count else { return 20 }
        return from.distances[index]
    }

    private func noteOneNode(_ mode: Plan.Placement.Mode, _ notes: inout [String]) {
        guard serving.count < 2 else { return }
        notes.append("Placement \(mode.rawValue): this host has one memory node that this process may use, which target and workers share.")
    }

    // MARK: Explicit

    private func explicit(
        _ target: Plan.Placement.Side?, _ workers: Plan.Placement.Side?, _ notes: inout [String]
    ) throws(PlanError) -> Plan.Placement {
        let first = try target.map { side throws(PlanError) in try checked(side, "target") }
        let second = try workers.map { side throws(PlanError) in try checked(side, "workers") }
        var placement = Plan.Placement(mode: .explicit)
        if let first { placement.target = first } else { placement.target = try rest(second, of: "workers") }
        if let second { placement.workers = second } else { placement.workers = try rest(first, of: "target") }
        if !Set(placement.target.cpus).isDisjoint(with: placement.workers.cpus) {
            notes.append("Placement: target and workers share CPUs, so that each may wait for the other.")
        }
        return placement
    }

    /// What one side leaves for the other: the other nodes, or the other CPUs of its own when there is but one.
    private func rest(_ taken: Plan.Placement.Side?, of name: String) throws(PlanError) -> Plan.Placement.Side {
        guard let taken else { return .anywhere }
        let cpus = Set(taken.cpus)
        let others = serving.filter { cpus.isDisjoint(with: $0.cpus) }
        if !others.isEmpty { return side(others) }
        let left = serving.flatMap(\.cpus).filter { !cpus.contains($0) }.sorted()
        guard !left.isEmpty else {
            throw .hostCannot("placement.\(name) takes every CPU of this host that this process may use: name those of both sides, or fewer.")
        }
        return Plan.Placement.Side(nodes: nodesOf(left), cpus: left)
    }

    private func nodesOf(_ cpus: [Int]) -> [Int] {
        nodes.filter { node in node.memoryBytes > 0 && cpus.contains(where: node.cpus.contains) }.map(\.id)
    }

    private func checked(_ wish: Plan.Placement.Side, _ name: String) throws(PlanError) -> Plan.Placement.Side {
        for id in wish.nodes { try check(node: id, "placement.\(name)", needsCPUs: wish.cpus.isEmpty) }
        for cpu in wish.cpus { try check(cpu: cpu, "placement.\(name)_cpus") }
        if wish.cpus.isEmpty { return side(nodes.filter { wish.nodes.contains($0.id) }) }
        return Plan.Placement.Side(nodes: wish.nodes.isEmpty ? nodesOf(wish.cpus) : wish.nodes, cpus: wish.cpus)
    }

    private func check(node id: Int, _ key: String, needsCPUs: Bool) throws(PlanError) {
        guard let node = nodes.first(where: { $0.id == id }) else {
            throw .hostCannot("\(key) names memory node \(id), which this host does not have: its nodes are \(NumberList.text(nodes.map(\.id))).")
        }
        guard node.memoryBytes > 0 else {
            let why = node.isMemoryBarred ? "whose memory this process may not use (a cpuset)" : "which has no memory"
            throw .hostCannot("\(key) names memory node \(id), \(why): name one of \(NumberList.text(serving.map(\.id))).")
        }
        guard needsCPUs, node.cpus.isEmpty else { return }
        let why = node.barredCpus.isEmpty ? "which has no CPU online" : "on whose CPUs \(NumberList.text(node.barredCpus)) this process may not run (a cpuset, or its affinity)"
        throw .hostCannot("\(key) names memory node \(id), \(why): name one of \(NumberList.text(serving.map(\.id))), or CPUs beside it.")
    }

    private func check(cpu: Int, _ key: String) throws(PlanError) {
        let usable = nodes.flatMap(\.cpus).sorted()
        guard !usable.contains(cpu) else { return }
        let why = offlineCpus.contains(cpu) ? "which is offline"
            : nodes.contains { $0.barredCpus.contains(cpu) } ? "on which this process may not run (a cpuset, or its affinity)"
            : "which this host does not have"
        throw .hostCannot("\(key) names CPU \(cpu), \(why): CPUs to choose from are \(NumberList.text(usable)).")
    }

    // MARK: Steering

    /// Packets can be handed to the target's CPUs only where those are its own.
    static func steering(
        _ wish: Plan.PacketSteering, _ placement: Plan.Placement, _ network: Plan.NetworkModel, _ host: HostFacts,
        degraded: inout [String]
    ) throws(PlanError) -> Plan.PacketSteering? {
        guard wish == .target else { return nil }
        guard host.isKernelAtLeast(6, 3) else {
            degraded.append(
                "Packets are not steered to the target's CPUs: a namespace has net.core.rps_default_mask since Linux 6.3, and this is "
                    + "\(host.kernelRelease).")
            return nil
        }
        if network == .loopback {
            degraded.append("Packets are not steered to the target's CPUs: on loopback the links are the host's own.")
            return nil
        }
        guard !placement.target.cpus.isEmpty else {
            throw .invalid(
                "network.rps is target, but the target may run on every CPU here. Give it some of its own, such as "
                    + "--set 'placement={ target_cpus: 0, workers_cpus: 1 }', or leave network.rps out.")
        }
        return .target
    }
}
