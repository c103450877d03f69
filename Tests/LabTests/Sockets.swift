import Glibc

@testable import Lab

/// Plain blocking sockets for tests.
private func withAddress<Result>(
    _ text: String, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = IPv4Address(text)!.value.bigEndian
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}

private func stream() -> Int32 { socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }

func listen(on address: String, _ port: UInt16) throws -> Int32 {
    let socket = stream()
    guard withAddress(address, port, { bind(socket, $0, $1) }) == 0, Glibc.listen(socket, 100) == 0 else {
        throw LabError.system("listen on \(address)", code: errno)
    }
    return socket
}

func connect(to address: String, _ port: UInt16) throws -> Int32 {
    let socket = stream()
    guard withAddress(address, port, { Glibc.connect(socket, $0, $1) }) == 0 else {
        throw LabError.system("connect to \(address)", code: errno)
    }
    return socket
}

func localPort(_ socket: Int32) -> UInt16 {
    var own = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &own) {
        _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
    }
    return UInt16(bigEndian: own.sin_port)
}

func peerAddress(_ socket: Int32) -> String {
    var peer = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &peer) {
        _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket, $0, &length) }
    }
    return IPv4Address(value: UInt32(bigEndian: peer.sin_addr.s_addr)).description
}
