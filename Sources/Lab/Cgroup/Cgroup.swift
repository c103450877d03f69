import Glibc

/// A control group of one simulated machine: one directory in each hierarchy that a limit needs, made and removed
/// together. `World.makeCgroup` makes it. Not for concurrent use.
public final class Cgroup {
    public enum Version: String, Sendable { case v1, v2 }

    public let name: String
    /// Of the memory controller; others may be in another hierarchy.
    public let version: Version
    /// For `SpawnRequest.cgroupProcs`: the open `cgroup.procs` of every hierarchy the group is in. Only what a process
    /// allocates after it has joined is charged to the group.
    public private(set) var procs: [Int32] = []
    /// What this kernel could not enforce of the limits asked for, in sentences.
    public private(set) var degraded: [String] = []
    /// The memory controller's first.
    private(set) var directories: [String] = []
    private let memory: any MemoryController
    private let files: CgroupFiles

    /// nil when memory limits can be set on this host, else a sentence why not. Changes nothing.
    public static func unavailableBecause(root: String = "") -> String? {
        CgroupHost(files: .kernel(root: root)).unavailableBecause
    }

    /// Makes the group, every directory journalled first. When that fails, nothing stays but what the error says.
    static func make(_ name: String, _ limits: CgroupLimits, host: CgroupHost, journal: Journal) throws -> Cgroup {
        guard isPlain(name) else {
            throw LabError(.broken, "\"\(name.prefix(64))\" is no name for a control group: letters, digits, -, _ and . "
                + "make one, 64 at most.")
        }
        if let reason = host.unavailableBecause { throw LabError(.hostCannot, reason) }
        let group = Cgroup(name, host.tree("memory")!, host.files, prefix: prefix(journal.record.owner.pid))
        do {
            try group.build(limits, host, journal)
        } catch {
            group.remove(waitMilliseconds: 1000)
            let undone = try journal.undo(by: Undoers(groups: host.files)) {
                $0.kind == Journal.Kind.cgroup && group.directories.contains($0.name)
            }
            throw undone.failed.isEmpty ? error : LabError(.broken, "\(error) Then: \(undone.failed.joined(separator: " "))")
        }
        return group
    }

    /// What the names of all groups of one run begin with.
    static func prefix(_ pid: Int32) -> String { "simbench-\(pid)-" }

    private init(_ name: String, _ tree: CgroupHost.Tree, _ files: CgroupFiles, prefix: String) {
        self.name = name
        self.files = files
        version = tree.version
        let directory = CgroupDirectory(path: "\(tree.parent)/\(prefix)\(name)", files: files)
        memory = tree.version == .v1
            ? MemoryControllerV1(directory: directory) : MemoryControllerV2(directory: directory)
    }

    deinit { closeProcs() }

    private func build(_ limits: CgroupLimits, _ host: CgroupHost, _ journal: Journal) throws {
        try place("memory", in: host, journal) { _, _ in
            degraded += try memory.limit(bytes: limits.memoryBytes, swapBytes: limits.swapBytes)
            if let memory = memory as? MemoryControllerV1 {
                let missing = try memory.prepare()
                // Where memory has no limit, nothing is missing from it.
                if limits.memoryBytes != nil { degraded += missing }
            }
        }
        if let swappiness = limits.swappiness { try setSwappiness(swappiness) }
        if let cpus = limits.cpuQuota {
            try placeIfPossible("cpu", "CPU time", in: host, journal) { try $0.limitTime(cpus: cpus, $1) }
        }
        if let cpus = limits.cpus {
            try placeIfPossible("cpuset", "The choice of CPUs", in: host, journal) {
                degraded += try $0.limitPlace(cpus: cpus, $1)
            }
        }
        for directory in directories {
            let descriptor = open("\(directory)/cgroup.procs", O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw LabError.system("open \(directory)/cgroup.procs", code: errno) }
            procs.append(descriptor)
        }
    }

    /// Makes the group's directory where the controller is, unless another controller's is the same, and sets limits.
    private func place(
        _ controller: String, in host: CgroupHost, _ journal: Journal, _ set: (CgroupDirectory, Version) throws -> Void
    ) throws {
        let tree = host.tree(controller)!
        if tree.version == .v2 { try journal.turnOn(controller, in: tree, host) }
        let path = "\(tree.parent)/\(Cgroup.prefix(journal.record.owner.pid))\(name)"
        let directory = CgroupDirectory(path: path, files: files)
        if !directories.contains(path) {
            try journal.makeGroup(path, files)
            directories.append(path)
            if tree.version == .v1 { try directory.fillPlace(from: CgroupDirectory(path: tree.parent, files: files)) }
        }
        try set(directory, tree.version)
    }

    /// For what a run can do without: says so in `degraded`.
    private func placeIfPossible(
        _ controller: String, _ what: String, in host: CgroupHost, _ journal: Journal,
        _ set: (CgroupDirectory, Version) throws -> Void
    ) throws {
        guard host.tree(controller) != nil else {
            degraded.append("\(what) is not limited: no mounted control group has the \(controller) controller.")
            return
        }
        do { try place(controller, in: host, journal, set) } catch let error as LabError where error.kind == .hostCannot {
            degraded.append("\(what) is not limited: \(error)")
        }
    }

    private func setSwappiness(_ value: Int) throws {
        let directory = CgroupDirectory(path: directories[0], files: files)
        guard directory.has("memory.swappiness") else {
            degraded.append("Swappiness is the host's (`vm.swappiness`) instead of \(value): cgroup \(version) has none of its "
                + "own here.")
            return
        }
        try directory.write(String(value), to: "memory.swappiness")
    }

    /// Raises or lowers the limits of memory and swap; a nil swap is not limited. Below what is in use, the kernel first
    /// drops and swaps out what it can, which takes its time. When that is not enough this throws, and the limits stay.
    public func setMemory(bytes: UInt64, swapBytes: UInt64?) throws {
        let sentences = try memory.limit(bytes: bytes, swapBytes: swapBytes)
        degraded += sentences.filter { !degraded.contains($0) }
    }

    /// Costs a few file reads: some tens of microseconds.
    public func reading() -> CgroupReading { memory.reading() }

    /// Removes the directories as soon as their processes have gone: the last traces of one take the kernel some moments.
    /// Returns how much of the wait is left. What could not be removed is the journal's to tell.
    @discardableResult
    func remove(waitMilliseconds: Int) -> Int {
        closeProcs()
        var left = waitMilliseconds
        for directory in directories.reversed() {
            while files.removeDirectory(directory) == EBUSY, left > 0 {
                usleep(10_000)
                left -= 10
            }
        }
        return max(left, 0)
    }

    private func closeProcs() {
        for descriptor in procs { close(descriptor) }
        procs = []
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64 && !name.hasPrefix(".") && name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                || [0x2d, 0x2e, 0x5f].contains($0)
        }
    }
}
