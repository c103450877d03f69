import Glibc

/// What processes used up to now, together: their children that have ended count with the time that they used, and pages
/// that several of them share count for each.
public struct ProcessUsage: Equatable, Sendable {
    public var userMicroseconds: UInt64 = 0
    public var systemMicroseconds: UInt64 = 0
    public var residentBytes: UInt64 = 0

    /// nil of nobody.
    init?(_ processes: [ProcessStat]) {
        guard !processes.isEmpty else { return nil }
        let tick = 1_000_000 / UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))
        for process in processes {
            userMicroseconds &+= (process.userTicks &+ process.endedChildrenUserTicks) &* tick
            systemMicroseconds &+= (process.systemTicks &+ process.endedChildrenSystemTicks) &* tick
            residentBytes &+= process.residentPages &* page
        }
    }

    /// Bytes the process holds, in memory or in swap; nil when it is gone. Counted in its page tables, milliseconds a GiB,
    /// for the sum that the kernel keeps is behind: by up to 64 pages a thread in Linux 6.1, and since 6.2 32 a CPU.
    public static func heldBytes(pid: Int32, root: String = "") -> UInt64? {
        if let counted = SystemFile.text("\(root)/proc/\(pid)/smaps_rollup").map({ Meminfo($0) }), let resident = counted["Rss"] {
            return resident + (counted["Swap"] ?? 0)
        }
        guard let resident = ProcessFamily.stat(of: pid).flatMap({ ProcessUsage([$0]) })?.residentBytes else { return nil }
        return resident + (SystemFile.text("/proc/\(pid)/status").flatMap { Meminfo($0)["VmSwap"] } ?? 0)
    }

    /// As `heldBytes`, with pages that several processes share by their share. Walks the page tables: milliseconds per GiB.
    static func proportionallyHeldBytes(pid: Int32) -> UInt64? {
        guard let rollup = SystemFile.text("/proc/\(pid)/smaps_rollup").map({ Meminfo($0) }), let held = rollup["Pss"] else { return nil }
        return held &+ (rollup["SwapPss"] ?? 0)
    }
}

/// The host's readings that a sampler takes each period; each is nil where the host does not give it.
public enum HostReadings {
    public static func memory() -> Meminfo? { SystemFile.text("/proc/meminfo").map { Meminfo($0) } }
    public static func cpu() -> CPUStat? { SystemFile.text("/proc/stat").flatMap { CPUStat($0) } }
    public static func memoryPressure() -> Pressure? {
        SystemFile.text("/proc/pressure/memory").flatMap { Pressure($0) }
    }
}
