import Glibc
import Testing

@testable import Lab

@Suite struct ProcessFamilyTests {
    private func stat(_ pid: Int32, parent: Int32) -> ProcessStat {
        ProcessStat("\(pid) (p) S \(parent) 1 1 0 -1 0 0 0 0 0 10 5 3 2 20 0 1 0 99 0 4")!
    }

    @Test func descendantsAreFoundThroughGenerations() {
        let all = [stat(1, parent: 0), stat(20, parent: 7), stat(7, parent: 1), stat(8, parent: 1), stat(30, parent: 20), stat(9, parent: 7)]
        #expect(ProcessFamily.descendants(of: 7, among: all).map(\.pid) == [7, 20, 9, 30])
        #expect(ProcessFamily.descendants(of: 30, among: all).map(\.pid) == [30])
        #expect(ProcessFamily.descendants(of: 4, among: all).isEmpty)
        // Pids are used again while the table is read: what then looks like a circle ends.
        #expect(ProcessFamily.descendants(of: 2, among: [stat(2, parent: 3), stat(3, parent: 2)]).map(\.pid) == [2, 3])
    }

    @Test func aFamilyIsMeasuredTogether() throws {
        var request = SpawnRequest(path: "/bin/sh", arguments: ["-c", "sleep 1000 & sleep 1000 & wait"])
        request.diesWithParent = false
        request.isFamily = true
        let child = try Spawner.spawn(request)
        defer { child.kill() }
        while ProcessFamily.members(of: child.pid).filter({ $0.name == "sleep" }).count < 2 { usleep(1_000) }
        let family = child.measured
        let alone = MeasuredProcess(pid: child.pid)
        #expect(try #require(family.usage()).residentBytes > (try #require(alone.usage())).residentBytes)
        #expect(try #require(family.heldBytes()) > 0 && family.contextSwitches() != nil && family.allowedCPUs() != nil)
        let table = try #require(family.fullestTable())
        #expect(table.open >= 3 && table.limit > table.open && !table.isFull)
        let members = ProcessFamily.members(of: child.pid)
        child.kill()
        #expect(child.wait()?.signal == SIGKILL)
        // All were in its process group.
        while members.contains(where: { ProcessFamily.stat(of: $0.pid)?.startTicks == $0.startTicks && !isZombie($0.pid) }) { usleep(1_000) }
        #expect(family.usage() == nil && family.heldBytes() == nil)
        #expect(!child.signalGroup(SIGTERM))
    }

    /// Orphans whose parent has ended are reaped by whoever has become it, in its own time.
    private func isZombie(_ pid: Int32) -> Bool { ProcessFamily.stat(of: pid).map { $0.state == "Z" } ?? true }

    @Test(.enabled(if: geteuid() == 0, "a pid namespace needs root here"))
    func whatLeavesTheProcessGroupEndsWithTheNamespace() throws {
        var request = SpawnRequest(path: "/bin/sh", arguments: ["-c", "setsid sleep 1000 & sleep 1000"])
        request.diesWithParent = false
        request.isFamily = true
        request.ownPidNamespace = true
        let child = try Spawner.spawn(request)
        defer { child.kill() }
        while ProcessFamily.members(of: child.pid).filter({ $0.name == "sleep" }).count < 2 { usleep(1_000) }
        let members = ProcessFamily.members(of: child.pid)
        child.kill()
        #expect(child.wait()?.signal == SIGKILL)
        #expect(members.allSatisfy { member in ProcessFamily.stat(of: member.pid)?.startTicks != member.startTicks })
    }

    @Test func onlyTheProcessThatWasMeantIsKilled() throws {
        var request = SpawnRequest(path: "/bin/sh", arguments: ["-c", "exec sleep 1000"])
        request.diesWithParent = false
        let child = try Spawner.spawn(request)
        defer { child.kill() }
        var other = try #require(ProcessFamily.stat(of: child.pid))
        other.startTicks += 1
        ProcessFamily.kill([other])
        #expect(child.wait(timeoutMilliseconds: 20) == nil)
        other.startTicks -= 1
        ProcessFamily.kill([other])
        #expect(child.wait()?.signal == SIGKILL)
    }

    @Test func theLimitOnDescriptorsIsRead() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \nMax open files            20000                20000                files     \n"
        #expect(DescriptorTable.limit(limits: limits) == 20_000)
        #expect(DescriptorTable.limit(limits: "Max open files            unlimited            unlimited            files") == nil)
        #expect(DescriptorTable.limit(limits: "") == nil)
        #expect(DescriptorTable(pid: 1, name: "x", open: 19_990, limit: 20_000).isFull)
        #expect(!DescriptorTable(pid: 1, name: "x", open: 19_000, limit: 20_000).isFull)
    }
}

@Suite struct ListenersTests {
    @Test func linesOfTheTable() {
        let listening = "   0: 00000000:0FA0 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0\n"
        #expect(Listeners.listener(listening) == 4000)
        #expect(Listeners.listener(listening.replacing(" 0A ", with: " 01 ")) == nil)
        #expect(Listeners.listener("  0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A") == 8080)
        #expect(Listeners.listener("0: zzzz 0 0A") == nil)
        #expect(Listeners.listener("") == nil)
    }

    @Test func aListenerIsSeenOnceItListens() throws {
        let listeners = try Listeners(namespace: nil)
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try #require(bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0)
            }
        }
        let port = UInt16(bigEndian: address.sin_port)
        #expect(!listeners.contains(port: port))
        try #require(listen(socket, 1) == 0)
        #expect(listeners.contains(port: port))
        #expect(try Listeners(namespace: nil).contains(port: port))
        listeners.close()
        #expect(!listeners.contains(port: port))
    }
}
