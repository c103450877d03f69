import Engine
import Glibc
import Profiles
import Testing

@testable import Lab

/// A machine of so many nodes, each with two CPUs and 1,000 kB more than the one before.
private func machine(_ nodes: Int, _ more: [String: String] = [:]) -> [String: String] {
    var files = ["/sys/devices/system/node/online": nodes == 1 ? "0\n" : "0-\(nodes - 1)\n", "/proc/meminfo": "MemTotal: 9000 kB\n"]
    for node in 0..<nodes {
        let folder = "/sys/devices/system/node/node\(node)"
        files[folder + "/cpulist"] = "\(2 * node)-\(2 * node + 1)\n"
        files[folder + "/meminfo"] = "Node \(node) MemTotal:  \(1000 * (node + 1)) kB\nNode \(node) MemFree: 1 kB\n"
        files[folder + "/distance"] = (0..<nodes).map { $0 == node ? "10" : "21" }.joined(separator: " ") + "\n"
    }
    return files.merging(more) { $1 }
}

@Suite struct TopologyTests {
    @Test(arguments: [1, 2, 4, 8]) func allNodesAreSeen(_ count: Int) throws {
        let root = try FakeRoot(machine(count))
        let nodes = Topology.nodes(root: root.path, allowedCPUs: Array(0..<Int32(2 * count)))
        #expect(nodes.map(\.id) == Array(0..<count))
        #expect(nodes.map(\.cpus) == (0..<count).map { [2 * $0, 2 * $0 + 1] })
        #expect(nodes.map(\.memoryBytes) == (0..<count).map { UInt64(1_024_000 * ($0 + 1)) })
        #expect(nodes.allSatisfy { $0.canServe && $0.distances.count == count && $0.distances[$0.id] == 10 })
    }

    /// The kernel takes a CPU that is off out of its node's list.
    @Test func offlineCPUs() throws {
        let root = try FakeRoot(machine(2, [
            "/sys/devices/system/node/node1/cpulist": "2\n", "/sys/devices/system/cpu/offline": "3,8-9\n",
        ]))
        #expect(Topology.nodes(root: root.path, allowedCPUs: [0, 1, 2])[1].cpus == [2])
        #expect(Topology.offlineCPUs(root: root.path) == [3, 8, 9])
        #expect(Topology.offlineCPUs(root: "/nowhere") == [])
    }

    @Test func memorylessAndCPUlessNodes() throws {
        let root = try FakeRoot(machine(3, [
            "/sys/devices/system/node/node1/meminfo": "Node 1 MemTotal:  0 kB\n", "/sys/devices/system/node/node2/cpulist": "\n",
        ]))
        let nodes = Topology.nodes(root: root.path, allowedCPUs: [0, 1, 2, 3])
        #expect(nodes.map(\.canServe) == [true, false, false])
        #expect(nodes[1].memoryBytes == 0 && !nodes[1].isMemoryBarred && nodes[2].cpus == [])
    }

    @Test func aContainersCpuset() throws {
        let root = try FakeRoot(machine(2, ["/proc/self/status": "Name:\tx\nMems_allowed:\t1\nMems_allowed_list:\t0\n"]))
        let nodes = Topology.nodes(root: root.path, allowedCPUs: [1])
        #expect(nodes[0].cpus == [1] && nodes[0].barredCpus == [0] && nodes[0].memoryBytes == 1_024_000)
        #expect(nodes[1].cpus == [] && nodes[1].barredCpus == [2, 3] && nodes[1].isMemoryBarred && nodes[1].memoryBytes == 0)
    }

    @Test func aKernelWithoutNUMAIsOneNode() throws {
        let root = try FakeRoot(["/proc/meminfo": "MemTotal: 7 kB\n"])
        #expect(Topology.nodes(root: root.path, allowedCPUs: [0, 1]) == [.init(id: 0, cpus: [0, 1], memoryBytes: 7168)])
    }

    @Test func whereMemoryIs() {
        let text = """
            7f0000000000 default anon=3 dirty=3 N0=1 N1=2 kernelpagesize_kB=4
            7f0000010000 prefer:1 file=/memfd:N7=9 mapped=5 mapmax=2 N1=5 kernelpagesize_kB=4
            7f0000200000 default huge anon=1 N0=1 kernelpagesize_kB=2048
            7f0000400000 default file=/usr/lib/x86_64-linux-gnu/libc.so.6 anon=1 dirty=1 mapped=90 N0=80 N1=11 kernelpagesize_kB=4
            7f0000500000 default file=/usr/bin/simbench mapped=700 mapmax=2 N0=700 kernelpagesize_kB=4
            7ffd00000000 default
            """
        let memory = NodeMemory(text)
        #expect(memory.bytes == [0: 4096 + (2 << 20), 1: 7 * 4096])
        #expect(memory.remotePercent(from: [0, 1]) == 0 && memory.remotePercent(from: []) == 100)
        #expect(NodeMemory("").remotePercent(from: [0]) == nil)
        #expect(NodeMemory("x y N0=99999999999999999999 N-1=4 N5000=1 N1= N2=3 kernelpagesize_kB=18446744073709551615").bytes == [:])
    }

    @Test func damagedMapsAreSurvived() {
        var random = SplitMix64(seed: 8)
        let sound = Array("7f00 default anon=3 N0=1 N1=2 kernelpagesize_kB=4\n7f01 default N0=77 kernelpagesize_kB=2048\n".utf8)
        for _ in 0..<3000 {
            var bytes = sound
            for _ in 0..<4 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
            _ = NodeMemory(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(.enabled(if: Numa.isAvailable, "the kernel has no NUMA, or hides it"))
    func thisProcessHasItsMemoryOnNodes() throws {
        let memory = try #require(NodeMemory.of(pid: getpid()))
        let nodes = Topology.nodes().map(\.id)
        #expect(memory.bytes.values.reduce(0, +) > 1 << 20)
        #expect(memory.bytes.keys.allSatisfy(nodes.contains))
        #expect(memory.remotePercent(from: nodes) == 0)
    }

    @Test(.enabled(if: Numa.isAvailable, "the kernel has no NUMA, or hides it"))
    func aSeatPrefersItsNodesMemory() throws {
        let node = try #require(Topology.nodes().first { $0.canServe }).id
        #expect(Numa.preferredNodes() == [])
        let inside = try onFreshThread {
            try Seat(memoryNodes: [Int32(node)]).take()
            return Numa.preferredNodes()
        }
        #expect(inside == [node])
        #expect(Numa.preferredNodes() == [])
        let missing = #expect(throws: LabError.self) { try onFreshThread { try Seat(memoryNodes: [1023]).take() } }
        #expect(missing?.message.hasPrefix("Could not prefer the memory of nodes [1023]") == true)
    }

    @Test func masksAreTheKernels() {
        #expect(Sysctls.mask([0]) == "1" && Sysctls.mask([1, 3]) == "a" && Sysctls.mask([]) == "0")
        #expect(Sysctls.mask([0, 32]) == "1,00000001" && Sysctls.mask([95]) == "80000000,00000000,00000000")
    }
}
