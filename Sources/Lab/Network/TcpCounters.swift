/// What TCP in one namespace counted since it was made. A counter that this kernel lacks is nil, never 0.
public struct TcpCounters: Equatable, Sendable {
    /// `TcpExt.ListenDrops` → value, for everything in the file.
    public var all: [String: UInt64] = [:]

    /// SYNs and handshakes dropped at a listener, for any cause.
    public var listenDrops: UInt64? { all["TcpExt.ListenDrops"] }
    /// The accept queue was full.
    public var listenOverflows: UInt64? { all["TcpExt.ListenOverflows"] }
    /// The SYN queue was full and cookies are off.
    public var requestQueueDrops: UInt64? { all["TcpExt.TCPReqQFullDrop"] }
    public var requestQueueCookies: UInt64? { all["TcpExt.TCPReqQFullDoCookies"] }
    public var timeouts: UInt64? { all["TcpExt.TCPTimeouts"] }
    public var synRetransmits: UInt64? { all["TcpExt.TCPSynRetrans"] }
    public var memoryPressures: UInt64? { all["TcpExt.TCPMemoryPressures"] }
    public var abortsOnMemory: UInt64? { all["TcpExt.TCPAbortOnMemory"] }
    public var backlogDrops: UInt64? { all["TcpExt.TCPBacklogDrop"] }
    public var timeWaitOverflows: UInt64? { all["TcpExt.TCPTimeWaitOverflow"] }

    /// /proc/net/netstat or /proc/net/snmp: pairs of lines, names then values, each after `Group:`. Pure.
    public init(_ text: String) {
        var names: (group: Substring, names: [Substring])?
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let group = line[..<colon]
            let fields = line[line.index(after: colon)...].fields
            if let before = names, before.group == group {
                for (name, value) in zip(before.names, fields) {
                    if let number = UInt64(value) { all["\(group).\(name)"] = number }
                }
                names = nil
            } else {
                names = (group, fields)
            }
        }
    }

    /// What was counted since an earlier reading, for counters that both have.
    public func since(_ earlier: TcpCounters) -> TcpCounters {
        var difference = TcpCounters("")
        for (name, value) in all {
            if let before = earlier.all[name] { difference.all[name] = value >= before ? value - before : value }
        }
        return difference
    }
}

/// /proc/net/softnet_stat, all CPUs added up. It counts for the whole host, not for a namespace.
public struct SoftnetStat: Equatable, Sendable {
    public var processed: UInt64 = 0
    /// Packets thrown away because a CPU's backlog was longer than net.core.netdev_max_backlog.
    public var dropped: UInt64 = 0
    public var timeSqueezed: UInt64 = 0

    /// One line a CPU, hexadecimal columns. Pure.
    public init?(_ text: String) {
        var lines = 0
        for line in text.split(separator: "\n") {
            let numbers = line.fields.prefix(3).compactMap { UInt64($0, radix: 16) }
            guard numbers.count == 3 else { continue }
            processed &+= numbers[0]
            dropped &+= numbers[1]
            timeSqueezed &+= numbers[2]
            lines += 1
        }
        guard lines > 0 else { return nil }
    }

    public static func current() -> SoftnetStat? { SystemFile.text("/proc/net/softnet_stat").flatMap { SoftnetStat($0) } }
}
