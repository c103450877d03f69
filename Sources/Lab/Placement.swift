import CLab
import Glibc

/// The machine's memory nodes, as far as this process may use them.
public struct Topology: Equatable, Sendable {
    public struct Node: Equatable, Sendable {
        public var id: Int32
        /// Of the node's CPUs, those this process may run on.
        public var cpus: [Int32]
        public var memoryBytes: UInt64
    }

    /// Nodes that have a CPU to run on or memory to use, by id; at least one.
    public var nodes: [Node]

    /// From `/sys/devices/system/node`; a kernel without NUMA counts as one node. Never throws: a machine has a topology.
    public static func read(root: String = "", allowedCPUs: [Int32] = Affinity.current()) -> Topology {
        let base = root + "/sys/devices/system/node"
        let allowed = Set(allowedCPUs)
        let online = SystemFile.text(base + "/online").map { CPUList.parse($0) } ?? []
        let nodes = online.map { id in
            let cpus = CPUList.parse(SystemFile.text("\(base)/node\(id)/cpulist") ?? "")
            let memory = nodeMemory(SystemFile.text("\(base)/node\(id)/meminfo") ?? "")
            return Node(id: id, cpus: cpus.filter(allowed.contains), memoryBytes: memory)
        }.filter { !$0.cpus.isEmpty || $0.memoryBytes > 0 }
        if nodes.contains(where: { !$0.cpus.isEmpty }) { return Topology(nodes: nodes) }
        let total = SystemFile.text(root + "/proc/meminfo").flatMap { Meminfo($0)["MemTotal"] } ?? 0
        return Topology(nodes: [Node(id: 0, cpus: allowedCPUs.sorted(), memoryBytes: total)])
    }

    /// Lines such as `Node 0 MemTotal:  24686516 kB`.
    private static func nodeMemory(_ text: String) -> UInt64 {
        for line in text.split(separator: "\n") {
            let fields = line.fields
            if fields.count >= 4, fields[2] == "MemTotal:", let kilobytes = UInt64(fields[3]), kilobytes < 1 << 53 {
                return kilobytes * 1024
            }
        }
        return 0
    }
}

/// Where a thread or process sits: nothing said means anywhere.
public struct Seat: Equatable, Sendable {
    public var cpus: [Int32] = []
    public var memoryNode: Int32?
    public static let anywhere = Seat()

    /// Applies to the calling thread. Throws when the kernel refuses.
    public func take() throws {
        if !cpus.isEmpty {
            let code = simbench_set_affinity(cpus, Int32(cpus.count))
            guard code == 0 else { throw LabError.system("run on CPUs \(cpus)", code: -code) }
        }
        if let memoryNode {
            let code = simbench_prefer_memory_node(memoryNode)
            guard code == 0 else { throw LabError.system("prefer the memory of node \(memoryNode)", code: -code) }
        }
    }
}

/// Which node serves the target, and which the workers.
public struct Placement: Equatable, Sendable {
    public var target: Seat
    /// By worker index.
    public var workers: [Seat]

    /// The target gets the node with most memory, workers go round the others. With one node everyone shares it
    /// unpinned, since pinning costs where all share a few cores. Pure.
    public static func auto(_ topology: Topology, workers count: Int) -> Placement {
        let usable = topology.nodes.filter { !$0.cpus.isEmpty }
        guard usable.count > 1 else {
            return Placement(target: .anywhere, workers: Array(repeating: .anywhere, count: count))
        }
        let first = usable.sorted { ($1.memoryBytes, $0.id) < ($0.memoryBytes, $1.id) }[0]
        let rest = usable.filter { $0.id != first.id }
        let seat = { (node: Topology.Node) in Seat(cpus: node.cpus, memoryNode: node.id) }
        return Placement(target: seat(first), workers: (0..<count).map { seat(rest[$0 % rest.count]) })
    }
}

/// The calling thread's CPUs.
public enum Affinity {
    public static func current() -> [Int32] {
        var cpus = [Int32](repeating: 0, count: 8192)
        let count = simbench_get_affinity(&cpus, Int32(cpus.count))
        return count > 0 ? Array(cpus[..<Int(count)]) : [0]
    }
}

/// The kernel's lists of numbers: `0-3,8,10-11`. Pure.
public enum CPUList {
    /// Damaged parts are left out; at most 65,536 numbers.
    public static func parse(_ text: String) -> [Int32] {
        var numbers: [Int32] = []
        for part in text.trimmed.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                0 <= first, first <= last, last < 65_536
            else { continue }
            numbers.append(contentsOf: first...last)
            if numbers.count >= 65_536 { break }
        }
        return numbers
    }
}
