import CLab
import Glibc
import Testing

@testable import Engine

/// One suite for the engines on a real kernel, over loopback.
@Suite(.serialized) struct EngineTests {
    @Test(.enabled(if: EngineKind.hasRing, EngineKind.missing)) func theRingIsAvailable() {
        #expect(EngineKind.available == EngineKind.allCases)
    }

    // MARK: bytes

    private func echo<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let listener = PlainSocket.listener()
        let server = try EngineDriver<E>()
        let client = try EngineDriver<E>(slots: 8, destination: listener.port)
        server.engine.accept(from: listener.descriptor)
        let near = Handle(slot: 5, generation: 9)
        #expect(client.connect(near) == 0)
        let far = try #require(server.accept())
        for size in [1, 2, 125, 1_000, 4_096] {
            let message = patterned(size, seed: UInt64(size))
            #expect(client.send(near, message) == Int32(size))
            #expect(server.receive(far, size).bytes == message)
            #expect(server.send(far, message.reversed()) == Int32(size))
            #expect(client.receive(near, size).bytes == message.reversed())
        }
        client.close(near)
        let end = server.receive(far, 1).end
        #expect(end == 0)
        server.close(far)
        #expect(client.leftOver(.connected).isEmpty && server.leftOver(.accepted).isEmpty)
    }

    @Test(arguments: EngineKind.available) func bytesTravelBothWays(kind: EngineKind) throws {
        switch kind {
        case .ring: try echo(RingProactor.self)
        case .epoll: try echo(EpollProactor.self)
        }
    }

    private func manyConnections<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let count = 2_000
        let listener = PlainSocket.listener()
        let server = try EngineDriver<E>(slots: count)
        let client = try EngineDriver<E>(slots: count, destination: listener.port, defers: true)
        server.engine.accept(from: listener.descriptor)
        let options = ConnectOptions()
        var open: Set<UInt32> = []
        for slot in 0..<UInt32(count) {
            client.engine.connect(Handle(slot: slot, generation: 1), options)
            if slot % 50 == 49 || client.engine.room < 8 {
                client.poll()
                server.poll()
            }
        }
        for slot in 0..<UInt32(count) {
            #expect(client.next(.connected, Handle(slot: slot, generation: 1))?.result == 0)
            // With the acknowledgement deferred the server learns of a connection by its first bytes, in any order.
            #expect(client.send(Handle(slot: slot, generation: 1), patterned(16, seed: UInt64(slot))) == 16)
        }
        var messages = Set((0..<count).map { patterned(16, seed: UInt64($0)) })
        for _ in 0..<count {
            let far = try #require(server.accept())
            open.insert(far.slot)
            #expect(messages.remove(server.receive(far, 16).bytes) != nil)
        }
        #expect(open.count == count, "each connection has a slot of its own")
        // All rest, watched; then some speak.
        for slot in 0..<UInt32(count) {
            server.engine.watch(Handle(slot: slot, generation: 1))
            if server.engine.room < 8 { server.poll() }
        }
        server.poll()
        for slot in stride(from: UInt32(0), to: UInt32(count), by: 97) {
            #expect(client.send(Handle(slot: slot, generation: 1), [1, 2, 3]) == 3)
            let ready = try #require(server.next(.ready))
            let handle = ready.handle
            server.engine.receive(handle, into: server.blocks[2], capacity: 16, block: 2, waits: false)
            #expect(server.next(.received, handle)?.result == 3)
            _ = server.leftOver(.ready)
        }
    }

    @Test(arguments: EngineKind.available) func thousandsOfConnectionsKeepApart(kind: EngineKind) throws {
        switch kind {
        case .ring: try manyConnections(RingProactor.self)
        case .epoll: try manyConnections(EpollProactor.self)
        }
    }

    // MARK: readiness

    private func watching<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let listener = PlainSocket.listener()
        let server = try EngineDriver<E>()
        server.engine.accept(from: listener.descriptor)
        let client = PlainSocket.client(to: listener.port)
        let far = try #require(server.accept())
        server.engine.watch(far)
        server.engine.receive(far, into: server.blocks[0], capacity: 64, block: 7, waits: false)
        let nothing = try #require(server.next(.received, far))
        #expect(nothing.result == -EAGAIN && nothing.block == 7)
        for round in 0..<20 {
            client.write([UInt8(round), 1, 2])
            #expect(try #require(server.next(.ready, far)).result & Completion.endOfStream == 0)
            server.engine.receive(far, into: server.blocks[0], capacity: 64, block: 7, waits: false)
            #expect(try #require(server.next(.received, far)).result == 3)
            #expect(server.blocks[0].load(as: UInt8.self) == UInt8(round))
            // It speaks once, or needs no telling.
            server.engine.watch(far)
        }
        // The last bytes and the end together: `ready` says so, for it may be the only one.
        client.write([9])
        shutdown(client.descriptor, Int32(SHUT_WR))
        while try #require(server.next(.ready, far)).result & Completion.endOfStream == 0 {
            if E.receivesMayWait { server.engine.watch(far) }
        }
        server.engine.receive(far, into: server.blocks[0], capacity: 64, block: 7, waits: false)
        #expect(try #require(server.next(.received, far)).result == 1)
        server.engine.receive(far, into: server.blocks[0], capacity: 64, block: 7, waits: false)
        #expect(try #require(server.next(.received, far)).result == 0)
        server.close(far, watched: false)
    }

    @Test(arguments: EngineKind.available) func theWatchTellsEachChange(kind: EngineKind) throws {
        switch kind {
        case .ring: try watching(RingProactor.self)
        case .epoll: try watching(EpollProactor.self)
        }
    }

    @Test(.enabled(if: EngineKind.hasRing, EngineKind.missing)) func aReceiveMayWaitForWhatComesLater() throws {
        let listener = PlainSocket.listener()
        let server = try EngineDriver<RingProactor>()
        server.engine.accept(from: listener.descriptor)
        let client = PlainSocket.client(to: listener.port)
        let far = try #require(server.accept())
        server.engine.receive(far, into: server.blocks[3], capacity: 64, block: 3, waits: true)
        for _ in 0..<5 { server.poll() }
        #expect(server.leftOver(.received).isEmpty)
        client.write([1, 2, 3, 4])
        let got = try #require(server.next(.received, far))
        #expect(got.result == 4 && got.block == 3)
        // One that still waits when its connection is closed comes back too: the buffer is the engine's until then.
        server.engine.receive(far, into: server.blocks[4], capacity: 64, block: 4, waits: true)
        server.poll()
        server.close(far, watched: false, receiving: 4)
        let cancelled = try #require(server.next(.received, far))
        #expect(cancelled.result == -ECANCELED && cancelled.block == 4)
    }

    // MARK: parting

    /// A connection is shut down and closed at once, and the next one takes its slot: that one must be left alone.
    private func parting<E: KernelEngine & ~Copyable>(_: E.Type, prepare: (EngineDriver<E>) -> Void = { _ in }) throws {
        let listener = PlainSocket.listener(resets: false)
        let server = try EngineDriver<E>(slots: 64)
        prepare(server)
        server.engine.accept(from: listener.descriptor)
        for _ in 0..<2_000 {
            let old = PlainSocket.client(to: listener.port)
            let far = try #require(server.accept())
            server.engine.shutdown(far)
            server.close(far)
            let client = PlainSocket.client(to: listener.port)
            let next = try #require(server.accept())
            server.poll()
            guard server.send(next, [1, 2, 3]) == 3 else { Issue.record("a new connection was shut down"); return }
            #expect(client.read(3) == [1, 2, 3] && old.read(1).isEmpty)
            server.close(next)
        }
    }

    @Test(arguments: EngineKind.available) func aSlotsNextConnectionIsNotShutDown(kind: EngineKind) throws {
        switch kind {
        case .ring: try parting(RingProactor.self)
        case .epoll: try parting(EpollProactor.self)
        }
    }

    /// The way of kernels that lend no descriptor.
    @Test(.enabled(if: EngineKind.hasRing, EngineKind.missing)) func aThreadOfTheKernelsMayShutDownToo() throws {
        try parting(RingProactor.self) { $0.engine.lends = false }
    }

    /// What was sent before arrives, then the end; the other side may still speak.
    private func halfClosing<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let listener = PlainSocket.listener()
        let server = try EngineDriver<E>(slots: 8)
        server.engine.accept(from: listener.descriptor)
        let client = PlainSocket.client(to: listener.port)
        let far = try #require(server.accept())
        #expect(server.send(far, [1, 2]) == 2)
        server.engine.shutdown(far)
        server.engine.shutdown(far)
        for _ in 0..<3 { server.poll() }
        #expect(client.read(2) == [1, 2] && client.read(1).isEmpty)
        client.write([3, 4, 5])
        #expect(server.receive(far, 3).bytes == [3, 4, 5])
        server.close(far)
    }

    @Test(arguments: EngineKind.available) func afterAShutdownTheOtherSideMaySpeak(kind: EngineKind) throws {
        switch kind {
        case .ring: try halfClosing(RingProactor.self)
        case .epoll: try halfClosing(EpollProactor.self)
        }
    }

    // MARK: the bell

    private func bell<E: KernelEngine & ~Copyable>(_: E.Type) throws {
        let bell = PlainSocket(simbench_eventfd(0))
        let first = try EngineDriver<E>()
        let second = try EngineDriver<E>()
        first.engine.listenToBell(bell.descriptor)
        second.engine.listenToBell(bell.descriptor)
        for _ in 0..<50 {
            var one: UInt64 = 1
            #expect(write(bell.descriptor, &one, 8) == 8)
            #expect(first.next(.bell) != nil)
            #expect(second.next(.bell) != nil)
        }
    }

    @Test(arguments: EngineKind.available) func everyEngineHearsEachRing(kind: EngineKind) throws {
        switch kind {
        case .ring: try bell(RingProactor.self)
        case .epoll: try bell(EpollProactor.self)
        }
    }
}
