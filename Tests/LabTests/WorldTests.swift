import CLab
import Glibc
import Testing

@testable import Lab
@testable import Profiles

/// One test at a time, in all the suites within: they look at the whole host before and after.
@Suite(.serialized) struct WholeHostTests {}

extension WholeHostTests {
    @Suite(.enabled(if: LabHost.isRoot, "needs root: makes namespaces and changes settings of the host"))
    struct WorldTests {
        @Test(arguments: [Plan.NetworkModel.routed, .bridge, .overlay])
        func aWorldIsBuiltAndRemovedWithoutTrace(_ model: Plan.NetworkModel) throws {
            let before = HostSnapshot.afterSweep()
            let world = try World.build(smallPlan(model), hostFacts: rootFacts())
            #expect(world.degraded.isEmpty)
            #expect(world.workers.count == 3)
            #expect(world.forwarders.count == [.routed: 0, .bridge: 1, .overlay: 4][model])
            #expect((Sysctls.read("net.core.netdev_max_backlog").flatMap { Int($0) } ?? 0) >= 300_000)

            let settings = try onThread(inNamespace: world.workerNamespaces[1]) {
                ["net.ipv4.ip_local_port_range", "net.ipv4.tcp_congestion_control", "net.ipv4.tcp_syn_retries"].map { Sysctls.read($0) }
            }
            #expect(settings == ["1026 65000", "reno", "3"])
            let ofTarget = try onThread(inNamespace: world.targetNamespace!) {
                ["net.ipv4.tcp_ehash_entries", "net.core.somaxconn"].map { Sysctls.read($0) }
            }
            #expect(ofTarget == ["1024", "65535"])

            let counted = try passedOn(world, model)
            try reachTargetFromEveryWorker(world)
            for (before, after) in zip(counted, try passedOn(world, model)) {
                #expect(after.received > before.received && after.sent > before.sent, "the traffic went another way")
                #expect(after.mtuBytes == (model == .overlay ? 1450 : 1500))
            }
            #expect(world.remove() == [])
            #expect(world.remove() == [])
            #expect(HostSnapshot() == before)
        }

        /// What went by, at each place that the model's traffic has to pass: the bridge's ports, or both ends of the VXLAN.
        private func passedOn(_ world: World, _ model: Plan.NetworkModel) throws -> [Links.Readings] {
            switch model {
            case .loopback: return []
            case .routed: return try ["w0", "w1", "w2"].map { try read($0, world.target!) }
            case .bridge: return try ["t", "w0", "w1", "w2"].map { try read($0, world.forwarders[0]) }
            case .overlay: return try world.forwarders.map { try read("vx0", $0) }
            }
        }

        private func read(_ link: String, _ namespace: NetworkNamespace) throws -> Links.Readings {
            let links = try Links(namespace: namespace.descriptor)
            defer { links.close() }
            return try links.readings(of: link)
        }

        @Test func anOverlaysMachinesHaveRoomForItsHeaders() throws {
            let world = try World.build(smallPlan(.overlay, workers: 1), hostFacts: rootFacts())
            #expect(try read("up0", world.target!).mtuBytes == 1450 && read("up0", world.workers[0]).mtuBytes == 1450)
            #expect(try read("un0", world.forwarders[1]).mtuBytes == 1500)
            #expect(world.remove() == [])
        }

        /// The mask is of the namespace, and links take it when they are made (Linux 6.3).
        @Test(.enabled(if: Sysctls.read("net.core.rps_default_mask") != nil, "this kernel has no default for RPS"),
            arguments: [Plan.NetworkModel.routed, .bridge, .overlay])
        func packetsAreSteeredToTheTargetsCPUs(_ model: Plan.NetworkModel) throws {
            let before = Sysctls.read("net.core.rps_default_mask")
            var plan = smallPlan(model, workers: 1)
            plan.placement = .init(mode: .explicit, target: .init(nodes: [0], cpus: [0]))
            plan.rps = .target
            let world = try World.build(plan, hostFacts: rootFacts())
            #expect(world.degraded.isEmpty)
            #expect(try onThread(inNamespace: world.targetNamespace!) { Sysctls.read("net.core.rps_default_mask") } == "1")
            #expect(try onThread(inNamespace: world.workerNamespaces[0]) { Sysctls.read("net.core.rps_default_mask") } == "0")
            #expect(Sysctls.read("net.core.rps_default_mask") == before)
            #expect(world.remove() == [])
        }

        @Test func thisKernelHasTheLinksOfEveryModel() {
            let before = HostSnapshot.afterSweep()
            #expect(Plan.NetworkModel.allCases.allSatisfy { NetworkProbe.unavailableBecause($0) == nil })
            #expect(HostSnapshot() == before)
        }

        /// A listener in the target's namespace; a connection from each worker shows its own address there.
        private func reachTargetFromEveryWorker(_ world: World) throws {
            let census = try SocketCensus(namespace: world.targetNamespace)
            defer { census.close() }
            let listener = try onThread(inNamespace: world.targetNamespace!) { try listen(on: "198.18.0.1", 4000) }
            defer { close(listener) }
            for (position, namespace) in world.workerNamespaces.enumerated() {
                let client = try onThread(inNamespace: namespace) { try connect(to: "198.18.0.1", 4000) }
                #expect(peerAddress(client) == "198.18.0.1")
                #expect(census.sockets()?.inUse == 2)
                var peer = sockaddr_in(), length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let accepted = withUnsafeMutablePointer(to: &peer) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(listener, $0, &length) }
                }
                #expect(IPv4Address(value: UInt32(bigEndian: peer.sin_addr.s_addr)).description == "198.19.\(position).2")
                // Resets: nothing lingers that would keep a namespace alive.
                for socket in [accepted, client] {
                    var off = linger(l_onoff: 1, l_linger: 0)
                    setsockopt(socket, SOL_SOCKET, SO_LINGER, &off, socklen_t(MemoryLayout<linger>.size))
                    close(socket)
                }
            }
            #expect(census.counters()?.listenDrops == 0)
            #expect(census.counters()?.synRetransmits != nil)
        }

        /// A goodbye that nobody answers any more would be repeated for minutes.
        @Test func aSocketThatClosesIntoNothingKeepsNoNamespace() throws {
            let world = try World.build(smallPlan(workers: 1), hostFacts: rootFacts())
            let listener = try onThread(inNamespace: world.targetNamespace!) { try listen(on: "198.18.0.1", 4000) }
            let client = try onThread(inNamespace: world.workerNamespaces[0]) { try connect(to: "198.18.0.1", 4000) }
            var request = SpawnRequest(path: "/bin/sh", arguments: ["-c", "PATH=$PATH:/sbin:/usr/sbin ip link set dev w0 down"])
            request.networkNamespace = world.targetNamespace
            #expect(try Spawner.spawn(request).wait()?.code == 0)
            close(client)
            close(listener)
            #expect(world.remove(waitMilliseconds: 15_000) == [])
        }

        @Test func aNamespaceStillInUseIsReportedAsALeak() throws {
            let world = try World.build(smallPlan(workers: 1), hostFacts: rootFacts())
            let census = try SocketCensus(namespace: world.targetNamespace)
            var request = SpawnRequest(path: "/bin/sleep", arguments: ["1000"])
            request.diesWithParent = false
            request.networkNamespace = world.workerNamespaces[0]
            let child = try Spawner.spawn(request)
            let leaks = world.remove(waitMilliseconds: 0)
            #expect(leaks.contains { $0.contains("the target's") && $0.contains("worker 0's") })
            #expect(leaks.contains { $0.hasPrefix("Process \(child.pid) (sleep) runs in") })
            census.close()
            child.signal(SIGKILL)
            _ = child.wait()
        }

        @Test(arguments: [(Plan.NetworkModel.routed, 4), (.bridge, 5), (.overlay, 8)])
        func afterASIGKILLTheNextStartSweeps(_ model: Plan.NetworkModel, namespaces: Int) throws {
            let before = HostSnapshot.afterSweep()
            let (child, said) = try HelperProcess.start(
                ["SIMBENCH_TEST_HELPER": "build", "SIMBENCH_TEST_NETWORK": model.rawValue])
            let inodes = Set(said.fields.compactMap { UInt64($0) })
            #expect(inodes.count == namespaces, "the helper said: \(said)")
            #expect(Sysctls.read("net.core.netdev_max_backlog") == "300000")
            // Its journal is a living run's.
            #expect(Cleanup.sweep() == Cleanup.Outcome())
            #expect(child.signal(SIGKILL))
            #expect(child.wait()?.signal == SIGKILL)
            #expect(holders(ofNamespaces: inodes) == [])
            #expect(Sysctls.read("net.core.netdev_max_backlog") == "300000")
            let outcome = Cleanup.sweep()
            #expect(outcome.failed == [])
            #expect(outcome.did.contains { $0.contains("netdev_max_backlog was put back to") })
            #expect(HostSnapshot() == before)
        }

        @Test func aFailedBuildLeavesNothing() throws {
            let before = HostSnapshot.afterSweep()
            // Refused by the kernel when all links are made: two neighbours of one address.
            var plan = smallPlan(.bridge)
            plan.unansweredAddress = plan.target.address
            let twice = #expect(throws: LabError.self) { try World.build(plan, hostFacts: rootFacts()) }
            #expect(twice?.message.hasPrefix("Could not tell up0 where 198.18.0.1 is: File exists") == true)
            #expect(HostSnapshot() == before)
        }
    }
}
