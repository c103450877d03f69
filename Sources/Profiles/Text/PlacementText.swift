/// The placement as a small map: a line for each memory node, and who lives there.
public enum PlacementText {
    /// What the columns of `rows` are called.
    public static let columns = ["node", "memory", "CPUs", "who"]
    public static let steering = "Packets to the target are received on the target's CPUs (RPS)."

    static func section(_ plan: Plan) -> [String] {
        guard let placement = plan.placement, let rows = rows(plan) else { return [] }
        let lines = ["Placement (\(placement.mode.rawValue))"] + PlanText.table([columns] + rows)
        return lines + (plan.rps == .target ? ["  \(steering)"] : [])
    }

    /// A row for each memory node of the host; nil where nothing is known of them.
    public static func rows(_ plan: Plan) -> [[String]]? {
        guard let placement = plan.placement, let nodes = plan.host.nodes, !nodes.isEmpty else { return nil }
        return nodes.map { [String($0.id), memory($0), cpus($0), tenants(placement, $0)] }
    }

    /// Whether there is something to tell: several nodes, or a side that does not have all of the only one.
    public static func isWorthTelling(_ plan: Plan) -> Bool {
        guard let placement = plan.placement, let nodes = plan.host.nodes else { return false }
        return nodes.count > 1 || placement.target != .anywhere || placement.workers != .anywhere || plan.rps == .target
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
