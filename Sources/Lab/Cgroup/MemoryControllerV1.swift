/// cgroup v1: swap is limited only as the sum of memory and swap.
struct MemoryControllerV1: MemoryController {
    let directory: CgroupDirectory

    private static let memory = "memory.limit_in_bytes"
    private static let together = "memory.memsw.limit_in_bytes"
    private static let oom = "memory.oom_control"
    private static let sockets = "memory.kmem.tcp.limit_in_bytes"
    /// No limit that is ever reached (1 PiB), but a finite one.
    private static let largeBytes: UInt64 = 1 << 50

    func limit(bytes: UInt64?, swapBytes: UInt64?) throws -> [String] {
        let memory = (file: Self.memory, value: bytes.map { String($0) } ?? "-1")
        guard directory.has(Self.together) else {
            try directory.write([memory])
            return swapBytes == nil ? [] : [directory.swapUnlimited(without: Self.together)]
        }
        var sum: UInt64?
        if let bytes, let swapBytes {
            let (exact, overflow) = bytes.addingReportingOverflow(swapBytes)
            sum = overflow ? nil : exact
        }
        let together = (file: Self.together, value: sum.map { String($0) } ?? "-1")
        // The sum may never be below the memory alone: it goes first when it rises, last when it sinks.
        let rises = (sum ?? .max) >= (directory.number(Self.together) ?? .max)
        try directory.write(rises ? [together, memory] : [memory, together])
        guard bytes == nil, swapBytes != nil else { return [] }
        return ["Swap is not limited: cgroup v1 limits it only together with memory, which has no limit here."]
    }

    /// Makes a new group behave as one of v2 does by itself. Returns what is still missing.
    func prepare() throws -> [String] {
        // Inherited from the group above, where somebody may watch for it; nobody does here.
        if directory.text(Self.oom).flatMap({ OomControl($0).isKillDisabled }) == true {
            try directory.write("0", to: Self.oom)
        }
        return try chargeSockets()
    }

    /// Has the kernel charge sockets to the group that accepts them. Any value written here turns that on; without it an
    /// accepted socket is charged with 1,240 bytes instead of 3,610 (Linux 6.18, measured by the tests).
    private func chargeSockets() throws -> [String] {
        guard directory.has(Self.sockets) else {
            return ["Accepted sockets do not count against the memory limit: this kernel has no \(Self.sockets)."]
        }
        try directory.write(String(Self.largeBytes), to: Self.sockets)
        return ["Buffers of sockets do not count against the memory limit: cgroup v1 counts them apart."]
    }

    func reading() -> CgroupReading {
        let stat = MemoryStat(directory.text("memory.stat") ?? "")
        return CgroupReading(
            memoryBytes: directory.number("memory.usage_in_bytes"), swapBytes: stat.swapBytes,
            anonymousBytes: stat.anonymousBytes, kernelBytes: directory.number("memory.kmem.usage_in_bytes"),
            socketBytes: directory.number("memory.kmem.tcp.usage_in_bytes"), fileBytes: stat.fileBytes,
            limitHits: limitHits(),
            oomKills: directory.text(Self.oom).flatMap { OomControl($0).oomKills })
    }

    /// A charge is tried on the sum first, so each refusal counts in one of the two only. Linux 6.18 counts none of the
    /// sum's, which are all there are when there is no swap: 0 is then believed only of a group that never was full.
    private func limitHits() -> UInt64? {
        guard let alone = directory.number("memory.failcnt") else { return nil }
        let hits = alone &+ (directory.number("memory.memsw.failcnt") ?? 0)
        guard hits == 0, let most = directory.number("memory.max_usage_in_bytes"),
            let limit = directory.number(Self.memory)
        else { return hits }
        return most < limit ? 0 : nil
    }
}
