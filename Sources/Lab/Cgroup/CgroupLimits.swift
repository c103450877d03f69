/// Limits of one simulated machine. nil is "not limited".
public struct CgroupLimits: Equatable, Sendable {
    public var memoryBytes: UInt64?
    /// Beside the memory. 0 is no swap at all; nil is as much as the host has.
    public var swapBytes: UInt64?
    /// From 0 to 200: how readily the kernel swaps rather than drops cached files.
    public var swappiness: Int?
    /// In CPUs: 1.5 is 150 ms in every 100 ms. Work in softirq is not bounded by it.
    public var cpuQuota: Double?
    /// The CPUs it may run on, by number.
    public var cpus: [Int]?

    public init(
        memoryBytes: UInt64? = nil, swapBytes: UInt64? = nil, swappiness: Int? = nil, cpuQuota: Double? = nil,
        cpus: [Int]? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.swapBytes = swapBytes
        self.swappiness = swappiness
        self.cpuQuota = cpuQuota
        self.cpus = cpus
    }
}

/// What a control group holds, and what happened to it since it was made. What the kernel does not tell is nil, never 0.
public struct CgroupReading: Equatable, Sendable {
    /// All that counts against the memory limit, without swap. The kernel charges in advance: up to 256 KiB a CPU too much.
    public var memoryBytes: UInt64?
    public var swapBytes: UInt64?
    /// Heaps and stacks.
    public var anonymousBytes: UInt64?
    /// Slabs (sockets, descriptors), kernel stacks, page tables.
    public var kernelBytes: UInt64?
    /// Buffers of sockets. cgroup v2 counts them in `memoryBytes`, v1 beside it.
    public var socketBytes: UInt64?
    /// The page cache.
    public var fileBytes: UInt64?
    /// How often the group met its limit; after most of these, memory was found by reclaiming or swapping.
    public var limitHits: UInt64?
    public var oomKills: UInt64?
    /// For how long some process of the group waited for memory; v1 does not tell.
    public var pressureSomeTotalMicroseconds: UInt64?
    /// The same, in percent of the last ten seconds.
    public var pressureSomeAverage10: Double?

    public init(
        memoryBytes: UInt64? = nil, swapBytes: UInt64? = nil, anonymousBytes: UInt64? = nil, kernelBytes: UInt64? = nil,
        socketBytes: UInt64? = nil, fileBytes: UInt64? = nil, limitHits: UInt64? = nil, oomKills: UInt64? = nil,
        pressureSomeTotalMicroseconds: UInt64? = nil, pressureSomeAverage10: Double? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.swapBytes = swapBytes
        self.anonymousBytes = anonymousBytes
        self.kernelBytes = kernelBytes
        self.socketBytes = socketBytes
        self.fileBytes = fileBytes
        self.limitHits = limitHits
        self.oomKills = oomKills
        self.pressureSomeTotalMicroseconds = pressureSomeTotalMicroseconds
        self.pressureSomeAverage10 = pressureSomeAverage10
    }
}
