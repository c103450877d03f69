import Profiles

/// Reads the machine's memory nodes (NUMA) from `/sys/devices/system/node`, and what of them this process may use.
public enum Topology {
    /// The online nodes by id; at least one: a kernel without NUMA counts as one node. Costs a few small files a node.
    ///
    /// - Parameter allowedCPUs: what the scheduler lets this process run on: its affinity, within its cpuset.
    public static func nodes(root: String = "", allowedCPUs: [Int32] = Affinity.current()) -> [HostFacts.Node] {
        let base = root + "/sys/devices/system/node"
        let allowed = Set(allowedCPUs)
        let online = SystemFile.text(base + "/online").map { CPUList.parse($0) } ?? []
        let memories = memoryNodes(root)
        let nodes = online.map { id in
            let cpus = CPUList.parse(SystemFile.text("\(base)/node\(id)/cpulist") ?? "")
            let memory = totalBytes(SystemFile.text("\(base)/node\(id)/meminfo") ?? "")
            let isBarred = memory > 0 && memories.map { !$0.contains(id) } == true
            return HostFacts.Node(
                id: Int(id), cpus: cpus.filter(allowed.contains).map { Int($0) },
                barredCpus: cpus.filter { !allowed.contains($0) }.map { Int($0) }, memoryBytes: isBarred ? 0 : memory,
                isMemoryBarred: isBarred,
                distances: (SystemFile.text("\(base)/node\(id)/distance") ?? "").fields.compactMap { Int($0) })
        }
        if nodes.contains(where: { !$0.cpus.isEmpty }) { return nodes }
        let total = SystemFile.text(root + "/proc/meminfo").flatMap { Meminfo($0)["MemTotal"] } ?? 0
        return [HostFacts.Node(id: 0, cpus: allowedCPUs.sorted().map { Int($0) }, memoryBytes: total)]
    }

    /// CPUs that are there and switched off.
    public static func offlineCPUs(root: String = "") -> [Int] {
        CPUList.parse(SystemFile.text(root + "/sys/devices/system/cpu/offline") ?? "").map { Int($0) }
    }

    /// The nodes whose memory this process' cpuset allows; nil where the kernel does not say.
    private static func memoryNodes(_ root: String) -> Set<Int32>? {
        for line in (SystemFile.text(root + "/proc/self/status") ?? "").split(separator: "\n") {
            let fields = line.fields
            if fields.count == 2, fields[0] == "Mems_allowed_list:" { return Set(CPUList.parse(String(fields[1]))) }
        }
        return nil
    }

    /// Of lines such as `Node 0 MemTotal:  24686516 kB`.
    private static func totalBytes(_ text: String) -> UInt64 {
        for line in text.split(separator: "\n") {
            let fields = line.fields
            if fields.count >= 4, fields[2] == "MemTotal:", let kilobytes = UInt64(fields[3]), kilobytes < 1 << 53 {
                return kilobytes * 1024
            }
        }
        return 0
    }
}
