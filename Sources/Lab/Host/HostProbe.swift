import CLab
import Glibc
import Profiles

/// Reads the facts a plan needs from the kernel. Everything comes from files under `root`, so that a directory of
/// fixtures can stand for any machine; what has no file (affinity, limits, io_uring) is asked of the kernel unless given.
public struct HostProbe {
    /// Answers that are no files.
    public struct Answers: Sendable {
        public var allowedCPUs: [Int32]
        public var descriptorLimit: Int
        public var ioUringUnavailableBecause: String?
        public var pageBytes: UInt64

        public init(allowedCPUs: [Int32], descriptorLimit: Int, ioUringUnavailableBecause: String?, pageBytes: UInt64) {
            self.allowedCPUs = allowedCPUs
            self.descriptorLimit = descriptorLimit
            self.ioUringUnavailableBecause = ioUringUnavailableBecause
            self.pageBytes = pageBytes
        }

        /// Raises RLIMIT_NOFILE to its hard limit, and sets up and closes one tiny ring.
        public static func ofThisProcess() -> Answers {
            let limit = simbench_raise_descriptor_limit()
            return Answers(
                allowedCPUs: Affinity.current(), descriptorLimit: limit > 0 ? Int(limit) : 1024,
                ioUringUnavailableBecause: IoUringProbe.unavailableBecause(), pageBytes: UInt64(sysconf(Int32(_SC_PAGESIZE))))
        }
    }

    private let root: String
    private let answers: Answers

    public init(root: String = "", answers: Answers = .ofThisProcess()) {
        self.root = root
        self.answers = answers
    }

    /// Throws only when /proc cannot be read at all. Costs a few file reads.
    ///
    /// - Parameter networks: the models of which it is tried whether this kernel can make their links.
    public func facts(_ privileges: Privileges, trying networks: [Plan.NetworkModel] = []) throws -> HostFacts {
        guard let memory = file("/proc/meminfo").map({ Meminfo($0) }), let total = memory["MemTotal"] else {
            throw LabError(.hostCannot, "/proc/meminfo cannot be read: simbench needs /proc mounted.")
        }
        let available = memory["MemAvailable"] ?? memory["MemFree"] ?? 0
        let group = ContainerMemory.read(root: root)
        let nodes = Topology.nodes(root: root, allowedCPUs: answers.allowedCPUs)
        var facts = HostFacts(
            kernelRelease: file("/proc/sys/kernel/osrelease")?.trimmed ?? "unknown",
            cpuModel: cpuModel(), cpus: answers.allowedCPUs.count,
            memoryTotalBytes: min(total, group?.limitBytes ?? total),
            memoryAvailableBytes: min(available, group?.availableBytes ?? available),
            swapTotalBytes: memory["SwapTotal"] ?? 0,
            numaNodes: nodes.filter { !$0.cpus.isEmpty || $0.memoryBytes > 0 }.count,
            descriptorLimit: answers.descriptorLimit,
            ioUringUnavailableBecause: answers.ioUringUnavailableBecause,
            privilege: privileges.level, privilegeLimitedBecause: privileges.because,
            tcpMemoryBytes: tcpMemoryBytes(), capUnavailableBecause: capUnavailableBecause(privileges),
            swapDiskFreeBytes: DiskSpace.freeBytes(at: root + SwapFolder.path))
        facts.nodes = nodes
        facts.offlineCpus = Topology.offlineCPUs(root: root)
        if privileges.level != .none { facts.unavailableNetworks = NetworkProbe.unavailable(networks) }
        return facts
    }

    /// Caps are for the host's root: groups of a container's own may be too few for it, and are asked for in vain.
    private func capUnavailableBecause(_ privileges: Privileges) -> String? {
        guard privileges.level == .root else { return "Control groups are made by the host's root only: run as root (sudo)." }
        return Cgroup.unavailableBecause(root: root)
    }

    /// x86 says `model name`; ARM says nothing readable, so its implementer and part numbers stand in.
    private func cpuModel() -> String {
        var values: [String: String] = [:]
        for line in (file("/proc/cpuinfo") ?? "").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let key = parts[0].trimmed
            if values[key] == nil { values[key] = parts[1].trimmed }
        }
        if let name = values["model name"] ?? values["Model"] ?? values["cpu"] { return name }
        if let maker = values["CPU implementer"], let part = values["CPU part"] {
            return "ARM implementer \(maker) part \(part)"
        }
        return "unknown"
    }

    private func tcpMemoryBytes() -> UInt64 {
        let pages = file("/proc/sys/net/ipv4/tcp_mem")?.fields.last.flatMap { UInt64($0) } ?? 0
        let (bytes, overflow) = pages.multipliedReportingOverflow(by: answers.pageBytes)
        return overflow ? .max : bytes
    }

    private func file(_ path: String) -> String? { SystemFile.text(root + path) }
}

/// The memory limit of the cgroup this process is in, when there is one (a container's): /proc/meminfo does not know it.
struct ContainerMemory: Equatable {
    var limitBytes: UInt64
    var availableBytes: UInt64

    static func read(root: String) -> ContainerMemory? {
        guard let groups = SystemFile.text(root + "/proc/self/cgroup") else { return nil }
        var tightest: ContainerMemory?
        for line in groups.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let unified = parts[0] == "0" && parts[1].isEmpty
            guard unified || parts[1].split(separator: ",").contains("memory") else { continue }
            let mount = root + (unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory")
            let names = unified ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
            // Every group up to the root may limit; in a container the mount's root is the container's own group.
            var path = String(parts[2])
            while true {
                if let limit = number(mount + path + "/" + names.0), limit < 1 << 60 {
                    let used = number(mount + path + "/" + names.1) ?? 0
                    let left = limit > used ? limit - used : 0
                    tightest = ContainerMemory(
                        limitBytes: min(limit, tightest?.limitBytes ?? limit),
                        availableBytes: min(left, tightest?.availableBytes ?? left))
                }
                if path.isEmpty || path == "/" { break }
                path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
            }
        }
        return tightest
    }

    private static func number(_ path: String) -> UInt64? { SystemFile.text(path).flatMap { UInt64($0.trimmed) } }
}
