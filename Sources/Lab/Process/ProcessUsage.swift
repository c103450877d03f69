import Glibc

/// What one process used up to now.
public struct ProcessUsage: Equatable, Sendable {
    public var userMicroseconds: UInt64
    public var systemMicroseconds: UInt64
    public var residentBytes: UInt64
    /// nil where /proc/PID/status cannot be read. Only the main thread's: the kernel keeps no sum.
    public var contextSwitches: ContextSwitches?

    /// nil when the process is gone. Costs two file reads.
    public static func of(pid: Int32) -> ProcessUsage? {
        guard let stat = SystemFile.text("/proc/\(pid)/stat").flatMap({ ProcessStat($0) }) else { return nil }
        let tick = 1_000_000 / UInt64(max(sysconf(Int32(_SC_CLK_TCK)), 1))
        return ProcessUsage(
            userMicroseconds: stat.userTicks &* tick, systemMicroseconds: stat.systemTicks &* tick,
            residentBytes: stat.residentPages &* UInt64(sysconf(Int32(_SC_PAGESIZE))),
            contextSwitches: SystemFile.text("/proc/\(pid)/status").flatMap { ContextSwitches($0) })
    }

    /// Bytes the process holds, in memory or in swap; nil when it is gone. Counted in its page tables, milliseconds a GiB,
    /// for the sum that the kernel keeps is behind: by up to 64 pages a thread in Linux 6.1, and since 6.2 32 a CPU.
    public static func heldBytes(pid: Int32, root: String = "") -> UInt64? {
        if let counted = SystemFile.text("\(root)/proc/\(pid)/smaps_rollup").map({ Meminfo($0) }), let resident = counted["Rss"] {
            return resident + (counted["Swap"] ?? 0)
        }
        guard let resident = of(pid: pid)?.residentBytes else { return nil }
        return resident + (SystemFile.text("/proc/\(pid)/status").flatMap { Meminfo($0)["VmSwap"] } ?? 0)
    }

    /// As `heldBytes`, with pages that several processes share by their share. Walks the page tables: milliseconds per GiB.
    static func proportionallyHeldBytes(pid: Int32) -> UInt64? {
        guard let rollup = SystemFile.text("/proc/\(pid)/smaps_rollup").map({ Meminfo($0) }), let held = rollup["Pss"] else { return nil }
        return held &+ (rollup["SwapPss"] ?? 0)
    }

    /// Pss (shared pages by their share) in bytes, from smaps_rollup. Walks the page tables: milliseconds per GiB.
    public static func proportionalBytes(pid: Int32) -> UInt64? {
        SystemFile.text("/proc/\(pid)/smaps_rollup").flatMap { Meminfo($0)["Pss"] }
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
