import Glibc

/// The rtnetlink messages that make links and tell them where others are. Pure bytes, no I/O.
enum LinkMessage {
    /// A veth pair: `name` in the socket's namespace, `peer` in another.
    static func pair(
        _ name: String, peer: String, peerNamespace: Int32, hardware: MACAddress?, mtu: UInt32?
    ) -> NetlinkMessage {
        var message = newLink(name)
        if let hardware { message.attribute(Attribute.hardware, hardware.octets) }
        if let mtu { message.attribute(Attribute.mtu, mtu) }
        message.nested(Attribute.linkInfo) { info in
            info.attribute(Attribute.kind, text: "veth")
            info.nested(Attribute.data) { data in
                data.nested(Attribute.vethPeer) { other in
                    other.appendLinkHeader()
                    other.attribute(Attribute.name, text: peer)
                    if let mtu { other.attribute(Attribute.mtu, mtu) }
                    other.attribute(Attribute.namespaceDescriptor, UInt32(bitPattern: peerNamespace))
                }
            }
        }
        return message
    }

    /// A Linux bridge without spanning tree: its ports forward as soon as they are up.
    static func bridge(_ name: String, mtu: UInt32?) -> NetlinkMessage {
        var message = newLink(name)
        if let mtu { message.attribute(Attribute.mtu, mtu) }
        message.nested(Attribute.linkInfo) { $0.attribute(Attribute.kind, text: "bridge") }
        return message
    }

    /// A VXLAN device (RFC 7348) that learns nothing and floods nothing: whom it can reach, it is told.
    static func vxlan(_ name: String, _ tunnel: VXLANTunnel, mtu: UInt32) -> NetlinkMessage {
        var message = newLink(name)
        message.attribute(Attribute.mtu, mtu)
        message.nested(Attribute.linkInfo) { info in
            info.attribute(Attribute.kind, text: "vxlan")
            info.nested(Attribute.data) { data in
                data.attribute(Attribute.vxlanIdentifier, tunnel.identifier)
                data.attribute(Attribute.vxlanLocal, tunnel.local.octets)
                data.attribute(Attribute.vxlanLearning, [0])
                data.attribute(Attribute.vxlanPort, [UInt8(tunnel.port >> 8), UInt8(truncatingIfNeeded: tunnel.port)])
            }
        }
        return message
    }

    /// Makes a link a port of a bridge.
    static func port(_ name: String, of bridgeIndex: Int32) -> NetlinkMessage {
        var message = NetlinkMessage(type: Rtnetlink.newLink)
        message.appendLinkHeader()
        message.attribute(Attribute.name, text: name)
        message.attribute(Attribute.master, UInt32(bitPattern: bridgeIndex))
        return message
    }

    /// An entry of a link's ARP table that never ages.
    static func neighbour(_ address: IPv4Address, at hardware: MACAddress, link: Int32) -> NetlinkMessage {
        var message = newNeighbour(family: UInt8(AF_INET), link: link, state: Neighbour.permanent, flags: 0)
        message.attribute(Attribute.neighbourAddress, address.octets)
        message.attribute(Attribute.neighbourHardware, hardware.octets)
        return message
    }

    /// An entry of a VXLAN device's forwarding table: frames for `hardware` go to the host at `remote`.
    static func tunnelEnd(_ hardware: MACAddress, at remote: IPv4Address, link: Int32) -> NetlinkMessage {
        var message = newNeighbour(
            family: Neighbour.bridgeFamily, link: link, state: Neighbour.permanent | Neighbour.noARP, flags: Neighbour.own)
        message.attribute(Attribute.neighbourAddress, remote.octets)
        message.attribute(Attribute.neighbourHardware, hardware.octets)
        return message
    }

    /// An entry of a bridge's forwarding table that never ages: frames for `hardware` leave through this port. What the bridge has
    /// learned of it by then, from the first packets of a machine's IPv6, gives way.
    static func portEntry(_ hardware: MACAddress, link: Int32) -> NetlinkMessage {
        var message = newNeighbour(
            family: Neighbour.bridgeFamily, link: link, state: Neighbour.noARP, flags: Neighbour.master, rule: Rtnetlink.replace)
        message.attribute(Attribute.neighbourHardware, hardware.octets)
        return message
    }

    private static func newLink(_ name: String) -> NetlinkMessage {
        var message = NetlinkMessage(type: Rtnetlink.newLink, flags: Rtnetlink.create | Rtnetlink.exclusive)
        message.appendLinkHeader()
        message.attribute(Attribute.name, text: name)
        return message
    }

    /// struct ndmsg: family, padding, link, state, flags, type. `rule` says what becomes of an entry that is there already.
    private static func newNeighbour(family: UInt8, link: Int32, state: UInt16, flags: UInt8, rule: UInt16 = Rtnetlink.exclusive) -> NetlinkMessage {
        var message = NetlinkMessage(type: Rtnetlink.newNeighbour, flags: Rtnetlink.create | rule)
        message.append(family)
        message.append(UInt8(0))
        message.append(UInt16(0))
        message.append(link)
        message.append(state)
        message.append(flags)
        message.append(UInt8(0))
        return message
    }

    /// linux/if_link.h and linux/neighbour.h.
    private enum Attribute {
        static let hardware: UInt16 = 1, name: UInt16 = 3, mtu: UInt16 = 4, master: UInt16 = 10
        static let linkInfo: UInt16 = 18, namespaceDescriptor: UInt16 = 28
        static let kind: UInt16 = 1, data: UInt16 = 2, vethPeer: UInt16 = 1
        static let vxlanIdentifier: UInt16 = 1, vxlanLocal: UInt16 = 4, vxlanLearning: UInt16 = 7, vxlanPort: UInt16 = 15
        static let neighbourAddress: UInt16 = 1, neighbourHardware: UInt16 = 2
    }

    private enum Neighbour {
        static let permanent: UInt16 = 0x80, noARP: UInt16 = 0x40
        static let own: UInt8 = 2, master: UInt8 = 4
        static let bridgeFamily: UInt8 = 7
    }
}

/// One end of a VXLAN: which network, from which address of the host, over which UDP port.
struct VXLANTunnel: Equatable {
    var identifier: UInt32
    var local: IPv4Address
    var port: UInt16
}
