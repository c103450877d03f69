import Glibc

/// One process for good: a pid is used again, a pid with its start time on one boot is not.
public struct ProcessIdentity: Codable, Equatable, Sendable {
    public var pid: Int32
    /// Field 22 of /proc/PID/stat: clock ticks after boot.
    public var startTicks: UInt64
    public var boot: String
    /// The pid namespace the pid is counted in, as `pid:[inode]`.
    public var pidNamespace: String

    public enum State: Equatable, Sendable {
        case alive, dead
        /// Dead, and the host was booted since: its settings are the system's again.
        case deadSinceBoot
        /// Another pid namespace's (a container's): it cannot be told from here.
        case unknown
    }

    public static func current() -> ProcessIdentity {
        ProcessIdentity(
            pid: getpid(), startTicks: startTicks(of: getpid()) ?? 0, boot: currentBoot(), pidNamespace: currentPidNamespace())
    }

    public var state: State {
        if boot != Self.currentBoot() { return .deadSinceBoot }
        if pidNamespace != Self.currentPidNamespace() { return .unknown }
        return Self.startTicks(of: pid) == startTicks ? .alive : .dead
    }

    /// nil when there is no such process, or it is a zombie.
    static func startTicks(of pid: Int32) -> UInt64? {
        guard let stat = SystemFile.text("/proc/\(pid)/stat").flatMap({ ProcessStat($0) }) else { return nil }
        return stat.state == "Z" || stat.state == "X" ? nil : stat.startTicks
    }

    private static func currentBoot() -> String {
        SystemFile.text("/proc/sys/kernel/random/boot_id")?.trimmed ?? ""
    }
    private static func currentPidNamespace() -> String { SystemFile.link("/proc/self/ns/pid") ?? "" }
}

/// /proc/PID/uid_map: which users outside stand behind the users inside. Pure but for `current`.
struct UserMap: Equatable {
    var ranges: [(inside: UInt32, outside: UInt32, count: UInt32)]

    init(_ text: String) {
        ranges = text.split(separator: "\n").compactMap { line in
            let numbers = line.fields.compactMap { UInt32($0) }
            return numbers.count == 3 ? (numbers[0], numbers[1], numbers[2]) : nil
        }
    }

    static func current() -> UserMap { UserMap(SystemFile.text("/proc/self/uid_map") ?? "0 0 4294967295") }

    /// True in the user namespace that the host booted with.
    var isInitial: Bool {
        ranges.count == 1 && ranges[0] == (0, 0, UInt32.max)
    }

    func outsideUser(of user: UInt32) -> UInt32 {
        for range in ranges where user >= range.inside && user - range.inside < range.count {
            return range.outside &+ (user - range.inside)
        }
        return user
    }

    static func == (left: UserMap, right: UserMap) -> Bool {
        left.ranges.elementsEqual(right.ranges) { $0 == $1 }
    }
}
