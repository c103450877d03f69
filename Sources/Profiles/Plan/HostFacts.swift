/// What a plan needs to know about the machine it will run on. Lab reads it from the kernel; tests write it by hand.
///
/// Everything here is plain data: planning makes no OS calls.
public struct HostFacts: Codable, Equatable, Sendable {
    /// How much of the lab this user may build, from most to least.
    public enum Privilege: String, Codable, Sendable {
        /// Network namespaces, links and global sysctls can be made and changed.
        case root
        /// Namespaces inside a user namespace: links and per-namespace sysctls, but no global ones.
        case userNamespace = "user_namespace"
        /// No namespaces: workers are loopback addresses.
        case none
    }

    public var kernelRelease: String
    public var cpuModel: String
    /// CPUs this process may run on.
    public var cpus: Int
    public var memoryTotalBytes: UInt64
    public var memoryAvailableBytes: UInt64
    public var swapTotalBytes: UInt64
    public var numaNodes: Int
    /// Descriptors one table may hold: RLIMIT_NOFILE after it was raised as far as the hard limit allows.
    public var descriptorLimit: Int
    /// nil when io_uring works here; otherwise a sentence that says why it does not.
    public var ioUringUnavailableBecause: String?
    public var privilege: Privilege
    /// nil when `privilege` is root; otherwise a sentence that says what stood in the way.
    public var privilegeLimitedBecause: String?
    /// The highest `net.ipv4.tcp_mem` limit in bytes (pages × page size).
    public var tcpMemoryBytes: UInt64
    /// nil when control groups can limit memory here; otherwise a sentence that says why not.
    public var capUnavailableBecause: String?
    /// Free bytes of the disk that a swap file would be made on; nil when it cannot be told.
    public var swapDiskFreeBytes: UInt64?
    /// Network models whose links this kernel cannot make, with the reason, of those that were tried.
    public var unavailableNetworks: [String: String]?
    /// The online memory nodes; nil in records of versions that did not look at them.
    public var nodes: [Node]?
    /// CPUs that are there and switched off.
    public var offlineCpus: [Int]?

    /// Whether the kernel's release, such as 6.18.44-x, is at least major.minor. One that cannot be read is old.
    public func isKernelAtLeast(_ major: Int, _ minor: Int) -> Bool {
        let numbers = kernelRelease.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return (numbers[0], numbers[1]) >= (major, minor)
    }

    public init(
        kernelRelease: String, cpuModel: String, cpus: Int, memoryTotalBytes: UInt64, memoryAvailableBytes: UInt64,
        swapTotalBytes: UInt64, numaNodes: Int, descriptorLimit: Int, ioUringUnavailableBecause: String?,
        privilege: Privilege, privilegeLimitedBecause: String?, tcpMemoryBytes: UInt64,
        capUnavailableBecause: String? = nil, swapDiskFreeBytes: UInt64? = nil
    ) {
        self.kernelRelease = kernelRelease
        self.cpuModel = cpuModel
        self.cpus = cpus
        self.memoryTotalBytes = memoryTotalBytes
        self.memoryAvailableBytes = memoryAvailableBytes
        self.swapTotalBytes = swapTotalBytes
        self.numaNodes = numaNodes
        self.descriptorLimit = descriptorLimit
        self.ioUringUnavailableBecause = ioUringUnavailableBecause
        self.privilege = privilege
        self.privilegeLimitedBecause = privilegeLimitedBecause
        self.tcpMemoryBytes = tcpMemoryBytes
        self.capUnavailableBecause = capUnavailableBecause
        self.swapDiskFreeBytes = swapDiskFreeBytes
    }
}
