import Glibc

/// Addresses of servers on this very host: load goes nowhere else.
public enum HostAddress {
    /// The first IPv4 address of a name, dotted. Asks the system's resolver, which may ask the network.
    public static func resolve(_ name: String) throws -> String {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard code == 0, let raw = list?.pointee.ai_addr else {
            throw LabError(.hostCannot, "The host \(name) has no IPv4 address: \(String(cString: gai_strerror(code))). Check the name, or write a dotted address.")
        }
        var address = raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { $0.pointee.sin_addr }
        var text = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
        inet_ntop(AF_INET, &address, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether a dotted address is this host's own: on loopback or on one of its interfaces.
    public static func isOwn(_ address: String) -> Bool {
        guard let parsed = IPv4Address(address), parsed.value != 0 else { return false }
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        guard socket >= 0 else { return parsed.isLoopback }
        defer { close(socket) }
        return withSocketAddress(parsed, port: 0) { bind(socket, $0, $1) } == 0
    }

    /// Throws a sentence when nothing would answer there. A server that listens is seen in the kernel's tables and is not
    /// disturbed; where none is seen, which a packet filter can be the reason of, one connection is tried.
    public static func checkListener(_ address: String, port: UInt16) throws {
        if Listeners.ofThisThread().contains(port: port) { return }
        guard let parsed = IPv4Address(address) else { return }
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        guard withSocketAddress(parsed, port: port, { connect(socket, $0, $1) }) != 0, errno == ECONNREFUSED else { return }
        throw LabError(.hostCannot, "Nothing listens on \(address):\(port): start the server first, or correct the URL.")
    }

    private static func withSocketAddress(
        _ address: IPv4Address, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var raw = sockaddr_in()
        raw.sin_family = sa_family_t(AF_INET)
        raw.sin_port = port.bigEndian
        raw.sin_addr.s_addr = address.value.bigEndian
        return withUnsafePointer(to: &raw) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
