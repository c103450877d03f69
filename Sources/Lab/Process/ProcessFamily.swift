import Glibc

/// A process with all that came of it.
public enum ProcessFamily {
    /// The process and its descendants that live now, itself first; empty when it is gone. Reads one file for each
    /// process of the host: some milliseconds.
    ///
    /// Of one that is the first of its pid namespace this is everything in there: orphans become its children.
    public static func members(of root: Int32) -> [ProcessStat] {
        let all = (SystemFile.names(in: "/proc") ?? []).compactMap { Int32($0) }.compactMap { stat(of: $0) }
        return descendants(of: root, among: all)
    }

    /// The same among given processes, in the order of generations. Pure.
    static func descendants(of root: Int32, among all: [ProcessStat]) -> [ProcessStat] {
        guard let first = all.first(where: { $0.pid == root }) else { return [] }
        let children = Dictionary(grouping: all, by: \.parent)
        var members = [first]
        var seen: Set<Int32> = [root]
        var next = 0
        while next < members.count {
            members += (children[members[next].pid] ?? []).filter { seen.insert($0.pid).inserted }
            next += 1
        }
        return members
    }

    /// Kills those of them that still live. A pid that another process has got since is left alone.
    public static func kill(_ members: [ProcessStat]) {
        for member in members where stat(of: member.pid)?.startTicks == member.startTicks { Glibc.kill(member.pid, SIGKILL) }
    }

    static func stat(of pid: Int32) -> ProcessStat? { SystemFile.text("/proc/\(pid)/stat").flatMap { ProcessStat($0) } }
}
