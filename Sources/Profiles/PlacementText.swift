/// The placement as a small map: a line for each memory node, and who lives there.
enum PlacementText {
    static func section(_ plan: Plan) -> [String] {
        guard let placement = plan.placement, let nodes = plan.host.nodes, !nodes.isEmpty else { return [] }
        let rows = nodes.map { node in
            [String(node.id), memory(node), cpus(node), tenants(placement, node)]
        }
        var lines = ["Placement (\(placement.mode.rawValue))"] + PlanText.table([["node", "memory", "CPUs", "who"]] + rows)
        if plan.rps == .target { lines.append("  Packets to the target are received on the target's CPUs (RPS).") }
        return lines
    }

    private static func memory(_ node: HostFacts.Node) -> String {
        node.isMemoryBarred ? "barred" : node.memoryBytes == 0 ? "none" : UnitText.bytes(node.memoryBytes)
    }

    private static func cpus(_ node: HostFacts.Node) -> String {
        let own = node.cpus.isEmpty ? "" : NumberList.text(node.cpus)
        guard !node.barredCpus.isEmpty else { return own.isEmpty ? "none" : own }
        return own + (own.isEmpty ? "" : " ") + "(barred \(NumberList.text(node.barredCpus)))"
    }

    private static func tenants(_ placement: Plan.Placement, _ node: HostFacts.Node) -> String {
        let sides = [("target", placement.target), ("workers", placement.workers)]
        return sides.compactMap { name, side in
            if side == .anywhere { return name }
            let here = side.cpus.filter(node.cpus.contains)
            guard !here.isEmpty else { return side.nodes.contains(node.id) ? "memory of the \(name)" : nil }
            return here == node.cpus.sorted() ? name : "\(name) on \(here.count == 1 ? "CPU" : "CPUs") \(NumberList.text(here))"
        }.joined(separator: ", ")
    }
}
