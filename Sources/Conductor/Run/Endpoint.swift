import Glibc
import Profiles

/// An IPv4 address of this host and a port.
public struct Endpoint: Equatable, Sendable, CustomStringConvertible {
    /// Dotted.
    public var address: String
    /// 0 is any free one.
    public var port: UInt16

    public init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `ADDR:PORT`, `:PORT` or `PORT`; the address is 127.0.0.1 unless given, `*` and 0.0.0.0 are all of the host's.
    public init(parsing text: String) throws(UnitError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let last = parts.last else {
            throw UnitError("\"\(text)\" is not an address and a port; write such as 127.0.0.1:4000")
        }
        port = UInt16(try Units.count(last, in: 0...65_535))
        let name = parts.count == 2 && !parts[0].isEmpty ? parts[0] : "127.0.0.1"
        address = name == "*" ? "0.0.0.0" : name == "localhost" ? "127.0.0.1" : name
        guard socketAddress != nil else {
            throw UnitError("\"\(text)\" has no dotted IPv4 address; write such as 127.0.0.1:4000, or 0.0.0.0:4000 for all of the host's")
        }
    }

    public var description: String { "\(address):\(port)" }

    /// What a browser on this host goes to.
    public var url: String { "http://\(authority)/" }
    public var authority: String { "\(address == "0.0.0.0" ? "127.0.0.1" : address):\(port)" }

    private var socketAddress: sockaddr_in? {
        var endpoint = sockaddr_in()
        endpoint.sin_family = sa_family_t(AF_INET)
        endpoint.sin_port = port.bigEndian
        return inet_pton(AF_INET, address, &endpoint.sin_addr) == 1 ? endpoint : nil
    }

    /// Whether it can be listened on now: where that would be, with a port for port 0; throws why not, in a sentence.
    public func tried() throws -> Endpoint {
        let socket = try listen(backlog: 1)
        close(socket.descriptor)
        return socket.endpoint
    }

    /// A listening socket, and where it listens; throws why not, in a sentence. It is the caller's to close.
    func listen(backlog: Int32) throws -> (descriptor: Int32, endpoint: Endpoint) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_NONBLOCK | O_CLOEXEC, 0)
        guard descriptor >= 0 else { throw failure(errno) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var bound = socketAddress ?? sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &bound) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, backlog) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard result else {
            let code = errno
            close(descriptor)
            throw failure(code)
        }
        return (descriptor, Endpoint(address: address, port: UInt16(bigEndian: bound.sin_port)))
    }

    private func failure(_ code: Int32) -> RunError {
        let advice =
            switch code {
            case EADDRINUSE: "Somebody else listens there; name another port, or port 0 for any free one."
            case EADDRNOTAVAIL: "\(address) is not an address of this host."
            case EACCES, EPERM: "Ports below net.ipv4.ip_unprivileged_port_start, 1024 by default, are for root."
            default: "Name another address or port."
            }
        return RunError("\(self) cannot be listened on: \(String(cString: strerror(code))) (errno \(code)). \(advice)")
    }
}
