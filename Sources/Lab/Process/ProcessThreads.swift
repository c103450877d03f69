import Glibc

/// What can only be told of a process by looking at each of its threads.
public enum ProcessThreads {
    /// Context switches of all threads that live now, together; nil when the process is gone.
    ///
    /// /proc/PID/status counts the main thread's alone. A thread that has ended takes its count with it, so a difference
    /// of two readings is right only while threads are added and none ends. Costs one file read a thread.
    public static func contextSwitches(pid: Int32) -> ContextSwitches? {
        guard let threads = SystemFile.names(in: "/proc/\(pid)/task") else { return nil }
        let counts = threads.compactMap { SystemFile.text("/proc/\(pid)/task/\($0)/status").flatMap { ContextSwitches($0) } }
        return counts.isEmpty ? nil : .sum(counts)
    }

    /// How many CPUs the process may use; nil when it is gone. Lanes that are pinned to one each do not change it.
    public static func allowedCPUs(pid: Int32) -> Int? {
        guard let status = SystemFile.text("/proc/\(pid)/status") else { return nil }
        return allowedCPUs(status: status)
    }

    /// The same of the text of /proc/PID/status.
    static func allowedCPUs(status: String) -> Int? {
        let name = "Cpus_allowed_list:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let count = CPUList.parse(String(line.dropFirst(name.count))).count
        return count > 0 ? count : nil
    }
}

extension ContextSwitches {
    public init(voluntary: UInt64, involuntary: UInt64) {
        self.voluntary = voluntary
        self.involuntary = involuntary
    }

    public static func sum(_ counts: [ContextSwitches]) -> ContextSwitches {
        counts.reduce(ContextSwitches(voluntary: 0, involuntary: 0)) {
            ContextSwitches(voluntary: $0.voluntary &+ $1.voluntary, involuntary: $0.involuntary &+ $1.involuntary)
        }
    }
}
