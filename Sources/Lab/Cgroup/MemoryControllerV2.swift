import Glibc

/// cgroup v2: memory and swap are limited each by itself.
struct MemoryControllerV2: MemoryController {
    let directory: CgroupDirectory

    private static let memory = "memory.max"
    private static let swap = "memory.swap.max"
    /// Above it the kernel reclaims and slows the group down, but kills nobody. Not a limit of ours: socket memory cannot
    /// be reclaimed, and a group full of it would crawl for ever instead of meeting its end.
    private static let soft = "memory.high"

    func limit(bytes: UInt64?, swapBytes: UInt64?) throws -> [String] {
        let hasSwap = directory.has(Self.swap)
        let swap = hasSwap ? [(file: Self.swap, value: swapBytes.map { String($0) } ?? "max")] : []
        if let bytes, let used = directory.number("memory.current"), used > bytes {
            try lower(to: bytes, swap)
        } else {
            try directory.write(swap + [(Self.memory, bytes.map { String($0) } ?? "max")])
        }
        return hasSwap || swapBytes == nil ? [] : [directory.swapUnlimited(without: Self.swap)]
    }

    /// Written below what is in use, memory.max has the kernel kill processes of the group, where v1 refuses. So what
    /// can be reclaimed is reclaimed first, by way of memory.high, and the rest decides.
    private func lower(to bytes: UInt64, _ swap: [CgroupDirectory.Change]) throws {
        let before = try directory.write(swap + [(Self.soft, String(bytes))])
        do {
            if let used = directory.number("memory.current"), used > bytes {
                throw directory.refusal(String(bytes), Self.memory, EBUSY)
            }
            try directory.write(String(bytes), to: Self.memory)
            directory.takeBack(before.filter { $0.file == Self.soft })
        } catch {
            directory.takeBack(before)
            throw error
        }
    }

    func reading() -> CgroupReading {
        let stat = MemoryStat(directory.text("memory.stat") ?? "")
        let events = MemoryEvents(directory.text("memory.events") ?? "")
        // Cannot be read where pressure is not counted (`psi=1` at boot may turn it on).
        let pressure = directory.text("memory.pressure").flatMap { Pressure($0) }
        return CgroupReading(
            memoryBytes: directory.number("memory.current"), swapBytes: directory.number("memory.swap.current"),
            anonymousBytes: stat.anonymousBytes, kernelBytes: stat.kernelBytes, socketBytes: stat.socketBytes,
            fileBytes: stat.fileBytes, limitHits: events.limitHits, oomKills: events.oomKills,
            pressureSomeTotalMicroseconds: pressure?.some.totalMicroseconds,
            pressureSomeAverage10: pressure?.some.average10)
    }
}
