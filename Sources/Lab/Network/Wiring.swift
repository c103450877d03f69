/// One namespace a machine: the target's, and the workers' by position.
struct Machines {
    var target: NetworkNamespace
    var workers: [NetworkNamespace]
}

/// A veth pair a worker, with the target's machine as the router between them. The default, and the cheapest that has
/// machines at all: one hop, no bridge.
enum RoutedWiring {
    /// `linkName` in the worker's namespace, `w<position>` in the target's.
    static func connect(_ machines: Machines, _ addresses: Addresses, linkName: String) throws {
        let inTarget = try Links(namespace: machines.target.descriptor)
        defer { inTarget.close() }
        try inTarget.setUp("lo")
        try inTarget.addAddress(addresses.target, prefix: 32, to: "lo")
        for (position, address) in addresses.workers.enumerated() {
            let there = "w\(position)"
            let inWorker = try Links(namespace: machines.workers[position].descriptor)
            defer { inWorker.close() }
            try inWorker.setUp("lo")
            try inWorker.createPair(linkName, peer: there, peerNamespace: machines.target.descriptor)
            try inTarget.addAddress(address.gateway, prefix: 30, to: there)
            try inTarget.setUp(there)
            try inWorker.addAddress(address.own, prefix: 30, to: linkName)
            try inWorker.setUp(linkName)
            try inWorker.addDefaultRoute(through: address.gateway)
        }
    }
}

/// All machines in one subnet, on one Linux bridge in a namespace of its own, as on a switch.
enum BridgeWiring {
    static func connect(_ machines: Machines, _ addresses: Addresses, hub: NetworkNamespace) throws {
        let inHub = try Links(namespace: hub.descriptor)
        defer { inHub.close() }
        try inHub.createBridge("br0")
        try inHub.setUp("br0")
        func plug(_ machine: NetworkNamespace, _ address: IPv4Address, port: String) throws {
            try Subnet.join(machine, address, peer: port, in: hub, mtu: nil)
            try inHub.makePort(port, of: "br0")
            try inHub.setUp(port)
            // Else frames to a machine that has been silent for five minutes would go to all of them.
            try inHub.addPortEntry(MACAddress(of: address), on: port)
        }
        try plug(machines.target, addresses.target, port: "t")
        for (position, address) in addresses.workers.enumerated() {
            try plug(machines.workers[position], address.own, port: "w\(position)")
        }
        try Subnet.introduce(machines, addresses)
    }
}

/// What Docker Swarm's overlay network is: each machine is a container on a host of its own, behind a bridge and a VXLAN
/// device there, and frames between hosts travel in UDP over the hosts' own, routed network.
///
/// A host here has its bridge, its VXLAN device and the underlay's link in one namespace, where Docker keeps the first two
/// in a second one: a packet takes the same steps. As in Swarm nothing is learned and nothing is flooded, every VXLAN
/// device is told which machine is on which host, and 1450 bytes of the underlay's 1500 are left for a machine's packets.
enum OverlayWiring {
    /// Inner Ethernet header 14, VXLAN 8, UDP 8, outer IPv4 20.
    static let mtuBytes: UInt32 = 1500 - 50
    /// Swarm's first network has this number, and the IANA port.
    static let identifier: UInt32 = 4096
    static let port: UInt16 = 4789

    static func connect(_ machines: Machines, on hosts: Machines, _ addresses: Addresses) throws {
        let underlay = addresses.underlay
        try RoutedWiring.connect(hosts, underlay, linkName: "un0")
        try plug(machines.target, addresses.target, into: hosts.target, at: underlay.target)
        for (position, address) in addresses.workers.enumerated() {
            try plug(machines.workers[position], address.own, into: hosts.workers[position], at: underlay.workers[position].own)
        }
        try tellHosts(hosts, addresses, underlay)
        try Subnet.introduce(machines, addresses)
    }

    private static func plug(
        _ machine: NetworkNamespace, _ address: IPv4Address, into host: NetworkNamespace, at local: IPv4Address
    ) throws {
        let inHost = try Links(namespace: host.descriptor)
        defer { inHost.close() }
        try inHost.createBridge("br0", mtu: mtuBytes)
        try inHost.createVXLAN("vx0", VXLANTunnel(identifier: identifier, local: local, port: port), mtu: mtuBytes)
        try Subnet.join(machine, address, peer: "in0", in: host, mtu: mtuBytes)
        for port in ["vx0", "in0"] { try inHost.makePort(port, of: "br0") }
        for link in ["br0", "vx0", "in0"] { try inHost.setUp(link) }
    }

    /// The target's host knows every worker's; theirs know the target's, which is all that they talk to.
    private static func tellHosts(_ hosts: Machines, _ addresses: Addresses, _ underlay: Addresses) throws {
        let atTarget = try Links(namespace: hosts.target.descriptor)
        defer { atTarget.close() }
        for (position, address) in addresses.workers.enumerated() {
            try atTarget.addTunnelEnd(MACAddress(of: address.own), at: underlay.workers[position].own, on: "vx0")
            let atWorker = try Links(namespace: hosts.workers[position].descriptor)
            defer { atWorker.close() }
            try atWorker.addTunnelEnd(MACAddress(of: addresses.target), at: underlay.target, on: "vx0")
        }
    }
}

/// What bridge and overlay have in common: machines that take each other for neighbours on one Ethernet.
enum Subnet {
    /// Gives a machine its link `up0` and its address, with the other end, `peer`, elsewhere.
    static func join(
        _ machine: NetworkNamespace, _ address: IPv4Address, peer: String, in other: NetworkNamespace, mtu: UInt32?
    ) throws {
        let links = try Links(namespace: machine.descriptor)
        defer { links.close() }
        try links.setUp("lo")
        try links.createPair(
            "up0", peer: peer, peerNamespace: other.descriptor, hardware: MACAddress(of: address), mtu: mtu)
        try links.addAddress(address, prefix: Addresses.subnetPrefix, to: "up0")
        try links.setUp("up0")
    }

    /// Everyone knows whom they talk to, so that no ARP request delays the first connections, and no number of workers
    /// overflows the kernel's table of neighbours, which all namespaces share.
    ///
    /// The silent address is the target's machine to them: as on the routed network its packets arrive there and are
    /// dropped without a word. Left to ARP they would come back at once with "no route to host".
    static func introduce(_ machines: Machines, _ addresses: Addresses) throws {
        let atTarget = try Links(namespace: machines.target.descriptor)
        defer { atTarget.close() }
        let target = MACAddress(of: addresses.target)
        for (position, address) in addresses.workers.enumerated() {
            try atTarget.addNeighbour(address.own, at: MACAddress(of: address.own), on: "up0")
            let atWorker = try Links(namespace: machines.workers[position].descriptor)
            defer { atWorker.close() }
            for known in [addresses.target, addresses.unanswered].compactMap({ $0 }) {
                try atWorker.addNeighbour(known, at: target, on: "up0")
            }
        }
    }
}
