import CLab
import Glibc
import Testing

@testable import Engine

/// A network namespace of a test's own, with nothing in it but loopback: all ports are free there, and its settings are
/// nobody else's.
enum PrivateNetwork {
    private static let refused: Int32 = {
        var stage: UnsafePointer<CChar>?
        return simbench_try_namespaces(false, &stage)
    }()
    static let isAllowed = refused == 0
    static let missing: Comment = "needs root: no network namespace can be made here (errno \(-refused))"

    /// Runs `body` with the calling thread in the namespace, and with it whatever threads `body` starts. A test's
    /// function that does not suspend stays on its thread, so the issues it records are its own.
    static func inside(ports: ClosedRange<UInt16>, _ body: () throws -> Void) throws {
        let home = PlainSocket(simbench_open_own_network_namespace())
        try #require(home.descriptor >= 0 && simbench_unshare_network() == 0)
        defer {
            let error = simbench_enter_network_namespace(home.descriptor)
            precondition(error == 0, "this thread cannot get back into its network namespace: errno \(-error)")
        }
        try #require(raiseLoopback())
        try choose(ports)
        // The least there is: an attempt without an answer ends after a few seconds.
        try #require(set("tcp_syn_retries", "1"))
        try body()
    }

    /// Among which the kernel chooses from now on. Who has a port already keeps it, so that what a test made before this is
    /// not in the way of what comes after.
    static func choose(_ ports: ClosedRange<UInt16>) throws {
        try #require(set("ip_local_port_range", "\(ports.lowerBound) \(ports.upperBound)"))
    }

    private static func raiseLoopback() -> Bool {
        let socket = PlainSocket(Glibc.socket(AF_INET, SocketOptions.stream, 0))
        // struct ifreq: a name of 16 bytes, then what is asked, here the flags IFF_UP and IFF_RUNNING.
        var request = [UInt8](repeating: 0, count: 40)
        request.replaceSubrange(0..<2, with: Array("lo".utf8))
        request[16] = 0x41
        let setFlags: UInt = 0x8914
        return request.withUnsafeMutableBytes { ioctl(socket.descriptor, setFlags, $0.baseAddress!) } == 0
    }

    private static func set(_ name: String, _ value: String) -> Bool {
        let file = PlainSocket(open("/proc/sys/net/ipv4/\(name)", O_WRONLY))
        return write(file.descriptor, value, value.utf8.count) == value.utf8.count
    }
}

/// An address that drops SYNs: a listener whose queue is full.
final class SilentAddress {
    private let listener = PlainSocket.listener(backlog: 0)
    private let first: PlainSocket

    init() { first = PlainSocket.client(to: listener.port) }

    var endpoint: sockaddr_in { EngineSettings.endpoint("127.0.0.1", port: listener.port)! }
}
