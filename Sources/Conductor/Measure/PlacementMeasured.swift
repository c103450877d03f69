import Lab
import Profiles

extension Summary {
    /// Where both sides were placed, and where their memory really was while the connections were held.
    public struct Placement: Codable, Equatable, Sendable {
        public struct Side: Codable, Equatable, Sendable {
            /// Empty: it was left to the kernel.
            public var nodes: [Int]
            public var cpus: [Int]
            /// Bytes of the process by memory node, without pages in swap and its program and libraries; nil where the kernel does not tell.
            public var memoryBytesByNode: [String: UInt64]?
            /// What of it is on other nodes than its own; nil also where it had none of its own among several.
            public var remotePct: Double?
        }
        public var mode: Plan.Placement.Mode
        public var target: Side
        public var workers: Side
        public var rps: Plan.PacketSteering
    }
}

extension Run {
    func placementMeasured() -> Summary.Placement? {
        guard let placement = plan.placement else { return nil }
        return Summary.Placement(
            mode: placement.mode, target: measured(placement.target, waiting.target?.measured),
            workers: measured(placement.workers, waiting.workers?.measured), rps: world?.steersPackets == true ? .target : .off)
    }

    private func measured(_ side: Plan.Placement.Side, _ process: MeasuredProcess?) -> Summary.Placement.Side {
        let memory = process?.nodeMemory()
        // On a machine of one node all memory is near.
        let own = side.nodes.isEmpty && plan.host.numaNodes == 1 ? (plan.host.nodes ?? []).map(\.id) : side.nodes
        return Summary.Placement.Side(
            nodes: side.nodes, cpus: side.cpus,
            memoryBytesByNode: memory.map { Dictionary(uniqueKeysWithValues: $0.bytes.map { (String($0.key), $0.value) }) },
            remotePct: own.isEmpty ? nil : memory?.remotePercent(from: own))
    }
}
