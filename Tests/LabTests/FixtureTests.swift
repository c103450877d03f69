import Foundation
import Profiles
import Testing

@testable import Lab

/// A directory that stands for a machine's root.
struct FakeRoot: ~Copyable {
    let path = "/tmp/simbench-root-\(UUID().uuidString)"
    init(_ files: [String: String]) throws {
        for (name, text) in files {
            let file = URL(fileURLWithPath: path + name)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

private let oneNode = [
    "/proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 800 kB\nSwapTotal: 50 kB\n",
    "/proc/sys/kernel/osrelease": "6.1.0-test\n",
    "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Test CPU  9000\nprocessor\t: 1\nmodel name\t: Test CPU  9000\n",
    "/proc/sys/net/ipv4/tcp_mem": "100\t200\t300\n",
    "/sys/devices/system/node/online": "0\n",
    "/sys/devices/system/node/node0/cpulist": "0-3\n",
    "/sys/devices/system/node/node0/meminfo": "Node 0 MemTotal:       1000 kB\nNode 0 MemFree: 1 kB\n",
]

private func answers(_ cpus: [Int32] = [0, 1, 2, 3]) -> HostProbe.Answers {
    .init(allowedCPUs: cpus, descriptorLimit: 20_000, ioUringUnavailableBecause: nil, pageBytes: 4096)
}

@Suite struct FixtureTests {
    @Test func factsOfASmallMachine() throws {
        let root = try FakeRoot(oneNode)
        let facts = try HostProbe(root: root.path, answers: answers([0, 2])).facts(Privileges(level: .root, because: nil))
        #expect(facts.capUnavailableBecause?.isEmpty == false, "the fixture has no control groups")
        var wanted = HostFacts(
            kernelRelease: "6.1.0-test", cpuModel: "Test CPU 9000", cpus: 2, memoryTotalBytes: 1_024_000,
            memoryAvailableBytes: 819_200, swapTotalBytes: 51_200, numaNodes: 1, descriptorLimit: 20_000,
            ioUringUnavailableBecause: nil, privilege: .root, privilegeLimitedBecause: nil, tcpMemoryBytes: 300 * 4096,
            capUnavailableBecause: facts.capUnavailableBecause)
        wanted.nodes = [.init(id: 0, cpus: [0, 2], barredCpus: [1, 3], memoryBytes: 1_024_000)]
        wanted.offlineCpus = []
        #expect(facts == wanted)
    }

    @Test func aContainersMemoryCounts() throws {
        let unified = oneNode.merging([
            "/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/memory.max": "500000\n",
            "/sys/fs/cgroup/a/memory.current": "100000\n", "/sys/fs/cgroup/a/b/memory.max": "max\n",
        ]) { $1 }
        let older = oneNode.merging([
            "/proc/self/cgroup": "5:cpu:/\n4:memory:/x\n", "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "500000\n",
            "/sys/fs/cgroup/memory/x/memory.usage_in_bytes": "100000\n",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        ]) { $1 }
        for files in [unified, older] {
            let root = try FakeRoot(files)
            let facts = try HostProbe(root: root.path, answers: answers()).facts(Privileges(level: .none, because: "x"))
            #expect((facts.memoryTotalBytes, facts.memoryAvailableBytes) == (500_000, 400_000))
        }
    }

    @Test func aMachineWithoutProcIsRefused() throws {
        let root = try FakeRoot([:])
        let error = #expect(throws: LabError.self) {
            _ = try HostProbe(root: root.path, answers: answers()).facts(Privileges(level: .root, because: nil))
        }
        #expect(error?.kind == .hostCannot)
    }

    @Test func aSeatIsTakenByTheCallingThreadAlone() throws {
        let before = Affinity.current()
        let inside = try onFreshThread {
            try Seat(cpus: [before[0]]).take()
            return Affinity.current()
        }
        #expect(inside == [before[0]])
        #expect(Affinity.current() == before)
    }

    @Test func thisHostHasFacts() throws {
        let facts = try HostProbe().facts(Privileges.prepare(allowUserNamespace: false))
        #expect(facts.cpus > 0 && facts.memoryTotalBytes > 0 && facts.numaNodes > 0 && facts.descriptorLimit > 0)
        #expect((facts.privilege == .root) == (facts.privilegeLimitedBecause == nil))
    }

    @Test func whatAProcessHoldsIsCountedInItsPageTables() throws {
        let root = try FakeRoot(["/proc/7/smaps_rollup": """
            558e1b038000-7ffd7b71f000 ---p 00000000 00:00 0                          [rollup]
            Rss:                1624 kB
            Pss:                 205 kB
            Swap:                  8 kB
            """])
        #expect(ProcessUsage.heldBytes(pid: 7, root: root.path) == 1632 << 10)
        #expect(ProcessUsage.heldBytes(pid: getpid(), root: root.path) != nil, "without it the kernel's own sum serves")
        #expect(ProcessUsage.heldBytes(pid: -1) == nil)
    }

    @Test func ioUringsRefusalsAreExplained() {
        #expect(IoUringProbe.explain(1, disabled: "2", plainRingWorks: false).contains("io_uring_disabled is 2"))
        #expect(IoUringProbe.explain(1, disabled: "0", plainRingWorks: false).contains("seccomp"))
        #expect(IoUringProbe.explain(38, disabled: nil, plainRingWorks: false).contains("no io_uring"))
        #expect(IoUringProbe.explain(22, disabled: "0", plainRingWorks: true).contains("5.19"))
    }
}
