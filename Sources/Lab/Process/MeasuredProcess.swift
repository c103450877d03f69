/// One side of a run as it is measured: a process of this program's, or a command with all that it starts.
public struct MeasuredProcess: Equatable, Sendable {
    public var pid: Int32
    /// Whether its descendants are measured with it.
    public var isFamily: Bool

    public init(pid: Int32, isFamily: Bool = false) {
        self.pid = pid
        self.isFamily = isFamily
    }

    /// CPU time and resident memory; nil when it is gone. One file read, of a family one for each process of the host.
    public func usage() -> ProcessUsage? { ProcessUsage(members) }

    /// Bytes held, in memory or in swap; nil when it is gone. Of a family, pages that several members share count once.
    public func heldBytes() -> UInt64? {
        guard isFamily else { return ProcessUsage.heldBytes(pid: pid) }
        let held = pids.compactMap { ProcessUsage.proportionallyHeldBytes(pid: $0) }
        return held.isEmpty ? nil : held.reduce(0, &+)
    }

    /// Of all threads that live now.
    public func contextSwitches() -> ContextSwitches? {
        let counts = pids.compactMap { ProcessThreads.contextSwitches(pid: $0) }
        return counts.isEmpty ? nil : .sum(counts)
    }

    /// How many CPUs it may use; nil when it is gone.
    public func allowedCPUs() -> Int? { ProcessThreads.allowedCPUs(pid: pid) }

    /// Where its memory is; of a family, pages that several members share count for each of them.
    public func nodeMemory() -> NodeMemory? {
        let all = pids.compactMap { NodeMemory.of(pid: $0) }
        guard var sum = all.first else { return nil }
        for other in all.dropFirst() { sum.bytes.merge(other.bytes, uniquingKeysWith: &+) }
        return sum
    }

    /// The member with the largest part of its descriptors open; nil where the kernel does not tell.
    public func fullestTable() -> DescriptorTable? {
        pids.compactMap { DescriptorTable.of(pid: $0) }.max { $0.share < $1.share }
    }

    private var members: [ProcessStat] {
        isFamily ? ProcessFamily.members(of: pid) : [ProcessFamily.stat(of: pid)].compactMap { $0 }
    }
    private var pids: [Int32] { isFamily ? members.map(\.pid) : [pid] }
}

/// How many descriptors a process has open, and how many it may have.
public struct DescriptorTable: Equatable, Sendable {
    public var pid: Int32
    public var name: String
    public var open: Int
    public var limit: Int

    public var share: Double { Double(open) / Double(max(1, limit)) }
    /// Whether another descriptor would be refused, or all but.
    public var isFull: Bool { open + Self.few >= limit }

    /// Programs keep some to themselves: a server that cannot accept any more may have a few left.
    private static let few = 16

    /// Reads the names in /proc/PID/fd: a second for a million.
    static func of(pid: Int32) -> DescriptorTable? {
        guard let open = SystemFile.names(in: "/proc/\(pid)/fd")?.count,
            let limit = SystemFile.text("/proc/\(pid)/limits").flatMap({ limit(limits: $0) })
        else { return nil }
        return DescriptorTable(pid: pid, name: ProcessFamily.stat(of: pid)?.name ?? "?", open: open, limit: limit)
    }

    /// The soft limit on open files in the text of /proc/PID/limits. Pure.
    static func limit(limits: String) -> Int? {
        let name = "Max open files"
        return limits.split(separator: "\n").first { $0.hasPrefix(name) }.flatMap { $0.dropFirst(name.count).fields.first }.flatMap { Int($0) }
    }
}
