import Glibc
import Testing

@testable import Lab
@testable import Profiles

/// A second process for the tests that kill one, or that need another user: this test binary again, told by its
/// environment to run nothing but `HelperTests`.
enum HelperProcess {
    static let role = getenv("SIMBENCH_TEST_HELPER").map { String(cString: $0) }
    private static let reportDescriptor: Int32 = 3

    /// Returns when the helper has said something, or ended, with what it said. `before`: a program and its arguments
    /// that run the helper in turn. `procs`: of control groups to start it in.
    static func start(
        _ environment: [String: String], before: [String] = [], procs: [Int32] = []
    ) throws -> (ChildProcess, String) {
        var request = program(environment, before: before)
        request.diesWithParent = false  // test threads come and go
        request.cgroupProcs = procs
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let quiet = open("/dev/null", O_WRONLY | O_CLOEXEC)  // its own test report is no one's business
        defer { close(quiet) }
        request.descriptors = [1: quiet, reportDescriptor: ends[1]]
        let child = try Spawner.spawn(request)
        close(ends[1])
        defer { close(ends[0]) }
        var said = [UInt8](repeating: 0, count: 65_536)
        let count = read(ends[0], &said, said.count)
        return (child, String(decoding: said[..<max(count, 0)], as: UTF8.self))
    }

    static func number(_ name: String) -> Int { getenv(name).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// This test binary, in the role that the environment gives.
    static func program(_ environment: [String: String], before: [String] = []) -> SpawnRequest {
        let itself = [SystemFile.link("/proc/self/exe")!, "--testing-library", "swift-testing", "--filter", "HelperTests"]
        let command = before + itself
        var all = environment
        for name in ["PATH", "HOME", "LD_LIBRARY_PATH"] { all[name] = getenv(name).map { String(cString: $0) } }
        return SpawnRequest(path: command[0], arguments: Array(command.dropFirst()), environment: all)
    }

    static func say(_ text: String) {
        _ = text.withCString { write(reportDescriptor, $0, strlen($0)) }
    }
}

/// What the helper does. Skipped in every ordinary run.
@Suite(.enabled(if: HelperProcess.role != nil, "runs only inside a process that another test starts"))
struct HelperTests {
    @Test(.enabled(if: HelperProcess.role == "build")) func buildsAWorldAndWaitsToBeKilled() throws {
        let model = getenv("SIMBENCH_TEST_NETWORK").flatMap { Plan.NetworkModel(rawValue: String(cString: $0)) }
        let world = try World.build(smallPlan(model ?? .routed), hostFacts: rootFacts())
        let inodes = ([world.target!] + world.workers + world.forwarders).map { "\($0.inode)" }
        HelperProcess.say(inodes.joined(separator: " "))
        while true { sleep(1000) }
    }

    @Test(.enabled(if: HelperProcess.role == "group")) func makesAGroupAndWaitsToBeKilled() throws {
        let world = try World.build(smallPlan(.loopback), hostFacts: rootFacts(.none))
        let group = try world.makeCgroup("target", .init(memoryBytes: 1 << 28, swapBytes: 0, cpuQuota: 1))
        HelperProcess.say(group.directories.joined(separator: " "))
        while true { sleep(1000) }
    }

    /// Takes memory page by page, says so, and waits to be killed.
    @Test(.enabled(if: HelperProcess.role == "allocate")) func takesMemory() throws {
        let bytes = HelperProcess.number("SIMBENCH_TEST_BYTES")
        let memory = try #require(mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        for offset in stride(from: 0, to: bytes, by: 4096) { memory.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self) }
        HelperProcess.say("taken")
        while true { sleep(1000) }
    }

    /// Says its port, accepts so many connections, writes a byte to the last, and waits to be killed.
    @Test(.enabled(if: HelperProcess.role == "accept")) func acceptsConnections() throws {
        let listener = try listen(on: "127.0.0.1", 0)
        HelperProcess.say("\(localPort(listener))")
        var last: Int32 = -1
        for _ in 0..<HelperProcess.number("SIMBENCH_TEST_CONNECTIONS") { last = accept(listener, nil, nil) }
        _ = write(last, "x", 1)
        while true { sleep(1000) }
    }

    @Test(.enabled(if: HelperProcess.role == "unprivileged")) func buildsAWorldInAUserNamespace() throws {
        let privileges = Privileges.prepare(allowUserNamespace: false)
        let descriptors = SystemFile.names(in: "/proc/self/fd")
        var said = "level=\(privileges.level.rawValue)\nbecause=\(privileges.because ?? "")\n"
        said += "journal=\(Journal.defaultDirectory())\n"
        said += "groups=\(Cgroup.unavailableBecause() ?? "")\n"
        for model in [Plan.NetworkModel.routed, .bridge, .overlay] {
            do { said += try connectEverywhere(model, privileges.level) } catch { said += "error=\(error)\n" }
        }
        if SystemFile.names(in: "/proc/self/fd") != descriptors { said += "leak=descriptors\n" }
        HelperProcess.say(said + "done\n")
    }

    /// Builds a world, connects from every worker to the target, removes it; what happened, line by line.
    private func connectEverywhere(_ model: Plan.NetworkModel, _ level: HostFacts.Privilege) throws -> String {
        let world = try World.build(smallPlan(model), hostFacts: rootFacts(level))
        let listener = try onThread(inNamespace: world.targetNamespace!) { try listen(on: "198.18.0.1", 4000) }
        var said = ""
        for namespace in world.workerNamespaces {
            let client = try onThread(inNamespace: namespace) { try connect(to: "198.18.0.1", 4000) }
            said += "connected=\(peerAddress(client))\n"
            close(client)
        }
        close(listener)
        said += world.degraded.map { "degraded=\($0)\n" }.joined()
        return said + world.remove().map { "leak=\($0)\n" }.joined()
    }

    @Test(.enabled(if: HelperProcess.role == "swap-server")) func servesASwapDevice() { exit(SwapServer.serve()) }

    @Test(.enabled(if: HelperProcess.role == "swap-owner")) func makesASwapDeviceAndWaitsToBeKilled() throws {
        let directory = String(cString: getenv("SIMBENCH_TEST_DIRECTORY")!)
        var lines: [String] = []
        let device = try SwapDevice.make(limitedSwap(in: directory), server: swapServer) {
            lines.append("\($0.path) \($0.loopDevice ?? "-") \($0.file ?? "-")")
        }
        HelperProcess.say(([String(device.server!.child.pid)] + lines).joined(separator: "\n"))
        while true { withExtendedLifetime(device) { _ = sleep(1000) } }
    }

    /// Fills memory of its own in a group too small for it, waits for a file to appear, and looks whether all is there.
    @Test(.enabled(if: HelperProcess.role == "swapper")) func outgrowsItsMemoryGroup() throws {
        let go = String(cString: getenv("SIMBENCH_TEST_GO")!)
        try SystemFile.write("\(getpid())", to: String(cString: getenv("SIMBENCH_TEST_GROUP")!) + "/cgroup.procs")
        let words = SwapperMemory.bytes / 8
        let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: words)
        for word in 0..<words { memory[word] = UInt64(word) &* 0x9E37_79B9_7F4A_7C15 }
        HelperProcess.say("full")
        while access(go, F_OK) != 0 { usleep(1000) }
        for word in 0..<words where memory[word] != UInt64(word) &* 0x9E37_79B9_7F4A_7C15 { exit(1) }
        exit(0)
    }
}
