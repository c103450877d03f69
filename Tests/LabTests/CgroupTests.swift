import Foundation
import Glibc
import Testing

@testable import Lab

private let mebibyte: UInt64 = 1 << 20

extension WholeHostTests {
    /// Groups of this kernel, with processes in them.
    @Suite(.enabled(if: LabHost.isRoot && LabHost.hasMemoryLimits,
        "needs root and a memory controller: \(Cgroup.unavailableBecause() ?? "not root")"))
    struct CgroupTests {
        private func world() throws -> World { try World.build(smallPlan(.loopback), hostFacts: rootFacts(.none)) }

        private func allocate(_ bytes: UInt64, in group: Cgroup) throws -> (ChildProcess, String) {
            try HelperProcess.start(
                ["SIMBENCH_TEST_HELPER": "allocate", "SIMBENCH_TEST_BYTES": "\(bytes)"], procs: group.procs)
        }

        private func end(_ child: ChildProcess) {
            child.signal(SIGKILL)
            _ = child.wait()
        }

        @Test func aProcessIsChargedToItsGroup() throws {
            let before = HostSnapshot.afterSweep()
            let world = try world()
            let group = try world.makeCgroup("target", .init(memoryBytes: 512 * mebibyte, swapBytes: 0))
            let empty = group.reading()
            #expect((empty.memoryBytes ?? .max) < mebibyte && empty.oomKills == 0 && empty.limitHits == 0)
            let (child, said) = try allocate(64 * mebibyte, in: group)
            #expect(said == "taken")
            let full = group.reading()
            #expect((full.memoryBytes ?? 0) > 64 * mebibyte)
            // The statistics may be some pages behind the counters.
            #expect((full.anonymousBytes ?? 0) > 60 * mebibyte)
            #expect((full.kernelBytes ?? 0) > 100_000)
            #expect(full.socketBytes != nil && full.fileBytes != nil && full.oomKills == 0)
            #expect((full.pressureSomeTotalMicroseconds == nil) || group.version == .v2)
            end(child)
            #expect(world.remove() == [])
            #expect(HostSnapshot() == before)
        }

        @Test func limitsAreRaisedAndLoweredUnderAProcess() throws {
            let before = HostSnapshot.afterSweep()
            let world = try world()
            let group = try world.makeCgroup("target", .init(memoryBytes: 512 * mebibyte, swapBytes: 0))
            let (child, said) = try allocate(64 * mebibyte, in: group)
            #expect(said == "taken")
            for (memory, swap) in [(1024, 0), (256, 0), (256, 128), (300, nil), (256, 0)] as [(UInt64, UInt64?)] {
                try group.setMemory(bytes: memory * mebibyte, swapBytes: swap.map { $0 * mebibyte })
            }
            let error = #expect(throws: LabError.self) { try group.setMemory(bytes: 16 * mebibyte, swapBytes: 0) }
            #expect(error?.message.contains("More than that is in use") == true)
            let limit = ["memory.limit_in_bytes", "memory.max"].compactMap { SystemFile.text("\(group.directories[0])/\($0)") }
            #expect(limit.map(\.trimmed) == ["\(256 * mebibyte)"])
            // Nobody was killed for it.
            #expect(child.wait(timeoutMilliseconds: 0) == nil && group.reading().oomKills == 0)
            end(child)
            #expect(world.remove() == [])
            #expect(HostSnapshot() == before)
        }

        @Test func withoutSwapTheLimitKills() throws {
            let before = HostSnapshot.afterSweep()
            let world = try world()
            let group = try world.makeCgroup("target", .init(memoryBytes: 96 * mebibyte, swapBytes: 0))
            let (child, said) = try allocate(256 * mebibyte, in: group)
            #expect(said == "")
            #expect(child.wait()?.signal == SIGKILL)
            let reading = group.reading()
            #expect(reading.oomKills == 1)
            // Not every kernel counts them; then it is unknown, and never "none".
            #expect(reading.limitHits != 0)
            #expect(world.remove() == [])
            #expect(HostSnapshot() == before)
        }

        @Test(.enabled(if: CgroupHost().tree("cpu") != nil && CgroupHost().tree("cpuset") != nil, "needs both controllers"))
        func timeAndPlaceAreLimited() throws {
            let before = HostSnapshot.afterSweep()
            let world = try world()
            let cpu = Int(Affinity.current().last!)
            let group = try world.makeCgroup("target", .init(cpuQuota: 0.5, cpus: [cpu]))
            let child = try inside(group, ["/bin/grep", "-qx", "Cpus_allowed_list:\t\(cpu)", "/proc/self/status"])
            #expect(child.wait()?.code == 0)
            let limits = group.directories.flatMap { directory in
                ["cpu.cfs_quota_us", "cpu.max"].compactMap { SystemFile.text("\(directory)/\($0)")?.trimmed }
            }
            #expect(limits == ["50000"] || limits == ["50000 100000"])
            #expect(!group.degraded.contains { $0.contains("CPU") })
            #expect(world.remove() == [])
            #expect(HostSnapshot() == before)
        }

        private func inside(_ group: Cgroup, _ command: [String]) throws -> ChildProcess {
            var request = SpawnRequest(path: command[0], arguments: Array(command.dropFirst()))
            request.diesWithParent = false
            request.cgroupProcs = group.procs
            return try Spawner.spawn(request)
        }

        @Test func aGroupStillInUseIsALeak() throws {
            let before = HostSnapshot.afterSweep()
            let world = try world()
            let group = try world.makeCgroup("target", .init())
            let child = try inside(group, ["/bin/sleep", "1000"])
            let leaks = world.remove(waitMilliseconds: 0)
            #expect(leaks.count == 1 && leaks[0].contains("these processes are in it: \(child.pid) ("), "\(leaks)")
            end(child)
            #expect(world.remove() == [])
            #expect(HostSnapshot() == before)
        }

        @Test func afterASIGKILLTheNextStartSweepsTheGroupsAndKillsNobody() throws {
            let before = HostSnapshot.afterSweep()
            let (run, said) = try HelperProcess.start(["SIMBENCH_TEST_HELPER": "group"])
            let directories = said.fields.map { String($0) }
            #expect(!directories.isEmpty && directories.allSatisfy { $0.contains("/simbench-\(run.pid)-target") })
            // A process in the group that outlives its run.
            var request = SpawnRequest(path: "/bin/sleep", arguments: ["1000"])
            request.diesWithParent = false
            request.cgroupProcs = directories.map { open($0 + "/cgroup.procs", O_WRONLY | O_CLOEXEC) }
            let tenant = try Spawner.spawn(request)
            for descriptor in request.cgroupProcs { close(descriptor) }
            #expect(Cleanup.sweep() == Cleanup.Outcome())
            end(run)
            let occupied = Cleanup.sweep()
            #expect(occupied.failed.count == directories.count)
            #expect(occupied.failed.allSatisfy { $0.contains("these processes are in it: \(tenant.pid) (") })
            #expect(tenant.wait(timeoutMilliseconds: 0) == nil)
            end(tenant)
            let empty = Cleanup.sweep()
            #expect(empty.failed == [] && directories.allSatisfy { directory in empty.did.contains { $0.contains(directory) } })
            #expect(HostSnapshot() == before)
        }

        /// Kernel memory that a group is charged for one TCP socket its process accepted, over loopback.
        private func bytesPerAcceptedSocket(_ group: Cgroup, connections: Int) throws -> Double {
            let (child, said) = try HelperProcess.start(
                ["SIMBENCH_TEST_HELPER": "accept", "SIMBENCH_TEST_CONNECTIONS": "\(connections)"], procs: group.procs)
            defer { end(child) }
            let port = try #require(UInt16(said))
            let before = try #require(group.reading().kernelBytes)
            var clients: [Int32] = []
            defer { clients.forEach { close($0) } }
            for _ in 0..<connections { clients.append(try connect(to: "127.0.0.1", port)) }
            // Accepted in order, so that a byte on the last says that all are.
            var byte: UInt8 = 0
            try #require(read(clients[connections - 1], &byte, 1) == 1)
            return Double(try #require(group.reading().kernelBytes)) / Double(connections) - Double(before) / Double(connections)
        }

        /// The socket itself; what hangs on it (inode, dentry, file) always was: 1,240 bytes on 6.18.
        private static let chargesSockets: Bool = {
            let release = Sysctls.read("kernel.osrelease")?.split(separator: ".").prefix(2).compactMap { Int($0) } ?? []
            return release.count == 2 && (release[0], release[1]) >= (6, 12)
        }()

        @Test(.enabled(if: chargesSockets, "needs Linux 6.12: before it, whoever accepts a socket is not charged for it"))
        func acceptedSocketsAreCharged() throws {
            let before = HostSnapshot.afterSweep()
            let journal = Journal(directory: "/tmp/simbench-test-\(UUID().uuidString)")
            // Only told, not judged: another group of this host may have turned the charge on for everybody.
            var unswitched = CgroupFiles.kernel()
            let write = unswitched.write
            unswitched.write = { $1.hasSuffix("memory.kmem.tcp.limit_in_bytes") ? nil : write($0, $1) }
            var figures: [Double] = []
            for files in [unswitched, .kernel()] {
                let group = try Cgroup.make("accept", .init(), host: CgroupHost(files: files), journal: journal)
                figures.append(try bytesPerAcceptedSocket(group, connections: 500))
                group.remove(waitMilliseconds: 30_000)
                #expect(try journal.undo().failed == [])
            }
            print("Kernel bytes charged per accepted socket: \(Int(figures[1])), and \(Int(figures[0])) without the switch")
            #expect((1_500...8_000).contains(figures[1]))
            #expect(HostSnapshot() == before)
        }
    }
}
