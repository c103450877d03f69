import Foundation
import Testing

@testable import Lab

/// A device with limits that are there but do not make a test long.
func limitedSwap(in directory: String) -> SwapRequest {
    SwapRequest(
        bytes: 96 << 20, readBytesPerSecond: 400 << 20, writeBytesPerSecond: 400 << 20, latencyMicroseconds: 10,
        directory: directory)
}

/// The server is this test binary in another role.
var swapServer: SpawnRequest { HelperProcess.program(["SIMBENCH_TEST_HELPER": "swap-server"]) }

/// What the swapper fills, and what its group holds of that.
enum SwapperMemory {
    static let bytes = 48 << 20
    static let groupBytes = 16 << 20
}

/// A memory group of the test's own, under cgroup v1 or v2; removed with this value.
final class MemoryGroup {
    let path: String

    init?(limitBytes: Int) {
        guard let (root, limit) = MemoryGroup.controller() else { return nil }
        path = "\(root)/simbench-test-\(UUID().uuidString)"
        guard mkdir(path, 0o755) == 0 else { return nil }
        do { try SystemFile.write("\(limitBytes)", to: "\(path)/\(limit)") } catch {
            rmdir(path)
            return nil
        }
    }

    /// Its members have to be gone; the kernel notices that a moment later.
    deinit { for _ in 0..<1000 where rmdir(path) != 0 && errno == EBUSY { usleep(10_000) } }

    static var isPossible: Bool { controller() != nil }

    private static func controller() -> (root: String, limit: String)? {
        let older = "/sys/fs/cgroup/memory"
        if access("\(older)/memory.limit_in_bytes", W_OK) == 0 { return (older, "memory.limit_in_bytes") }
        let enabled = SystemFile.text("/sys/fs/cgroup/cgroup.subtree_control")?.fields ?? []
        return enabled.contains("memory") ? ("/sys/fs/cgroup", "memory.max") : nil
    }
}

/// A process that has outgrown its group, and so lies in swap for the most part.
struct Swapper {
    let group: MemoryGroup
    let child: ChildProcess
    private let go: String

    /// Returns once all its memory is filled. `directory` is where its signal will appear.
    init(in directory: String) throws {
        group = try #require(MemoryGroup(limitBytes: SwapperMemory.groupBytes))
        go = "\(directory)/go"
        let said: String
        (child, said) = try HelperProcess.start(
            ["SIMBENCH_TEST_HELPER": "swapper", "SIMBENCH_TEST_GROUP": group.path, "SIMBENCH_TEST_GO": go])
        #expect(said == "full")
    }

    /// Has it read everything, and so swaps it in again. Code 0: every byte was right.
    func verify() throws -> ChildProcess.Exit? {
        try SystemFile.replace(go, with: "")
        defer { unlink(go) }
        return child.wait()
    }

    func kill() {
        child.signal(SIGKILL)
        _ = child.wait()
    }
}

/// What a swap device must leave as it found it.
struct SwapSnapshot: Equatable {
    var areas = SwapAreas.current().areas.map(\.path)
    var mounts = SystemFile.text("/proc/mounts")?.split(separator: "\n").filter { $0.contains("fuse") }
    var loops = (SystemFile.names(in: "/sys/block") ?? []).filter { $0.hasPrefix("loop") }
        .filter { access("/sys/block/\($0)/loop", F_OK) == 0 }
    var files: [String]?

    init(_ directory: String) { files = SystemFile.names(in: directory) }
}

/// A directory on a disk, as /tmp need not be.
final class SwapDirectory {
    let path = "/var/tmp/simbench-test-\(UUID().uuidString)"
    init() { mkdir(path, 0o700) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}
