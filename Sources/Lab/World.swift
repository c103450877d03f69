import Glibc
import Profiles

/// The lab of one run: namespaces, links, settings, control groups and swap, made together and removed together.
///
/// Everything a run's processes do happens in namespaces made here or on loopback, so no load can leave the host.
/// Not for concurrent use.
public final class World {
    /// nil in loopback.
    public private(set) var target: NetworkNamespace?
    /// By position in `plan.workers`; empty in loopback.
    public private(set) var workers: [NetworkNamespace] = []
    /// The switch of a bridge, or the hosts of an overlay's machines: no process of a run enters them.
    private(set) var forwarders: [NetworkNamespace] = []
    /// What this lab gives up, in sentences.
    public private(set) var degraded: [String] = []
    /// Packets to the target are received on its CPUs (RPS), as the plan wants it: a user namespace may have no say in it.
    public private(set) var steersPackets = false
    /// What was undone of dead runs before this one was built, in sentences.
    public private(set) var swept: [String] = []

    /// For children: enter with `simbench_enter_network_namespace`. nil in loopback.
    public var targetNamespace: Int32? { target?.descriptor }
    public var workerNamespaces: [Int32] { workers.map(\.descriptor) }

    private let journal: Journal
    private var nursery: Nursery?
    private var groups: [Cgroup] = []
    private var swaps: [SwapDevice] = []

    private init(journal: Journal) { self.journal = journal }

    /// Sweeps what dead runs left, then builds. On an error everything made so far is removed again.
    /// Costs about 2 ms a worker. One world at a time in a process.
    public static func build(_ plan: Plan, hostFacts: HostFacts, journalDirectory: String? = nil) throws -> World {
        let world = World(journal: Journal(directory: journalDirectory))
        let sweep = Cleanup.sweep(directory: journalDirectory)
        world.swept = sweep.did
        world.degraded = sweep.failed
        do {
            try world.construct(plan, hostFacts)
        } catch {
            let leaks = world.remove()
            throw leaks.isEmpty ? error : LabError(.broken, "\(error) Then: \(leaks.joined(separator: " "))")
        }
        return world
    }

    private func construct(_ plan: Plan, _ host: HostFacts) throws {
        // Somebody else's server is on the host's own network, and its workers are whatever addresses reach it.
        if plan.target.isForeign {
            try raiseHostSettings(plan, host)
            return checkLoopbackPorts(plan)
        }
        let addresses = try Addresses(plan)
        try raiseHostSettings(plan, host)
        guard plan.network != .loopback else { return checkLoopbackPorts(plan) }
        guard host.privilege != .none else {
            throw LabError(.hostCannot, "The \(plan.network.rawValue) network needs namespaces, which this user may not make"
                + "\(host.privilegeLimitedBecause.map { ": \($0)" } ?? ".") Or choose --network loopback.")
        }
        try connect(try makeNamespaces(plan), addresses, plan)
    }

    private func raiseHostSettings(_ plan: Plan, _ host: HostFacts) throws {
        for wish in Sysctls.hostWishes(plan) {
            if host.privilege == .root {
                if let sentence = try journal.raise(wish) { degraded.append(sentence) }
                continue
            }
            let wanted = wish.atLeast.map { String($0) }.joined(separator: " ")
            guard let current = Sysctls.read(wish.name) else {
                degraded.append("\(wish.name) cannot be seen from here; below \(wanted), \(wish.otherwise).")
                continue
            }
            guard let raised = Sysctls.raised(current, atLeast: wish.atLeast) else { continue }
            degraded.append("\(wish.name) stays at \(current) instead of \(raised), which only root may set: "
                + "\(wish.otherwise).")
        }
    }

    private func makeNamespaces(_ plan: Plan) throws -> Nursery {
        let nursery = try Nursery()
        self.nursery = nursery
        let target = try nursery.make(owner: "the target's", connections: plan.users)
        self.target = target
        try tune(target, Sysctls.targetSettings())
        for worker in plan.workers {
            let namespace = try nursery.make(owner: "worker \(worker.index)'s", connections: worker.users)
            workers.append(namespace)
            try tune(namespace, Sysctls.workerSettings(worker, synRetries: plan.synRetries, linear: plan.synLinearTimeouts))
        }
        degraded += nursery.degraded
        return nursery
    }

    /// Returns whether all were taken.
    @discardableResult
    private func tune(_ namespace: NetworkNamespace, _ settings: [(name: String, value: String)]) throws -> Bool {
        let refused = try onThread(inNamespace: namespace.descriptor) { Sysctls.write(settings) }
        degraded += refused.map { "In \(namespace.owner) namespace \($0)" }
        return refused.isEmpty
    }

    /// Everything made here lives in the namespaces and dies with them: links, bridges, VXLAN devices and their entries.
    private func connect(_ nursery: Nursery, _ addresses: Addresses, _ plan: Plan) throws {
        guard let target else { return }
        // Links take it when they are made, and it goes with the namespace.
        if plan.rps == .target { steersPackets = try tune(target, Sysctls.steering(to: plan.placement?.target.cpus ?? [])) }
        let machines = Machines(target: target, workers: workers)
        switch plan.network {
        case .loopback: break
        case .routed: try RoutedWiring.connect(machines, addresses, linkName: "up0")
        case .bridge:
            let hub = try makeForwarder(nursery, "the switch's")
            try BridgeWiring.connect(machines, addresses, hub: hub)
        case .overlay:
            let hosts = Machines(
                target: try makeForwarder(nursery, "the target's host's"),
                workers: try workers.indices.map { try makeForwarder(nursery, "worker \($0)'s host's") })
            try OverlayWiring.connect(machines, on: hosts, addresses)
        }
    }

    /// A namespace without sockets of a run, that passes on what others send.
    private func makeForwarder(_ nursery: Nursery, _ owner: String) throws -> NetworkNamespace {
        let namespace = try nursery.make(owner: owner, connections: 0)
        forwarders.append(namespace)
        // Frames through the bridge are not shown to the IP packet filter, which has no rules here: a bridge alone.
        let filter = "net.bridge.bridge-nf-call-iptables"
        let hasFilter = try onThread(inNamespace: namespace.descriptor) { Sysctls.read(filter) == "1" }
        if hasFilter { try tune(namespace, [(filter, "0")]) }
        return namespace
    }

    /// In loopback the host's own range counts, and it is not ours to change.
    private func checkLoopbackPorts(_ plan: Plan) {
        let range = Sysctls.read("net.ipv4.ip_local_port_range")?.fields.compactMap { Int($0) } ?? []
        guard range.count == 2 else { return }
        let narrow = plan.workers.filter { $0.portOrder == .kernel && ($0.firstPort < range[0] || $0.lastPort > range[1]) }
        guard !narrow.isEmpty else { return }
        degraded.append("\(narrow.count) workers want ports beyond the host's ip_local_port_range \(range[0])-\(range[1]),"
            + " within which the kernel chooses on loopback: their connections find fewer source ports.")
    }

    /// A control group with these limits, for children to start in: hand its `procs` to `SpawnRequest.cgroupProcs`. It
    /// goes with `remove()`. Throws where `Cgroup.unavailableBecause` has a reason; what the kernel lacks beside that is
    /// in the group's `degraded`. Costs a few milliseconds.
    public func makeCgroup(_ name: String, _ limits: CgroupLimits) throws -> Cgroup {
        let group = try Cgroup.make(name, limits, host: CgroupHost(), journal: journal)
        groups.append(group)
        return group
    }

    /// A swap area of the run's own, journalled, on the host's disk; it goes with `remove()`. Whatever swaps on this host
    /// may use it, but only a group with a limit needs to.
    ///
    /// - Parameter bytesPerSecond: how fast it reads and writes, together; nil is as fast as the disk.
    public func makeSwap(bytes: UInt64, bytesPerSecond: UInt64?) throws -> SwapDevice {
        let request = SwapRequest(bytes: bytes, sharedBytesPerSecond: bytesPerSecond, directory: SwapFolder.path)
        let device = try SwapDevice.make(request) { try journal.note($0) }
        swaps.append(device)
        degraded += device.degraded
        return device
    }

    /// Removes the control groups and the swap, puts the host's settings back and lets go of the namespaces. End the run's processes
    /// and close every `SocketCensus` first. Waits until the kernel has let go of the groups, and until it has destroyed
    /// the namespaces, but not longer than given each time. Returns what is left of the run, in sentences; empty is as
    /// it should be. May be called again.
    public func remove(waitMilliseconds: Int = 30_000) -> [String] {
        var leaks: [String] = []
        // Not within undo(), which keeps other runs from their journals while it works.
        var left = waitMilliseconds
        for group in groups.reversed() { left = group.remove(waitMilliseconds: left) }
        groups = []
        for device in swaps { leaks += device.remove() }
        swaps = []
        do { leaks += try journal.undo().failed } catch { leaks.append("\(error)") }
        let namespaces = [target].compactMap { $0 } + workers + forwarders
        let inodes = Set(namespaces.map(\.inode))
        for namespace in namespaces {
            // A goodbye that nobody answers would be repeated for minutes. Where the kernel refuses the setting, that is waited
            // for, and told as a leak if it lasts.
            _ = try? onThread(inNamespace: namespace.descriptor) { Sysctls.write([Sysctls.shortGoodbyes]) }
            namespace.close()
        }
        (target, workers, forwarders) = (nil, [], [])
        guard let nursery else { return leaks }
        self.nursery = nil
        defer { nursery.close() }
        do {
            let living = try waitForDeath(nursery, waitMilliseconds)
            guard !living.isEmpty else { return leaks }
            leaks.append("After \(waitMilliseconds) ms \(living.count) network namespaces still live: "
                + "\(living.prefix(5).joined(separator: ", ")). A process or closing sockets keep them.")
            leaks += holders(ofNamespaces: inodes)
        } catch {
            leaks.append("Whether the network namespaces are gone cannot be told: \(error)")
        }
        return leaks
    }

    /// Owners of the namespaces that outlive the wait.
    private func waitForDeath(_ nursery: Nursery, _ waitMilliseconds: Int) throws -> [String] {
        let step = 10
        var waited = 0
        while true {
            let living = try nursery.living()
            if living.isEmpty || waited >= waitMilliseconds { return living }
            usleep(UInt32(step * 1000))
            waited += step
        }
    }
}
