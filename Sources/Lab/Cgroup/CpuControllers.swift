/// Limits of CPU time and place, in either version.
extension CgroupDirectory {
    /// Microseconds; the kernel's own default.
    private static let period = 100_000

    /// At most `cpus` seconds of CPU time a second, over all its processes.
    func limitTime(cpus: Double, _ version: Cgroup.Version) throws {
        let bounded = min(max(cpus, 0), 65_536)
        guard bounded > 0 else { throw LabError(.broken, "A quota of \(cpus) CPUs lets nothing run: give 0.01 at least.") }
        let quota = Int((bounded * Double(Self.period)).rounded())
        switch version {
        case .v1: try write([("cpu.cfs_period_us", String(Self.period)), ("cpu.cfs_quota_us", String(quota))])
        case .v2: try write("\(quota) \(Self.period)", to: "cpu.max")
        }
    }

    /// Only on these CPUs. Returns what is less than asked for: v2 takes any list, and uses what the group above has.
    func limitPlace(cpus: [Int], _ version: Cgroup.Version) throws -> [String] {
        guard !cpus.isEmpty else { throw LabError(.broken, "A group without CPUs lets nothing run: name one at least.") }
        let list = cpus.map { String($0) }.joined(separator: ",")
        try write(list, to: "cpuset.cpus")
        guard version == .v2, let used = text("cpuset.cpus.effective") else { return [] }
        if Set(CPUList.parse(used).map { Int($0) }) == Set(cpus) { return [] }
        return ["The group runs on CPUs \(used.trimmed) instead of \(list): the host or the group above has no others."]
    }

    /// A new group of a v1 hierarchy with cpusets has no CPU and no memory node, and nobody may join it before it has.
    func fillPlace(from parent: CgroupDirectory) throws {
        for file in ["cpuset.cpus", "cpuset.mems"] where text(file)?.trimmed.isEmpty == true {
            if let value = parent.text(file)?.trimmed, !value.isEmpty { try write(value, to: file) }
        }
    }
}
