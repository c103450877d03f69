/// What the lab does to bridges, VXLAN devices and the tables behind them: one method a deed, each one netlink request.
extension Links {
    func createBridge(_ name: String, mtu: UInt32? = nil) throws {
        try socket.request(LinkMessage.bridge(name, mtu: mtu), "create the bridge \(name)", module: "bridge")
    }

    func createVXLAN(_ name: String, _ tunnel: VXLANTunnel, mtu: UInt32) throws {
        try socket.request(
            LinkMessage.vxlan(name, tunnel, mtu: mtu),
            "create the VXLAN device \(name) with number \(tunnel.identifier) at \(tunnel.local)", module: "vxlan")
    }

    func makePort(_ name: String, of bridge: String) throws {
        try socket.request(LinkMessage.port(name, of: try index(of: bridge)), "make the link \(name) a port of \(bridge)")
    }

    /// Tells the link whose frames an address' packets go in; nobody is asked by ARP then.
    func addNeighbour(_ address: IPv4Address, at hardware: MACAddress, on name: String) throws {
        try socket.request(
            LinkMessage.neighbour(address, at: hardware, link: try index(of: name)), "tell \(name) where \(address) is")
    }

    /// Tells a VXLAN device on which host a machine is.
    func addTunnelEnd(_ hardware: MACAddress, at remote: IPv4Address, on name: String) throws {
        try socket.request(
            LinkMessage.tunnelEnd(hardware, at: remote, link: try index(of: name)), "tell \(name) what is at host \(remote)")
    }

    /// Tells a bridge behind which of its ports a machine is.
    func addPortEntry(_ hardware: MACAddress, on port: String) throws {
        try socket.request(LinkMessage.portEntry(hardware, link: try index(of: port)), "tell the bridge what is behind \(port)")
    }
}
