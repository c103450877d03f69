import Glibc

/// What the lab does to links, addresses and routes: one method a deed, each one netlink request.
struct Links {
    let socket: NetlinkSocket

    /// Acts in the given namespace, or in the calling thread's.
    init(namespace: Int32? = nil) throws { socket = try NetlinkSocket(namespace: namespace) }

    /// Ends the hold on the namespace; no method may be called afterwards.
    func close() { socket.close() }

    /// A veth pair: `name` here, `peer` in another namespace. It dies when either end's namespace does.
    ///
    /// - Parameters:
    ///   - hardware: of the end here; nil is the kernel's choice.
    ///   - mtu: of both ends, bytes; nil is the kernel's 1500.
    func createPair(
        _ name: String, peer: String, peerNamespace: Int32, hardware: MACAddress? = nil, mtu: UInt32? = nil
    ) throws {
        try socket.request(
            LinkMessage.pair(name, peer: peer, peerNamespace: peerNamespace, hardware: hardware, mtu: mtu),
            "create the link \(name) to \(peer)", module: "veth")
    }

    /// The link's index, which addresses and routes ask for.
    func index(of name: String) throws -> Int32 {
        try description(of: name).withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4, as: Int32.self) }
    }

    /// struct ifinfomsg and the attributes after it.
    func description(of name: String) throws -> [UInt8] {
        var message = NetlinkMessage(type: Rtnetlink.getLink)
        message.appendLinkHeader()
        message.attribute(Attribute.name, text: name)
        let answers = try socket.request(message, "find the link \(name)")
        guard let payload = answers.first(where: { $0.type == Rtnetlink.newLink })?.payload, payload.count >= 16 else {
            throw LabError(.broken, "Could not find the link \(name): the kernel's answer is too short.")
        }
        return payload
    }

    func setUp(_ name: String) throws {
        var message = NetlinkMessage(type: Rtnetlink.newLink)
        message.appendLinkHeader(flags: 1, change: 1)  // IFF_UP
        message.attribute(Attribute.name, text: name)
        try socket.request(message, "bring the link \(name) up")
    }

    func addAddress(_ address: IPv4Address, prefix: UInt8, to name: String) throws {
        var message = NetlinkMessage(type: Rtnetlink.newAddress, flags: Rtnetlink.create | Rtnetlink.exclusive)
        message.append(UInt8(AF_INET))
        message.append(prefix)
        message.append(UInt8(0))
        message.append(UInt8(0))
        message.append(try index(of: name))
        message.attribute(2, address.octets)  // IFA_LOCAL
        message.attribute(1, address.octets)  // IFA_ADDRESS
        try socket.request(message, "give the link \(name) the address \(address)/\(prefix)")
    }

    func addDefaultRoute(through gateway: IPv4Address) throws {
        var message = NetlinkMessage(type: Rtnetlink.newRoute, flags: Rtnetlink.create | Rtnetlink.exclusive)
        // rtmsg: family, destination and source prefix, tos, table main, protocol boot, scope universe, unicast
        for field in [UInt8(AF_INET), 0, 0, 0, 254, 3, 0, 1] { message.append(field) }
        message.append(UInt32(0))
        message.attribute(5, gateway.octets)  // RTA_GATEWAY
        try socket.request(message, "route through \(gateway)")
    }

    /// Gives another namespace a number in this one. The number goes when that namespace really dies.
    func number(namespace: Int32, as id: Int32) throws {
        var message = NetlinkMessage(type: Rtnetlink.newNamespaceId)
        message.append(UInt32(0))
        message.attribute(Attribute.nsidDescriptor, UInt32(bitPattern: namespace))
        message.attribute(Attribute.nsid, UInt32(bitPattern: id))
        try socket.request(message, "number a network namespace")
    }

    /// The numbers given in this namespace whose namespaces still live.
    func livingNamespaces() throws -> Set<Int32> {
        var message = NetlinkMessage(type: Rtnetlink.getNamespaceId, flags: Rtnetlink.dump)
        message.append(UInt32(0))
        let answers = try socket.request(message, "list the living network namespaces")
        return Set(answers.compactMap { answer in
            NetlinkAnswer.attributes(answer.payload, from: 4).first { $0.type == Attribute.nsid && $0.value.count == 4 }
                .map { $0.value.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) } }
        })
    }

    private enum Attribute {
        static let name: UInt16 = 3
        static let nsid: UInt16 = 1, nsidDescriptor: UInt16 = 3
    }
}
