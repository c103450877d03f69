import Testing

@testable import Lab

/// The messages byte for byte, as iproute2 sends them for the commands quoted.
@Suite struct LinkMessageTests {
    /// What follows the 16-byte header.
    private func body(_ message: NetlinkMessage) -> [UInt8] { Array(message.finished(sequence: 1)[16...]) }

    private let empty = [UInt8](repeating: 0, count: 16)
    private let one = IPv4Address("172.18.0.1")!
    private let hardware = MACAddress(of: IPv4Address("198.18.0.1")!)

    /// `ip link add vx0 mtu 1450 type vxlan id 4096 local 172.18.0.1 nolearning dstport 4789`
    @Test func aVXLANDevice() {
        let message = LinkMessage.vxlan("vx0", VXLANTunnel(identifier: 4096, local: one, port: 4789), mtu: 1450)
        var wanted: [UInt8] = empty
        wanted += [8, 0, 3, 0, 0x76, 0x78, 0x30, 0]
        wanted += [8, 0, 4, 0, 0xAA, 0x05, 0, 0]
        wanted += [52, 0, 18, 0]
        wanted += [10, 0, 1, 0, 0x76, 0x78, 0x6C, 0x61, 0x6E, 0, 0, 0]
        wanted += [36, 0, 2, 0]
        wanted += [8, 0, 1, 0, 0, 0x10, 0, 0]
        wanted += [8, 0, 4, 0, 172, 18, 0, 1]
        wanted += [5, 0, 7, 0, 0, 0, 0, 0]
        wanted += [6, 0, 15, 0, 0x12, 0xB5, 0, 0]
        #expect(body(message) == wanted)
        #expect(Array(message.finished(sequence: 1)[4..<8]) == [16, 0, 5, 6])
    }

    /// `ip link add br0 type bridge`, `ip link set w0 master br0`
    @Test func aBridgeAndItsPort() {
        let bridge: [UInt8] = [8, 0, 3, 0, 0x62, 0x72, 0x30, 0, 16, 0, 18, 0, 11, 0, 1, 0, 0x62, 0x72, 0x69, 0x64, 0x67, 0x65, 0, 0]
        #expect(body(LinkMessage.bridge("br0", mtu: nil)) == empty + bridge)
        #expect(body(LinkMessage.port("w0", of: 7)) == empty + [7, 0, 3, 0, 0x77, 0x30, 0, 0, 8, 0, 10, 0, 7, 0, 0, 0])
    }

    /// `ip neigh add 172.18.0.1 lladdr 02:42:c6:12:00:01 dev … nud permanent`
    @Test func aNeighbour() {
        let wanted: [UInt8] = [2, 0, 0, 0, 5, 0, 0, 0, 0x80, 0, 0, 0, 8, 0, 1, 0, 172, 18, 0, 1, 10, 0, 2, 0, 2, 0x42, 198, 18, 0, 1, 0, 0]
        #expect(body(LinkMessage.neighbour(one, at: hardware, link: 5)) == wanted)
        #expect(Array(LinkMessage.neighbour(one, at: hardware, link: 5).finished(sequence: 1)[4..<8]) == [28, 0, 5, 6])
    }

    /// `bridge fdb add 02:42:c6:12:00:01 dev vx0 dst 172.18.0.1`, `bridge fdb add 02:42:c6:12:00:01 dev w0 master static`
    @Test func forwardingEntries() {
        let tunnel: [UInt8] = [7, 0, 0, 0, 5, 0, 0, 0, 0xC0, 0, 2, 0, 8, 0, 1, 0, 172, 18, 0, 1, 10, 0, 2, 0, 2, 0x42, 198, 18, 0, 1, 0, 0]
        #expect(body(LinkMessage.tunnelEnd(hardware, at: one, link: 5)) == tunnel)
        let port: [UInt8] = [7, 0, 0, 0, 5, 0, 0, 0, 0x40, 0, 4, 0, 10, 0, 2, 0, 2, 0x42, 198, 18, 0, 1, 0, 0]
        #expect(body(LinkMessage.portEntry(hardware, link: 5)) == port)
        #expect(Array(LinkMessage.portEntry(hardware, link: 5).finished(sequence: 1)[4..<8]) == [28, 0, 5, 5], "an entry that was learned is replaced")
    }

    /// `ip link add up0 address 02:42:c6:12:00:01 mtu 1450 type veth peer name t mtu 1450 netns 9`
    @Test func aPair() {
        var wanted: [UInt8] = empty
        wanted += [8, 0, 3, 0, 0x75, 0x70, 0x30, 0, 10, 0, 1, 0, 2, 0x42, 198, 18, 0, 1, 0, 0, 8, 0, 4, 0, 0xAA, 0x05, 0, 0]
        wanted += [64, 0, 18, 0, 9, 0, 1, 0, 0x76, 0x65, 0x74, 0x68, 0, 0, 0, 0]
        wanted += [48, 0, 2, 0, 44, 0, 1, 0] + empty
        wanted += [6, 0, 3, 0, 0x74, 0, 0, 0, 8, 0, 4, 0, 0xAA, 0x05, 0, 0, 8, 0, 28, 0, 9, 0, 0, 0]
        #expect(body(LinkMessage.pair("up0", peer: "t", peerNamespace: 9, hardware: hardware, mtu: 1450)) == wanted)
    }
}
