import Foundation

@testable import Profiles

/// The shipped profiles and the hosts that tests plan for.
enum Fixture {
    static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("profiles").path

    static let shipped = [
        "smoke", "chat", "local-100k", "do-64gb", "do-64gb-cap-only", "do-64gb-ports-only", "do-1gb", "do-2gb", "do-4gb", "do-8gb",
        "do-16gb", "do-32gb", "phoenix-2m", "host-max",
    ]

    static let finder = ProfileFinder(directories: [directory], environment: [:])

    static func profile(_ name: String, set: [String] = []) throws -> Profile {
        try finder.load(name, overrides: set)
    }

    /// Finds what a shipped profile extends.
    static func base(_ name: String) throws(ProfileError) -> (text: String, file: String) {
        let path = try finder.find(name)
        return (try ProfileFinder.read(path, atMost: Limits.profileBytes), path)
    }

    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(directory)/\(name).yml", encoding: .utf8)
    }

    /// The machine the targets are set for: 2 CPUs, 24 GiB, and descriptors that are far too few for one table.
    static func host(_ change: (inout HostFacts) -> Void = { _ in }) -> HostFacts {
        var host = HostFacts(
            kernelRelease: "6.18.0", cpuModel: "test", cpus: 2, memoryTotalBytes: 24 << 30,
            memoryAvailableBytes: 23 << 30, swapTotalBytes: 0, numaNodes: 1, descriptorLimit: 20_000,
            ioUringUnavailableBecause: nil, privilege: .root, privilegeLimitedBecause: nil, tcpMemoryBytes: 2 << 30)
        change(&host)
        return host
    }

    static func plan(
        _ name: String, _ flags: Flags = Flags(), set: [String] = [], host: HostFacts = host()
    ) throws -> Plan {
        try Planner.plan(profile: profile(name, set: set), flags: flags, host: host, version: "test")
    }

    /// The message of what `body` throws, or a sentence saying that it threw nothing.
    static func message(_ body: () throws -> some Any) -> String {
        do {
            _ = try body()
            return "nothing was thrown"
        } catch {
            return String(describing: error)
        }
    }

    /// A minimal profile whose named section is replaced.
    static func yaml(
        name: String = "name: tiny", workers: String = "workers: { count: 2, users: 100 }",
        load: String = "load: { phases: [ { rate: max, users: 200 } ] }",
        session: String = "session: [ connect, join: rooms:lobby, think: 30 s ]", more: String = ""
    ) -> String {
        [name, workers, load, session, more].joined(separator: "\n") + "\n"
    }
}
