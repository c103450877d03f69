import Glibc
import Testing

@testable import Lab
@testable import Profiles

extension WholeHostTests {
    @Suite struct RefusalTests {
        @Test(arguments: [
            ("8.8.8.8", Plan.NetworkModel.routed, "not one of the lab's own"), ("x", .routed, "no dotted IPv4 address"),
            ("198.19.0.3", .routed, "not the second host"), ("198.19.0.2", .loopback, "127.0.0.0/8"),
            ("198.19.1.2", .routed, "Worker 1 and worker 0 share one /30"), ("198.18.0.2", .routed, "the target share one /30"),
            ("10.0.0.2", .bridge, "not in the one subnet of the bridge network, 198.18.0.0/15"),
            ("10.0.0.2", .overlay, "not in the one subnet"), ("198.19.0.1", .overlay, "not the second host"),
        ])
        func foreignAddressesAreRefused(_ address: String, _ network: Plan.NetworkModel, _ sentence: String) {
            var plan = smallPlan(network)
            plan.workers[0].address = address
            let error = #expect(throws: LabError.self) { try Addresses(plan) }
            #expect(error?.message.contains(sentence) == true)
        }

        @Test func withoutNamespacesTheRoutedNetworkIsRefused() {
            let before = HostSnapshot.afterSweep()
            let error = #expect(throws: LabError.self) { try World.build(smallPlan(), hostFacts: rootFacts(.none)) }
            #expect(error?.kind == .hostCannot)
            #expect(HostSnapshot() == before)
        }

        @Test func loopbackMakesNoNamespaces() throws {
            let before = HostSnapshot.afterSweep()
            let world = try World.build(smallPlan(.loopback), hostFacts: rootFacts(.none))
            #expect(world.targetNamespace == nil && world.workers.isEmpty)
            #expect(world.degraded.contains { $0.contains("ip_local_port_range") })
            #expect(world.remove() == [])
            #expect(HostSnapshot() == before)
        }

        @Test func theUnderlayKeepsThePlaces() throws {
            let addresses = try Addresses(smallPlan(.overlay))
            #expect(addresses.underlay.target.description == "172.18.0.1")
            #expect(addresses.underlay.workers.map(\.own.description) == ["172.19.0.2", "172.19.1.2", "172.19.2.2"])
            #expect(addresses.underlay.workers[2].gateway.description == "172.19.2.1")
            #expect(MACAddress(of: addresses.workers[1].own).octets == [0x02, 0x42, 198, 19, 1, 2])
        }

        /// What kernels without the module answer: EOPNOTSUPP, "Unknown device type".
        @Test func aKernelWithoutVXLANCannotAndSaysSo() {
            let error = NetlinkSocket.failure("create the VXLAN device vx0", EOPNOTSUPP, "Unknown device type", "vxlan")
            #expect(error.kind == .hostCannot)
            #expect(error.message.hasSuffix("The kernel says: Unknown device type. This kernel has no such kind of link: "
                + "load or install the vxlan module (`modprobe vxlan`, as root)."))
        }

        @Test func hashesFitTheirConnections() {
            #expect(Nursery.hashBuckets(connections: 0) == 1024)
            #expect(Nursery.hashBuckets(connections: 60_000) == 131_072)
            #expect(Nursery.hashBuckets(connections: 2_400_000) == 4_194_304)
            #expect(Nursery.hashBuckets(connections: 90_000_000) == 4_194_304)
        }

        @Test func wishesFollowThePlan() {
            var plan = smallPlan(users: 2_400_000)
            #expect(Sysctls.hostWishes(plan).map(\.name) == ["net.core.netdev_max_backlog", "fs.file-max"])
            #expect(Sysctls.hostWishes(plan)[1].atLeast == [5_000_000])
            plan.host.kernelRelease = "5.15.0-100-generic"
            #expect(Sysctls.hostWishes(plan).last?.name == "net.ipv4.tcp_mem")
        }
    }
}
