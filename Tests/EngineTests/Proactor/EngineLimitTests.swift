import CLab
import Glibc
import Testing

@testable import Engine

/// What engines do where things end: refusals, resets, full buffers, full tables, and one engine taking over from another.
@Suite(.serialized) struct EngineLimitTests {
    private func onEach(_ kind: EngineKind, _ ring: () throws -> Void, _ epoll: () throws -> Void) rethrows {
        switch kind {
        case .ring: try ring()
        case .epoll: try epoll()
        }
    }

    /// Descriptors of this thread's table.
    private static func openDescriptors() -> Int {
        guard let directory = opendir("/proc/thread-self/fd") else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }

    // MARK: attempts that fail

    private static func refused<E: KernelEngine & ~Copyable>(_: E.Type, socketCommands: Bool) throws -> (errors: Set<Int32>, leaked: Int) {
        let port = PlainSocket.listener().port
        let client = try EngineDriver<E>(slots: 4, destination: port, socketCommands: socketCommands)
        var errors: Set<Int32> = [client.connect(Handle(slot: 0, generation: 0))]
        let before = openDescriptors()
        // A user that is refused tries again in the same slot, with the next generation.
        for attempt in 1..<UInt16(300) { errors.insert(client.connect(Handle(slot: 0, generation: attempt))) }
        return (errors, openDescriptors() - before)
    }

    /// In a descriptor table of its own, where no other test opens anything.
    private func apart(_ body: @escaping () -> Void) {
        let done = PlainSocket(simbench_eventfd(0))
        let descriptor = done.descriptor
        let error = LaneThread.start {
            _ = simbench_unshare_files()
            body()
            var one: UInt64 = 1
            _ = write(descriptor, &one, 8)
        }
        #expect(error == 0)
        var watch = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&watch, 1, 120_000) == 1, "the thread hangs")
    }

    @Test(arguments: EngineKind.available, [false, true])
    func aRefusedAttemptSaysSoAndLeavesNothingOpen(kind: EngineKind, socketCommands: Bool) throws {
        final class Outcome { var result: (errors: Set<Int32>, leaked: Int)? }
        let outcome = Outcome()
        let commands = socketCommands && EngineKind.hasSocketCommands
        apart {
            outcome.result = kind == .ring
                ? try? Self.refused(RingProactor.self, socketCommands: commands)
                : try? Self.refused(EpollProactor.self, socketCommands: commands)
        }
        #expect(outcome.result?.errors == [-ECONNREFUSED])
        #expect(outcome.result?.leaked == 0)
    }

    private func bound<E: KernelEngine & ~Copyable>(_: E.Type, address: String?, pinned: Bool, socketCommands: Bool) throws {
        let listener = PlainSocket.listener()
        let client = try EngineDriver<E>(slots: 8, destination: listener.port, socketCommands: socketCommands)
        for slot in 0..<UInt32(4) {
            var options = ConnectOptions()
            if pinned { options.sourcePort = PlainSocket.freePort() }
            if let address { options.sourceAddress = EngineSettings.endpoint(address, port: 0)!.sin_addr.s_addr }
            let handle = Handle(slot: slot, generation: 3)
            #expect(client.connect(handle, options) == 0)
            let accepted = try #require(listener.accept())
            if pinned { #expect(accepted.peer.port == options.sourcePort) }
            let expected = EngineSettings.endpoint(address ?? "127.0.0.1", port: 0)!.sin_addr.s_addr
            #expect(accepted.peer.address == expected)
        }
    }

    @Test(arguments: EngineKind.available, [false, true])
    func sourcePortAndAddressAreTheOnesAskedFor(kind: EngineKind, socketCommands: Bool) throws {
        let commands = socketCommands && EngineKind.hasSocketCommands
        for (address, pinned) in [(nil, true), ("127.0.0.7", false), ("127.0.0.9", true)] as [(String?, Bool)] {
            try onEach(
                kind, { try bound(RingProactor.self, address: address, pinned: pinned, socketCommands: commands) },
                { try bound(EpollProactor.self, address: address, pinned: pinned, socketCommands: commands) })
        }
    }

    // MARK: connections that end

    private func resets<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let listener = PlainSocket.listener()
        let server = try EngineDriver<E>()
        server.engine.accept(from: listener.descriptor)
        let client = PlainSocket.client(to: listener.port)
        let far = try #require(server.accept())
        server.engine.watch(far)
        client.resetNow()
        #expect(try #require(server.next(.ready, far)).result & Completion.endOfStream != 0)
        server.engine.receive(far, into: server.blocks[0], capacity: 64, block: 0, waits: false)
        #expect(try #require(server.next(.received, far)).result == -ECONNRESET)
        #expect(server.send(far, [1]) == -EPIPE)
        server.close(far, watched: true)
        // The slot serves again, and what is told of it is told of its new use.
        for round in 0..<50 {
            let next = PlainSocket.client(to: listener.port)
            let handle = try #require(server.accept())
            server.engine.watch(handle)
            next.write([UInt8(round)])
            #expect(try #require(server.next(.ready, handle)).handle == handle)
            #expect(server.leftOver(.ready).allSatisfy { $0.handle != handle || $0.result > 0 })
            server.close(handle, watched: true)
        }
    }

    @Test(arguments: EngineKind.available) func aResetIsToldAndTheSlotServesAgain(kind: EngineKind) throws {
        try onEach(kind, { try resets(RingProactor.self) }, { try resets(EpollProactor.self) })
    }

    private func partialSends<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let listener = PlainSocket.listener()
        var small: Int32 = 4_608
        for option in [SO_SNDBUF, SO_RCVBUF] {
            setsockopt(listener.descriptor, SOL_SOCKET, option, &small, socklen_t(MemoryLayout<Int32>.size))
        }
        let server = try EngineDriver<E>()
        server.engine.accept(from: listener.descriptor)
        let client = PlainSocket.client(to: listener.port)
        let far = try #require(server.accept())
        // Until one does not fit: the client reads nothing yet.
        var sent: [UInt8] = []
        var isFull = false
        while !isFull && sent.count < 64 << 20 {
            let message = patterned(4_096, seed: UInt64(sent.count))
            server.startSend(far, message, block: 9)
            sent += message
            server.poll()
            server.poll()
            isFull = server.leftOver(.sent).isEmpty
            if !isFull { #expect(server.next(.sent, far)?.result == 4_096) }
        }
        #expect(isFull)
        // The client reads in pieces of its own, on this thread: what the engine holds goes on in between.
        var read: [UInt8] = []
        while read.count < sent.count {
            var waiting: Int32 = 0
            _ = ioctl(client.descriptor, UInt(FIONREAD), &waiting)
            if waiting > 0 { read += client.read(min(Int(waiting), 1_500)) } else { server.poll() }
        }
        #expect(read == sent)
        let done = try #require(server.next(.sent, far))
        #expect(done.result == 4_096 && done.block == 9)
        // A message that waits when its connection is closed comes back once, and its buffer with it.
        isFull = false
        while !isFull {
            server.startSend(far, patterned(4_096, seed: 1), block: 11)
            server.poll()
            server.poll()
            isFull = server.leftOver(.sent).isEmpty
            if !isFull { _ = server.next(.sent, far) }
        }
        server.close(far, sending: 11)
        let last = try #require(server.next(.sent, far))
        #expect(last.block == 11)
        server.poll()
        #expect(server.leftOver(.sent).isEmpty)
    }

    @Test(arguments: EngineKind.available) func aMessageThatDoesNotFitIsSentWholeLater(kind: EngineKind) throws {
        try onEach(kind, { try partialSends(RingProactor.self) }, { try partialSends(EpollProactor.self) })
    }

    // MARK: accepting ends

    private func fullTable<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let listener = PlainSocket.listener()
        let other = PlainSocket.listener()
        let server = try EngineDriver<E>(slots: 4)
        server.engine.accept(from: listener.descriptor)
        server.engine.accept(from: other.descriptor)
        let clients = (0..<6).map { _ in PlainSocket.client(to: listener.port) }
        for _ in 0..<4 { #expect(server.accept() != nil) }
        #expect(server.next(.accepted)?.result == -ENFILE)
        server.engine.stopAccepting()
        #expect(server.next(.acceptEnded) != nil, "a lane whose table is full must be able to hand over")
        #expect(clients.count == 6)
    }

    @Test(arguments: EngineKind.available) func aFullTableSaysSoAndAcceptingCanEnd(kind: EngineKind) throws {
        try onEach(kind, { try fullTable(RingProactor.self) }, { try fullTable(EpollProactor.self) })
    }

    private func handOver<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let listener = PlainSocket.listener()
        var accepted = 0
        var clients: [PlainSocket] = []
        var server = try EngineDriver<E>(slots: 600)
        server.engine.accept(from: listener.descriptor)
        // Whatever the moment of the hand-over, each connection is somebody's.
        for turn in 0..<12 {
            for _ in 0..<40 { clients.append(PlainSocket.client(to: listener.port)) }
            for _ in 0..<(turn * 3) {
                #expect(server.accept() != nil)
                accepted += 1
            }
            server.engine.stopAccepting()
            for _ in 0..<5 { clients.append(PlainSocket.client(to: listener.port)) }
            #expect(server.next(.acceptEnded) != nil)
            for completion in server.leftOver(.accepted) where completion.result >= 0 {
                _ = server.adopt(completion)
                accepted += 1
            }
            let next = try EngineDriver<E>(slots: 600)
            next.engine.accept(from: listener.descriptor)
            server = next
        }
        while accepted < clients.count {
            guard server.accept() != nil else { break }
            accepted += 1
        }
        server.poll()
        #expect(accepted == clients.count && server.leftOver(.accepted).isEmpty)
    }

    @Test(arguments: EngineKind.available) func handingOverLosesNoConnection(kind: EngineKind) throws {
        try onEach(kind, { try handOver(RingProactor.self) }, { try handOver(EpollProactor.self) })
    }
}
