import CUring
import Glibc

/// Where a lane's engine connects to, and how much it may hold.
struct EngineSettings {
    /// Slots 0 ..< this.
    var slots: Int
    /// Where `ConnectOptions.destination` may point: the target's ports, and what a lane has beside them.
    var destinations: [sockaddr_in]
    /// TCP_DEFER_ACCEPT on connecting sockets: the last packet of the TCP handshake then carries the first bytes of
    /// the WebSocket handshake, one packet less per connection.
    var defersHandshakeAcknowledgement: Bool
    /// Socket options can travel through the ring (Linux 6.7); otherwise they cost system calls.
    var hasSocketCommands: Bool
    /// A ring arms a receive instead of a poll on connections at rest. epoll waits by its item in any case.
    var receivesAtRest = false

    /// A destination or source from its dotted address.
    static func endpoint(_ address: String, port: UInt16) -> sockaddr_in? {
        var endpoint = sockaddr_in()
        endpoint.sin_family = sa_family_t(AF_INET)
        endpoint.sin_port = port.bigEndian
        return inet_pton(AF_INET, address, &endpoint.sin_addr) == 1 ? endpoint : nil
    }
}

/// Why an engine could not be made.
struct EngineError: Error, CustomStringConvertible {
    var description: String

    init(_ what: String, _ error: Int32, hint: String) {
        description = "\(what) failed: \(String(cString: strerror(error < 0 ? -error : error))) (errno \(error < 0 ? -error : error)). \(hint)"
    }
}

/// Socket options by system call, the same for both engines.
enum SocketOptions {
    /// IP_LOCAL_PORT_RANGE (Linux 6.3): low port in the low half, high port in the high half. With both the same the
    /// kernel takes that port without a search; it must lie inside the namespace's ip_local_port_range.
    static let localPortRange: Int32 = 51
    /// IP_BIND_ADDRESS_NO_PORT (Linux 4.2): bind an address, and leave the port to connect.
    static let bindAddressNoPort: Int32 = 24

    /// Applies what `options` asks for; 0 or the negated errno.
    static func apply(_ options: ConnectOptions, defersAcknowledgement: Bool, to socket: Int32) -> Int32 {
        if defersAcknowledgement { _ = set(socket, tcpLevel, deferAccept, 1) }
        if options.sourcePort != 0 {
            let port = UInt32(options.sourcePort)
            let error = set(socket, ipLevel, localPortRange, Int32(bitPattern: port << 16 | port))
            // Before Linux 6.3 the port is bound by name instead.
            if error == -ENOPROTOOPT { return bindByName(options, to: socket) }
            if error < 0 { return error }
        }
        guard options.sourceAddress != 0 else { return 0 }
        let error = set(socket, ipLevel, bindAddressNoPort, 1)
        return error < 0 ? error : bindTo(address: options.sourceAddress, port: 0, socket)
    }

    /// How many system calls `apply` makes, where the kernel knows IP_LOCAL_PORT_RANGE.
    static func systemCalls(_ options: ConnectOptions, defersAcknowledgement: Bool) -> UInt64 {
        (defersAcknowledgement ? 1 : 0) + (options.sourcePort != 0 ? 1 : 0) + (options.sourceAddress != 0 ? 2 : 0)
    }

    /// Binds the very port, which leaves it to `connect` to find that its connection to the same destination is there.
    ///
    /// As Tsung does, with SO_REUSEADDR: then a port that other connections use can be bound, and `connect` answers
    /// EADDRNOTAVAIL when the 4-tuple is taken. Where the port cannot be bound all the same, because somebody listens on
    /// it or bound it without that option, bind says EADDRINUSE; it is reported as what the same port would have come to
    /// with IP_LOCAL_PORT_RANGE, so that a summary knows one cause for "this port is taken".
    static func bindByName(_ options: ConnectOptions, to socket: Int32) -> Int32 {
        _ = set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
        let error = bindTo(address: options.sourceAddress, port: options.sourcePort, socket)
        return error == -EADDRINUSE ? -EADDRNOTAVAIL : error
    }

    /// Values of `localPortRange` that leave a single port, by port: 256 KiB, written once for the whole process.
    ///
    /// The ring reads an option's value when the operation runs, which may be any number of submissions later, so a
    /// value has to stay where it is. Of these only the pages whose ports are used are touched again.
    nonisolated(unsafe) static let singlePortRanges: UnsafePointer<UInt32> = {
        let count = Int(UInt16.max) + 1
        let table = UnsafeMutablePointer<UInt32>.allocate(capacity: count)
        for port in 0..<count { (table + port).initialize(to: UInt32(port) << 16 | UInt32(port)) }
        return UnsafePointer(table)
    }()

    private static func set(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) -> Int32 {
        var value = value
        return setsockopt(socket, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) < 0 ? -errno : 0
    }

    private static func bindTo(address: UInt32, port: UInt16, _ socket: Int32) -> Int32 {
        var endpoint = sockaddr_in()
        endpoint.sin_family = sa_family_t(AF_INET)
        endpoint.sin_addr.s_addr = address
        endpoint.sin_port = port.bigEndian
        return withUnsafePointer(to: &endpoint) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) < 0 ? -errno : 0
            }
        }
    }

    // What the importer gives different types on different systems.
    static let stream: Int32 = 1
    static let nonBlocking: Int32 = 0o4000
    static let noSignal: Int32 = 0x4000
    /// SHUT_WR.
    static let writing: Int32 = 1
    static let ipLevel: Int32 = 0
    static let tcpLevel: Int32 = 6
    static let deferAccept: Int32 = 9
    /// TCP_NODELAY.
    static let noDelay: Int32 = 1
}
