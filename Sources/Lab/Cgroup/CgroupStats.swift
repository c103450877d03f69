/// Parsers for the text files of control groups. All are pure functions over text, and take any text without trapping.
/// A value that the text does not name is nil, never 0.

/// A name and a number a line; other lines are passed over.
struct FlatKeys: Equatable {
    var values: [String: UInt64] = [:]

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.fields
            if fields.count == 2, let value = UInt64(fields[1]) { values[String(fields[0])] = value }
        }
    }

    subscript(_ name: String) -> UInt64? { values[name] }
}

/// memory.stat, in bytes. cgroup v1 writes `total_` before what holds for a group with the groups below it; v2 counts
/// that way always, and has other names. No name means one thing in v1 and another in v2. The kernel may be 64 pages a
/// CPU, or two seconds, behind with these numbers.
struct MemoryStat: Equatable {
    private let keys: FlatKeys
    init(_ text: String) { keys = FlatKeys(text) }

    /// Memory of no file: heaps and stacks.
    var anonymousBytes: UInt64? { keys["total_rss"] ?? keys["anon"] }
    /// The page cache, with tmpfs and shared memory.
    var fileBytes: UInt64? { keys["total_cache"] ?? keys["file"] }
    /// Only v1 has it here, and only where it counts swap at all.
    var swapBytes: UInt64? { keys["total_swap"] }
    /// Only v2 has it here: buffers of sockets.
    var socketBytes: UInt64? { keys["sock"] }
    /// Only v2 has it here. Before Linux 5.18 there is no sum, so that of the parts known by name stands in.
    var kernelBytes: UInt64? {
        if let sum = keys["kernel"] { return sum }
        guard let slab = keys["slab"] else { return nil }
        return ["kernel_stack", "pagetables", "percpu", "vmalloc"].reduce(slab) { $0 &+ (keys[$1] ?? 0) }
    }
}

/// memory.events of cgroup v2.
struct MemoryEvents: Equatable {
    /// How often the group was about to go over memory.max.
    var limitHits: UInt64?
    var oomKills: UInt64?

    init(_ text: String) {
        let keys = FlatKeys(text)
        (limitHits, oomKills) = (keys["max"], keys["oom_kill"])
    }
}

/// memory.oom_control of cgroup v1.
struct OomControl: Equatable {
    /// nil before Linux 4.13.
    var oomKills: UInt64?
    /// At the limit processes wait for ever instead of being killed.
    var isKillDisabled: Bool?

    init(_ text: String) {
        let keys = FlatKeys(text)
        oomKills = keys["oom_kill"]
        isKillDisabled = keys["oom_kill_disable"].map { $0 != 0 }
    }
}
