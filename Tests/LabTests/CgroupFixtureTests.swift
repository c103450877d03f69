import Foundation
import Glibc
import Testing

@testable import Lab

private let mebibyte: UInt64 = 1 << 20

/// Groups in directories of plain files: what is written where, on every kind of host.
@Suite struct CgroupFixtureTests {
    private let journalDirectory = "/tmp/simbench-test-\(UUID().uuidString)"
    private let us = "simbench-\(getpid())-target"

    private func journal(_ owner: ProcessIdentity = .current()) -> Journal { Journal(directory: journalDirectory, owner: owner) }

    private func make(_ fake: FakeCgroups, _ limits: CgroupLimits, _ journal: Journal, name: String = "target") throws -> Cgroup {
        try Cgroup.make(name, limits, host: fake.host, journal: journal)
    }

    /// Undoes everything, and sees that nothing is left.
    private func end(_ fake: FakeCgroups, _ journal: Journal) throws {
        let undone = try journal.undo(by: fake.undoers)
        #expect(undone.failed == [])
        #expect(fake.groups == [])
        #expect(SystemFile.names(in: journalDirectory) == nil)
    }

    @Test func versionOne() throws {
        let fake = FakeCgroups(.v1), journal = journal()
        let group = try make(fake, .init(
            memoryBytes: 64 * mebibyte, swapBytes: 32 * mebibyte, swappiness: 10, cpuQuota: 1.5, cpus: [0, 2]), journal)
        #expect(group.version == .v1)
        #expect(fake.groups == [
            "/sys/fs/cgroup/cpu,cpuacct/job/\(us)", "/sys/fs/cgroup/cpuset/\(us)", "/sys/fs/cgroup/memory/job/7/\(us)",
        ])
        #expect(fake.writes == [
            "memory.limit_in_bytes=67108864", "memory.memsw.limit_in_bytes=100663296", "memory.oom_control=0",
            "memory.kmem.tcp.limit_in_bytes=1125899906842624", "memory.swappiness=10", "cpu.cfs_period_us=100000",
            "cpu.cfs_quota_us=150000", "cpuset.cpus=0-3", "cpuset.mems=0-1", "cpuset.cpus=0,2",
        ])
        #expect(group.procs.count == 3 && group.procs.allSatisfy { fcntl($0, F_GETFD) == FD_CLOEXEC })
        #expect(group.degraded == ["Buffers of sockets do not count against the memory limit: cgroup v1 counts them apart."])
        #expect(journal.record.entries.map(\.kind) == ["cgroup", "cgroup", "cgroup"])
        #expect(group.remove(waitMilliseconds: 0) == 0)
        #expect(group.procs.isEmpty)
        try end(fake, journal)
    }

    @Test func versionTwo() throws {
        let fake = FakeCgroups(.v2), journal = journal()
        let group = try make(fake, .init(
            memoryBytes: 64 * mebibyte, swapBytes: 0, swappiness: 10, cpuQuota: 0.25, cpus: [0, 2]), journal)
        #expect(group.version == .v2)
        #expect(fake.groups == ["/sys/fs/cgroup/\(us)"])
        #expect(fake.writes == [
            "cgroup.subtree_control=+memory", "memory.swap.max=0", "memory.max=67108864", "cgroup.subtree_control=+cpu",
            "cpu.max=25000 100000", "cgroup.subtree_control=+cpuset", "cpuset.cpus=0,2",
        ])
        #expect(group.procs.count == 1)
        #expect(group.degraded.count == 2 && group.degraded[0].hasPrefix("Swappiness is the host's"))
        #expect(group.degraded[1] == "The group runs on CPUs 0-1 instead of 0,2: the host or the group above has no others.")
        try end(fake, journal)
        #expect(fake.text("/sys/fs/cgroup/cgroup.subtree_control") == "pids")
    }

    @Test func eachControllerWhereTheHostHasIt() throws {
        let fake = FakeCgroups(.hybrid), journal = journal()
        let group = try make(fake, .init(memoryBytes: mebibyte, cpuQuota: 2, cpus: [0]), journal)
        #expect(group.version == .v2)
        #expect(fake.groups == ["/sys/fs/cgroup/cpu,cpuacct/job/\(us)", "/sys/fs/cgroup/unified/\(us)"])
        #expect(fake.writes == [
            "cgroup.subtree_control=+memory", "memory.swap.max=max", "memory.max=1048576", "cpu.cfs_period_us=100000",
            "cpu.cfs_quota_us=200000",
        ])
        #expect(group.degraded == ["The choice of CPUs is not limited: no mounted control group has the cpuset controller."])
        try end(fake, journal)
    }

    /// The kernel refuses a sum below the memory alone at any moment: raising and lowering need different orders.
    @Test(arguments: [
        (64, 0, 128, 0), (128, 0, 64, 0), (64, 64, 32, 512), (32, 512, 64, 64), (64, 64, 200, 0), (64, nil, 32, 32),
        (64, 64, 128, nil), (64, 0, 64, 0),
    ] as [(UInt64, UInt64?, UInt64, UInt64?)])
    func limitsMoveInAnOrderThatVersionOneTakes(_ memory: UInt64, _ swap: UInt64?, _ later: UInt64, _ laterSwap: UInt64?) throws {
        let fake = FakeCgroups(.v1), journal = journal()
        let group = try make(fake, .init(memoryBytes: memory * mebibyte, swapBytes: swap.map { $0 * mebibyte }), journal)
        try group.setMemory(bytes: later * mebibyte, swapBytes: laterSwap.map { $0 * mebibyte })
        let place = "/sys/fs/cgroup/memory/job/7/\(us)"
        #expect(fake.text(place + "/memory.limit_in_bytes") == "\(later * mebibyte)")
        let sum = laterSwap.map { "\((later + $0) * mebibyte)" } ?? "9223372036854771712"
        #expect(fake.text(place + "/memory.memsw.limit_in_bytes") == sum)
        try end(fake, journal)
    }

    @Test func whatVersionOneRefusesStaysAsItWas() throws {
        let fake = FakeCgroups(.v1), journal = journal()
        let group = try make(fake, .init(memoryBytes: 64 * mebibyte, swapBytes: 0), journal)
        let place = "/sys/fs/cgroup/memory/job/7/\(us)"
        fake.put(place + "/memory.usage_in_bytes", "50000000\n")
        for refused in ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"] {
            fake.refuses = [refused: EBUSY]
            let error = #expect(throws: LabError.self) { try group.setMemory(bytes: mebibyte, swapBytes: 0) }
            #expect(error?.message.contains("More than that is in use (50000000 bytes without swap)") == true)
            #expect(fake.text(place + "/memory.limit_in_bytes") == "67108864")
            #expect(fake.text(place + "/memory.memsw.limit_in_bytes") == "67108864")
        }
        fake.refuses = [:]
        try end(fake, journal)
    }

    /// memory.max below what is in use would have the kernel kill, so it must not be written.
    @Test func versionTwoIsLoweredWithoutAKill() throws {
        let fake = FakeCgroups(.v2), journal = journal()
        let group = try make(fake, .init(memoryBytes: 64 * mebibyte, swapBytes: 0), journal)
        let place = "/sys/fs/cgroup/\(us)"
        fake.put(place + "/memory.current", "50000000\n")
        fake.pinnedBytes = 20_000_000
        let error = #expect(throws: LabError.self) { try group.setMemory(bytes: 19_000_000, swapBytes: 5) }
        #expect(error?.message.contains("More than that is in use (20000000 bytes without swap)") == true)
        let files = ["memory.max", "memory.swap.max", "memory.high"]
        #expect(files.map { fake.text("\(place)/\($0)") } == ["67108864", "0", "max"])
        fake.put(place + "/memory.current", "50000000\n")
        try group.setMemory(bytes: 30_000_000, swapBytes: 5)
        #expect(files.map { fake.text("\(place)/\($0)") } == ["30000000", "5", "max"])
        try end(fake, journal)
    }

    @Test func limitsThatTheKernelLacksAreTold() throws {
        let fake = FakeCgroups(.v1), journal = journal()
        for file in ["memory.memsw.limit_in_bytes", "memory.kmem.tcp.limit_in_bytes", "memory.swappiness"] { fake.lack(file) }
        let group = try make(fake, .init(memoryBytes: mebibyte, swapBytes: 0, swappiness: 0), journal)
        #expect(group.degraded.count == 3)
        #expect(group.degraded[0].hasPrefix("Swap is not limited: this kernel has no memory.memsw.limit_in_bytes"))
        #expect(group.degraded[1].hasPrefix("Accepted sockets do not count"))
        #expect(group.degraded[2].hasPrefix("Swappiness is the host's"))
        try group.setMemory(bytes: 2 * mebibyte, swapBytes: 0)
        #expect(group.degraded.count == 3)
        try end(fake, journal)
    }

    @Test func aGroupThatCannotBeFinishedIsRemoved() throws {
        let fake = FakeCgroups(.v1), journal = journal()
        fake.refuses = ["cpu.cfs_quota_us": EINVAL]
        let error = #expect(throws: LabError.self) { try make(fake, .init(memoryBytes: mebibyte, cpuQuota: 9), journal) }
        #expect(error?.message.contains("may not exceed that of the group above") == true)
        #expect(fake.groups == [] && journal.isEmpty)
        #expect(throws: LabError.self) { try make(fake, .init(cpuQuota: 0), journal) }
        #expect(throws: LabError.self) { try make(fake, .init(cpus: []), journal) }
        #expect(fake.groups == [] && journal.isEmpty)
    }

    @Test func aNameIsTakenOnce() throws {
        let fake = FakeCgroups(.v2), journal = journal()
        _ = try make(fake, .init(), journal)
        let twice = #expect(throws: LabError.self) { try make(fake, .init(), journal) }
        #expect(twice?.message.contains("try `simbench cleanup`") == true)
        #expect(fake.groups.count == 1)
        for name in ["", ".x", "a/b", "a b", String(repeating: "x", count: 65)] {
            #expect(throws: LabError.self) { try make(fake, .init(), journal, name: name) }
        }
        try end(fake, journal)
    }

    @Test func hostsWithoutLimitsSayWhy() throws {
        func reason(_ change: (FakeCgroups) -> Void) -> String? {
            let fake = FakeCgroups(.v2)
            change(fake)
            return Cgroup.unavailableBecause(root: fake.root)
        }
        #expect(reason { _ in } == nil)
        #expect(reason { $0.put("/proc/self/mountinfo", "") }?.hasPrefix("No control groups are mounted here") == true)
        #expect(reason { $0.put("/sys/fs/cgroup/cgroup.controllers", "cpu\n") }?.contains("memory controller") == true)
        // A container's root is a group like others, and this process is in it.
        #expect(reason { $0.put("/sys/fs/cgroup/cgroup.events", "populated 1\n") }?.contains("cgroup v2 then limits no") == true)
        #expect(reason {
            $0.put("/sys/fs/cgroup/cgroup.events", "populated 1\n")
            $0.put("/sys/fs/cgroup/cgroup.subtree_control", "memory\n")
        } == nil)
        let refused = #expect(throws: LabError.self) {
            let fake = FakeCgroups(.v2)
            fake.put("/sys/fs/cgroup/cgroup.controllers", "")
            _ = try make(fake, .init(), journal())
        }
        #expect(refused?.kind == .hostCannot)
    }

    /// Docker without a namespace for control groups: /proc tells the host's path, the mount shows the container's part.
    @Test func aContainersPartOfTheTree() throws {
        let fake = FakeCgroups(.v1)
        fake.put("/proc/self/mountinfo", "3 2 0:29 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")
        let top = fake.root + "/sys/fs/cgroup/memory"
        for (path, parent) in [("/docker/abc", top), ("/docker/abc/job/7", top + "/job/7"), ("/elsewhere", top)] {
            fake.put("/proc/self/cgroup", "4:memory:\(path)\n")
            #expect(fake.host.tree("memory") == .init(version: .v1, parent: parent))
        }
    }
}
