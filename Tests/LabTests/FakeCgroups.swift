import Foundation
import Glibc

@testable import Lab

/// A machine's control groups as plain files that behave as the kernel's do, as far as the Lab relies on it: new groups
/// have their files, limits that contradict each other or what is in use are refused.
final class FakeCgroups {
    enum Layout { case v1, v2, hybrid }

    let root = "/tmp/simbench-cgroups-\(UUID().uuidString)"
    /// Errnos by file name: what the kernel refuses to have written.
    var refuses: [String: Int32] = [:]
    /// How often a directory is still busy when it is to be removed.
    var busyRemovals = 0
    /// What cannot be reclaimed, in bytes.
    var pinnedBytes: UInt64 = 0
    /// Every write that was taken, as `file=value`.
    private(set) var writes: [String] = []
    /// The files of a new group, by the beginning of its path below the root.
    private var templates: [String: [String: String]] = [:]

    init(_ layout: Layout) {
        switch layout {
        case .v1:
            put("/proc/self/mountinfo", ["memory", "cpu,cpuacct", "cpuset"].map { v1Mount($0) }.joined())
            put("/proc/self/cgroup", "4:memory:/job/7\n3:cpuset:/\n1:cpu,cpuacct:/job\n0::/\n")
            addMemoryV1()
            addCPUV1()
        case .v2:
            put("/proc/self/mountinfo", "30 20 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
            put("/proc/self/cgroup", "0::/user.slice/session-1\n")
            addUnified("/sys/fs/cgroup", controllers: "cpuset cpu io memory pids")
        case .hybrid:
            put("/proc/self/mountinfo", v1Mount("cpu,cpuacct")
                + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n")
            put("/proc/self/cgroup", "1:cpu,cpuacct:/job\n0::/\n")
            addUnified("/sys/fs/cgroup/unified", controllers: "memory")
            addCPUV1()
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    private func v1Mount(_ controllers: String) -> String {
        "30 20 0:29 / /sys/fs/cgroup/\(controllers) rw - cgroup cgroup rw,\(controllers)\n"
    }

    private func addMemoryV1() {
        let unlimited = "9223372036854771712\n"
        put("/sys/fs/cgroup/memory/job/7/cgroup.procs", "1\n")
        templates["/sys/fs/cgroup/memory"] = [
            "cgroup.procs": "", "memory.limit_in_bytes": unlimited, "memory.memsw.limit_in_bytes": unlimited,
            "memory.kmem.tcp.limit_in_bytes": unlimited, "memory.swappiness": "60\n", "memory.usage_in_bytes": "0\n",
            "memory.oom_control": "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n",
        ]
    }

    private func addCPUV1() {
        put("/sys/fs/cgroup/cpu,cpuacct/job/cgroup.procs", "")
        put("/sys/fs/cgroup/cpuset/cpuset.cpus", "0-3\n")
        put("/sys/fs/cgroup/cpuset/cpuset.mems", "0-1\n")
        put("/sys/fs/cgroup/cpuset/cgroup.procs", "")
        templates["/sys/fs/cgroup/cpu,"] = ["cgroup.procs": "", "cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "50000\n"]
        templates["/sys/fs/cgroup/cpuset"] = ["cgroup.procs": "", "cpuset.cpus": "\n", "cpuset.mems": "\n"]
    }

    private func addUnified(_ top: String, controllers: String) {
        put(top + "/cgroup.controllers", controllers + "\n")
        put(top + "/cgroup.subtree_control", "pids\n")
        put(top + "/cgroup.procs", "1\n2\n")
        templates[top + "/simbench"] = [
            "cgroup.procs": "", "memory.max": "max\n", "memory.swap.max": "max\n", "memory.high": "max\n",
            "memory.current": "0\n", "cpu.max": "max 100000\n", "cpuset.cpus": "\n", "cpuset.cpus.effective": "0-1\n",
        ]
    }

    /// A file that is just there.
    func put(_ path: String, _ text: String) {
        let file = URL(fileURLWithPath: root + path)
        try? FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? Data(text.utf8).write(to: file)
    }

    /// A file that new groups do not have.
    func lack(_ file: String) {
        for place in templates.keys { templates[place]![file] = nil }
    }

    func text(_ path: String) -> String? { SystemFile.text(root + path)?.trimmed }

    /// Every directory of ours, below the root.
    var groups: [String] {
        (FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? [])
            .filter { $0.split(separator: "/").last?.hasPrefix("simbench-") == true }.map { "/" + $0 }.sorted()
    }

    var host: CgroupHost { CgroupHost(files: files) }
    var undoers: Undoers { Undoers(groups: files) }

    var files: CgroupFiles {
        CgroupFiles(
            root: root, read: { SystemFile.text($0) }, write: { self.write($0, $1) }, makeDirectory: { self.make($0) },
            removeDirectory: { self.remove($0) })
    }

    private func make(_ path: String) -> Int32? {
        guard mkdir(path, 0o755) == 0 else { return errno }
        for (place, template) in templates where path.dropFirst(root.count).hasPrefix(place) {
            for (file, text) in template { put("\(path.dropFirst(root.count))/\(file)", text) }
        }
        return nil
    }

    private func remove(_ path: String) -> Int32? {
        guard let names = SystemFile.names(in: path) else { return ENOENT }
        let procs = SystemFile.text(path + "/cgroup.procs") ?? ""
        if busyRemovals > 0 || !procs.isEmpty {
            busyRemovals -= 1
            return EBUSY
        }
        for name in names { unlink("\(path)/\(name)") }
        return rmdir(path) == 0 ? nil : errno
    }

    private func write(_ text: String, _ path: String) -> Int32? {
        let name = path.split(separator: "/").last.map { String($0) }!
        guard let before = SystemFile.text(path)?.trimmed else { return ENOENT }
        if let code = refuses[name] ?? contradiction(name, text, path) { return code }
        writes.append("\(name)=\(text)")
        let after = switch name {
        case "cgroup.subtree_control": toggled(before, text)
        default: text == "-1" ? "9223372036854771712" : text
        }
        try? Data((after + "\n").utf8).write(to: URL(fileURLWithPath: path))
        return nil
    }

    private func toggled(_ before: String, _ change: String) -> String {
        let others = before.fields.filter { $0 != change.dropFirst() }
        return (change.hasPrefix("+") ? others + [change.dropFirst()] : others).joined(separator: " ")
    }

    /// The rules of mem_cgroup_resize_max (mm/memcontrol-v1.c) and of memory.high.
    private func contradiction(_ name: String, _ text: String, _ path: String) -> Int32? {
        let group = path.dropLast(name.count)
        func number(_ file: String) -> UInt64 { SystemFile.text(group + file).flatMap { UInt64($0.trimmed) } ?? .max }
        let value = UInt64(text) ?? 9_223_372_036_854_771_712
        switch name {
        case "memory.limit_in_bytes" where value > number("memory.memsw.limit_in_bytes"): return EINVAL
        case "memory.memsw.limit_in_bytes" where value < number("memory.limit_in_bytes"): return EINVAL
        case "memory.limit_in_bytes" where value < pinnedBytes, "memory.memsw.limit_in_bytes" where value < pinnedBytes:
            return EBUSY
        case "memory.high" where value < number("memory.current"):
            try? Data("\(max(value, pinnedBytes))\n".utf8).write(to: URL(fileURLWithPath: group + "memory.current"))
        default: break
        }
        return nil
    }
}
