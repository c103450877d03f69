import CLab
import CUring
import Glibc
import Testing

@testable import Engine

/// An engine on a real kernel.
protocol KernelEngine: Proactor, ~Copyable {
    init(_ settings: EngineSettings) throws(EngineError)
}

extension Proactor where Self: ~Copyable {
    /// Only to be told.
    mutating func watch(_ handle: Handle) { watch(handle, mayReceive: false) }
}

extension RingProactor: KernelEngine {}
extension EpollProactor: KernelEngine {}

/// The two engines that one suite runs on.
enum EngineKind: String, CaseIterable, CustomTestStringConvertible {
    case ring, epoll

    var testDescription: String { rawValue }

    /// The kernels' answer to a ring, asked once.
    private static let ringError: Int32 = simbench_try_ring(SIMBENCH_RING_COOP_TASKRUN)
    /// Those this host can run.
    static let available = allCases.filter { $0 == .epoll || ringError == 0 }
    static let missing: Comment = "io_uring is not available here (errno \(-ringError)): sysctl kernel.io_uring_disabled, seccomp or an old kernel"
    static var hasRing: Bool { ringError == 0 }

    /// Socket options through the ring came with Linux 6.7.
    static let hasSocketCommands: Bool = {
        var name = utsname()
        uname(&name)
        let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 7)
    }()
}

/// A socket made by plain system calls; it closes what it holds.
final class PlainSocket {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Listens on a free port of 127.0.0.1.
    static func listener(backlog: Int32 = 4_096, resets: Bool = true) -> PlainSocket {
        let listener = PlainSocket(socket(AF_INET, SocketOptions.stream | SocketOptions.nonBlocking, 0))
        var reset = linger(l_onoff: 1, l_linger: 0)
        if resets { setsockopt(listener.descriptor, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size)) }
        listener.bind(to: "127.0.0.1", port: 0)
        precondition(listen(listener.descriptor, backlog) == 0, "listening on loopback failed: errno \(errno)")
        return listener
    }

    /// A blocking client, connected.
    static func client(to port: UInt16) -> PlainSocket {
        let client = PlainSocket(socket(AF_INET, SocketOptions.stream, 0))
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(client.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let connected = PlainSocket.with("127.0.0.1", port) { connect(client.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        precondition(connected == 0, "connecting to loopback failed: errno \(errno)")
        return client
    }

    /// A port of the kernel's range that was free a moment ago.
    static func freePort() -> UInt16 {
        let free = PlainSocket(socket(AF_INET, SocketOptions.stream, 0))
        free.bind(to: "127.0.0.1", port: 0)
        return free.port
    }

    func bind(to address: String, port: UInt16) {
        let bound = PlainSocket.with(address, port) { Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        precondition(bound == 0, "binding to \(address) failed: errno \(errno)")
    }

    private static func with(_ address: String, _ port: UInt16, _ call: (UnsafePointer<sockaddr>) -> Int32) -> Int32 {
        var endpoint = EngineSettings.endpoint(address, port: port)!
        return withUnsafePointer(to: &endpoint) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0) } }
    }

    var port: UInt16 { name(getsockname).port }
    /// The other end's address in network order, and its port.
    var peer: (address: UInt32, port: UInt16) { name(getpeername) }

    private func name(
        _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> (address: UInt32, port: UInt16) {
        var endpoint = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &endpoint) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call(descriptor, $0, &size) }
        }
        return (endpoint.sin_addr.s_addr, UInt16(bigEndian: endpoint.sin_port))
    }

    /// The next connection; waits for it.
    func accept() -> PlainSocket? {
        var watch = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&watch, 1, 60_000) == 1 else { return nil }
        let accepted = Glibc.accept(descriptor, nil, nil)
        return accepted < 0 ? nil : PlainSocket(accepted)
    }

    func write(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, SocketOptions.noSignal) }

    /// `count` bytes, or fewer at the end.
    func read(_ count: Int) -> [UInt8] {
        var all = [UInt8](repeating: 0, count: count)
        var at = 0
        while at < count {
            let got = all.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + at, count - at, 0) }
            if got <= 0 { break }
            at += got
        }
        return Array(all[..<at])
    }

    func resetNow() {
        var reset = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
        // Connecting to nowhere of an unspecified family ends a TCP connection with a reset.
        var nowhere = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        _ = connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }
}
