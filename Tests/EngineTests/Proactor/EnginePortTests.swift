import CLab
import Glibc
import Testing

@testable import Engine

/// What a real kernel answers to a port that was asked for by name, on both engines.
@Suite(.serialized) struct EnginePortTests {
    private func onEach(_ kind: EngineKind, _ ring: () throws -> Void, _ epoll: () throws -> Void) rethrows {
        switch kind {
        case .ring: try ring()
        case .epoll: try epoll()
        }
    }

    private static func address(_ text: String?) -> UInt32 {
        text.flatMap { EngineSettings.endpoint($0, port: 0)?.sin_addr.s_addr } ?? 0
    }

    private func taken<E: KernelEngine & ~Copyable>(_: E.Type, from address: String?, socketCommands: Bool) throws {
        let listener = PlainSocket.listener(), other = PlainSocket.listener()
        let client = try EngineDriver<E>(
            slots: 8, destinations: [listener.port, other.port].map { EngineSettings.endpoint("127.0.0.1", port: $0)! },
            socketCommands: socketCommands)
        var options = ConnectOptions(sourcePort: PlainSocket.freePort(), sourceAddress: Self.address(address))
        #expect(client.connect(Handle(slot: 0, generation: 1), options) == 0)
        let accepted = try #require(listener.accept())
        #expect(accepted.peer.port == options.sourcePort)
        // The 4-tuple is there: no search for another port, and the answer comes at once, again and again.
        for attempt in 1..<UInt16(20) {
            #expect(client.connect(Handle(slot: 1, generation: attempt), options) == -EADDRNOTAVAIL)
        }
        // Another destination, or another source address, is another 4-tuple.
        options.destination = 1
        #expect(client.connect(Handle(slot: 2, generation: 1), options) == 0)
        options.destination = 0
        options.sourceAddress = Self.address("127.0.0.33")
        #expect(client.connect(Handle(slot: 3, generation: 1), options) == 0)
        #expect(try #require(listener.accept()).peer.port == options.sourcePort)
        // A reset frees the port; the attempt that was refused comes through.
        options.sourceAddress = Self.address(address)
        accepted.resetNow()
        client.close(Handle(slot: 0, generation: 1), watched: false)
        #expect(client.connect(Handle(slot: 1, generation: 20), options) == 0)
    }

    @Test(arguments: EngineKind.available, [false, true])
    func aPortWhoseConnectionIsThereIsRefusedAtOnce(kind: EngineKind, socketCommands: Bool) throws {
        let commands = socketCommands && EngineKind.hasSocketCommands
        for address in [nil, "127.0.0.21"] {
            try onEach(
                kind, { try taken(RingProactor.self, from: address, socketCommands: commands) },
                { try taken(EpollProactor.self, from: address, socketCommands: commands) })
        }
    }

    private func unanswered<E: KernelEngine & ~Copyable>(_: E.Type, socketCommands: Bool) throws {
        let silence = SilentAddress()
        let client = try EngineDriver<E>(slots: 65, destinations: [silence.endpoint], socketCommands: socketCommands)
        for slot in 0..<UInt32(64) {
            client.engine.connect(Handle(slot: slot, generation: 1), ConnectOptions(sourcePort: 30_000 + UInt16(slot)))
            if client.engine.room < 8 { client.poll() }
        }
        client.poll()
        // While its SYN is out a port is in use.
        #expect(client.connect(Handle(slot: 64, generation: 1), ConnectOptions(sourcePort: 30_000)) == -EADDRNOTAVAIL)
        #expect(client.leftOver(.connected).isEmpty)
        for slot in 0..<UInt32(64) { #expect(client.next(.connected, Handle(slot: slot, generation: 1))?.result == -ETIMEDOUT) }
    }

    @Test(.enabled(if: PrivateNetwork.isAllowed, PrivateNetwork.missing), arguments: EngineKind.available)
    func attemptsThatNobodyAnswersTimeOut(kind: EngineKind) throws {
        try PrivateNetwork.inside(ports: 20_000...40_000) {
            try onEach(
                kind, { try unanswered(RingProactor.self, socketCommands: EngineKind.hasSocketCommands) },
                { try unanswered(EpollProactor.self, socketCommands: false) })
        }
    }

    // MARK: without IP_LOCAL_PORT_RANGE

    private func connect(_ socket: PlainSocket, to port: UInt16) -> Int32 {
        var endpoint = EngineSettings.endpoint("127.0.0.1", port: port)!
        return withUnsafePointer(to: &endpoint) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) < 0 ? -errno : 0
            }
        }
    }

    /// The way of kernels before 6.3 comes to the same cause.
    @Test func aPortBoundByNameIsRefusedAsTheSameCause() throws {
        let listener = PlainSocket.listener(), other = PlainSocket.listener()
        let options = ConnectOptions(sourcePort: PlainSocket.freePort(), sourceAddress: Self.address("127.0.0.1"))
        let sockets = (0..<3).map { _ in PlainSocket(socket(AF_INET, SocketOptions.stream, 0)) }
        for socket in sockets { #expect(SocketOptions.bindByName(options, to: socket.descriptor) == 0) }
        #expect(connect(sockets[0], to: listener.port) == 0)
        #expect(connect(sockets[1], to: listener.port) == -EADDRNOTAVAIL)
        #expect(connect(sockets[2], to: other.port) == 0)
        // A port that somebody listens on cannot even be bound.
        let held = ConnectOptions(sourcePort: other.port, sourceAddress: Self.address("127.0.0.1"))
        let late = PlainSocket(socket(AF_INET, SocketOptions.stream, 0))
        #expect(SocketOptions.bindByName(held, to: late.descriptor) == -EADDRNOTAVAIL)
    }
}
