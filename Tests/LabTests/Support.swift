import CLab
import Foundation
import Testing

@testable import Lab
@testable import Profiles

/// What the tests may do on this host.
enum LabHost {
    static let canMakeNamespaces = Privileges.prepare(allowUserNamespace: false).level != .none
    static let isRoot = Privileges.prepare(allowUserNamespace: false).level == .root
    static let hasMemoryLimits = Cgroup.unavailableBecause() == nil
}

/// Two users a worker, and nothing that a real plan would have computed.
func smallPlan(_ network: Plan.NetworkModel = .routed, workers: Int = 3, users: Int = 6) -> Plan {
    let facts = HostFacts(
        kernelRelease: "6.18.0", cpuModel: "", cpus: 1, memoryTotalBytes: 0, memoryAvailableBytes: 0, swapTotalBytes: 0,
        numaNodes: 1, descriptorLimit: 1024, ioUringUnavailableBecause: nil, privilege: .root,
        privilegeLimitedBecause: nil, tcpMemoryBytes: 0)
    let droplet = Plan.Droplet(memoryBytes: nil, swapBytes: nil, cpus: nil)
    return Plan(
        version: "0", profile: "test", about: "", engine: .epoll, fit: .full, speedup: 1, seed: 1, interArrival: .uniform,
        phases: [], users: users, holdSeconds: 0, retries: 0, retryWaitMilliseconds: 0, session: [], network: network,
        synRetries: 3, synLinearTimeouts: 0,
        target: .init(
            address: network == .loopback ? "127.0.0.1" : "198.18.0.1", port: 4000, portCount: 1, path: "/", lanes: 1,
            laneCapacity: 10, droplet: droplet),
        workers: (0..<workers).map {
            .init(
                index: $0, group: "g", address: network == .loopback ? "127.1.0.\($0 + 1)" : "198.19.\($0).2",
                users: users / max(workers, 1), firstPort: 1025 + UInt16($0), lastPort: 65_000, portOrder: .kernel, droplet: droplet)
        },
        workerLanes: [], activeLanes: 1, window: 1, samplePeriodSeconds: 1, ledger: [],
        footprint: [], hibernateAfterSeconds: nil, footprintScale: 1, connectionScale: 1, cap: nil, cloud: nil,
        unansweredAddress: nil, expectations: [], referencePath: nil, degraded: [], notes: [], host: facts)
}

func rootFacts(_ privilege: HostFacts.Privilege = .root) -> HostFacts {
    var facts = smallPlan().host
    facts.privilege = privilege
    return facts
}

/// What a run must leave as it found it.
struct HostSnapshot: Equatable {
    /// Before a test: what a killed run left is undone first, so that it does not look like this test's doing.
    static func afterSweep() -> HostSnapshot {
        _ = Cleanup.sweep()
        return HostSnapshot()
    }

    var links = SystemFile.names(in: "/sys/class/net") ?? []
    var journals = SystemFile.names(in: "/run/simbench")
    var settings: [String: String?] = Dictionary(uniqueKeysWithValues: [
        "net.core.netdev_max_backlog", "net.core.somaxconn", "net.ipv4.tcp_child_ehash_entries", "net.ipv4.tcp_mem",
        "net.ipv4.ip_local_port_range", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_congestion_control",
        "net.ipv4.tcp_syn_retries", "fs.file-max", "fs.nr_open",
    ].map { ($0, Sysctls.read($0)) })
    /// Control groups of ours, and the controllers that groups get.
    var groups: [String] = ["memory", "cpu", "cpuset"].compactMap { CgroupHost().tree($0)?.parent }.flatMap { parent in
        let ours = (SystemFile.names(in: parent) ?? []).filter { $0.hasPrefix("simbench-") }
        return ours.map { "\(parent)/\($0)" } + [SystemFile.text(parent + "/cgroup.subtree_control") ?? ""]
    }
    var ownNamespace = SystemFile.link("/proc/self/ns/net")
    var threadNamespace = SystemFile.link("/proc/thread-self/ns/net")
}
