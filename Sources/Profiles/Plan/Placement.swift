extension Plan {
    /// Which memory nodes and CPUs serve the target, and which the workers.
    public struct Placement: Codable, Equatable, Sendable {
        public enum Mode: String, Codable, Sendable, CaseIterable {
            /// The target on the node with most memory, the workers on all others.
            case auto
            /// Half of the nodes for each side.
            case spread
            /// The target on the node with most memory, the workers on the one nearest to it.
            case compact
            /// As the profile says.
            case explicit
        }

        public struct Side: Codable, Equatable, Sendable {
            /// Where its memory is preferred; empty: anywhere.
            public var nodes: [Int]
            /// Where its threads run; empty: anywhere.
            public var cpus: [Int]

            public init(nodes: [Int] = [], cpus: [Int] = []) {
                self.nodes = nodes
                self.cpus = cpus
            }

            public static let anywhere = Side()
        }

        public var mode: Mode
        public var target: Side
        public var workers: Side

        public init(mode: Mode, target: Side = .anywhere, workers: Side = .anywhere) {
            self.mode = mode
            self.target = target
            self.workers = workers
        }

        /// CPUs of the side that has more of them; nil where a side may run anywhere.
        var mostCPUs: Int? {
            target.cpus.isEmpty || workers.cpus.isEmpty ? nil : max(target.cpus.count, workers.cpus.count)
        }
    }

    /// Whose CPUs do the receiving work of packets.
    public enum PacketSteering: String, Codable, Sendable, CaseIterable {
        /// Each packet's is done by the CPU it was sent on.
        case off
        /// Packets to the target are handed to the target's CPUs (receive packet steering, RPS).
        case target
    }

    /// The CPUs that a worker's threads share: those of its node, where the workers have several, dealt out in turn.
    public func cpus(ofWorker index: Int) -> [Int] {
        guard let side = placement?.workers else { return [] }
        guard side.nodes.count > 1, let nodes = host.nodes else { return side.cpus }
        let node = side.nodes[index % side.nodes.count]
        let own = nodes.first { $0.id == node }?.cpus.filter(side.cpus.contains) ?? []
        return own.isEmpty ? side.cpus : own
    }
}

/// A profile's wish for a placement.
public enum PlacementWish: Equatable, Sendable {
    case auto, spread, compact
    /// A side that is nil takes what the other leaves.
    case explicit(target: Plan.Placement.Side?, workers: Plan.Placement.Side?)

    private static let example = "auto, spread, compact, or { target: 0, workers: 1-3 }"

    /// `auto`, `spread`, `compact`, or a mapping: `target` and `workers` are nodes, `target_cpus` and `workers_cpus` CPUs.
    static func read(_ cursor: YAMLCursor) throws(ProfileError) -> PlacementWish {
        if case .scalar(let scalar) = cursor.node {
            switch scalar.string {
            case "auto": return .auto
            case "spread": return .spread
            case "compact": return .compact
            default:
                let hint = Nearest.hint(scalar.string, among: ["auto", "spread", "compact"])
                throw cursor.error("\"\(scalar.string.prefix(64))\" is not a placement\(hint); write \(example)")
            }
        }
        let fields = try cursor.fields(["target", "workers", "target_cpus", "workers_cpus"], "a placement")
        let target = try side(fields["target"], fields["target_cpus"])
        let workers = try side(fields["workers"], fields["workers_cpus"])
        guard target != nil || workers != nil else { throw cursor.error("a placement without keys says nothing; write \(example)") }
        return .explicit(target: target, workers: workers)
    }

    private static func side(_ nodes: YAMLCursor?, _ cpus: YAMLCursor?) throws(ProfileError) -> Plan.Placement.Side? {
        guard nodes != nil || cpus != nil else { return nil }
        var side = Plan.Placement.Side()
        if let nodes { side.nodes = try nodes.read { text throws(UnitError) in try NumberList.parse(text, noun: "memory nodes", below: Limits.memoryNodes) } }
        if let cpus { side.cpus = try cpus.read { text throws(UnitError) in try NumberList.parse(text, noun: "CPUs", below: Limits.cpus) } }
        return side
    }
}
