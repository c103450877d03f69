import Glibc
import Testing

@testable import Engine

/// Receives that wait at rest, on a real ring: no buffer is theirs until something comes.
@Suite(.serialized, .enabled(if: EngineKind.hasRing, EngineKind.missing)) struct RestTests {
    private typealias Driver = EngineDriver<RingProactor>

    private func server(_ listener: PlainSocket, slots: Int = 64) throws -> Driver {
        let server = try Driver(slots: slots, receivesAtRest: true)
        server.engine.accept(from: listener.descriptor)
        return server
    }

    private func lend(_ server: Driver, _ blocks: Range<Int>) {
        for block in blocks { server.engine.lend(UInt32(block), server.blocks[block], capacity: Driver.blockBytes) }
    }

    @Test func whatComesIsInALentBlock() throws {
        let listener = PlainSocket.listener()
        let server = try server(listener)
        #expect(server.engine.blocksWanted == RestBuffers.most)
        lend(server, 10..<13)
        let client = PlainSocket.client(to: listener.port)
        let far = try #require(server.accept())
        for round in 0..<40 {
            server.engine.watch(far, mayReceive: true)
            if round % 2 == 0 { server.poll() }
            #expect(server.leftOver(.received).isEmpty && server.leftOver(.ready).isEmpty)
            let message = patterned(100 + round, seed: UInt64(round))
            client.write(message)
            let came = try #require(server.next(.received, far))
            #expect(came.result == Int32(message.count) && (10..<13).contains(came.block) && server.engine.blocksLent == 2)
            #expect(Array(UnsafeRawBufferPointer(start: server.blocks[Int(came.block)], count: message.count)) == message)
            lend(server, Int(came.block)..<Int(came.block) + 1)
        }
        // The end comes without a block.
        server.engine.watch(far, mayReceive: true)
        shutdown(client.descriptor, SocketOptions.writing)
        let end = try #require(server.next(.received, far))
        #expect(end.result == 0 && end.block == Blocks.none && server.engine.blocksLent == 3)
        server.close(far, watched: false)
    }

    @Test func aResetComesWithoutABlock() throws {
        let listener = PlainSocket.listener()
        let server = try server(listener)
        lend(server, 0..<1)
        let client = PlainSocket.client(to: listener.port)
        let far = try #require(server.accept())
        server.engine.watch(far, mayReceive: true)
        server.poll()
        client.resetNow()
        let end = try #require(server.next(.received, far))
        #expect(end.result == -ECONNRESET && end.block == Blocks.none && server.engine.blocksLent == 1)
        server.close(far, watched: false)
    }

    @Test func withoutABlockThereIsSomethingToReceive() throws {
        let listener = PlainSocket.listener()
        let server = try server(listener)
        lend(server, 5..<6)
        let clients = (0..<3).map { _ in PlainSocket.client(to: listener.port) }
        var handles: Set<UInt32> = []
        for _ in clients {
            let far = try #require(server.accept())
            handles.insert(far.slot)
            server.engine.watch(far, mayReceive: true)
        }
        server.poll()
        for client in clients { client.write([1, 2, 3]) }
        let filled = try #require(server.next(.received))
        #expect(filled.result == 3 && filled.block == 5 && server.engine.blocksLent == 0)
        for _ in 0..<2 {
            let ready = try #require(server.next(.ready))
            #expect(ready.result & Completion.endOfStream == 0 && ready.handle.slot != filled.handle.slot)
            // The bytes are all there, for the lane's own buffer.
            server.engine.receive(ready.handle, into: server.blocks[9], capacity: 64, block: 9, waits: false)
            #expect(server.next(.received, ready.handle)?.result == 3)
        }
        #expect(server.leftOver(.received).isEmpty)
    }

    /// Where bytes wait for the rest of their message, the watch only tells.
    @Test func aWatchThatMayNotReceiveIsAPoll() throws {
        let listener = PlainSocket.listener()
        let server = try server(listener)
        lend(server, 0..<4)
        let client = PlainSocket.client(to: listener.port)
        let far = try #require(server.accept())
        server.engine.watch(far, mayReceive: false)
        client.write([1])
        #expect(try #require(server.next(.ready, far)).result > 0 && server.engine.blocksLent == 4)
    }

    @Test func closingEndsTheWaitAndTakesNoBlock() throws {
        let listener = PlainSocket.listener()
        let server = try server(listener)
        lend(server, 0..<8)
        for _ in 0..<50 {
            let client = PlainSocket.client(to: listener.port)
            let far = try #require(server.accept())
            server.engine.watch(far, mayReceive: true)
            server.poll()
            server.close(far, watched: true)
            #expect(client.read(1).isEmpty && server.leftOver(.received).isEmpty && server.leftOver(.ready).isEmpty)
        }
        #expect(server.engine.blocksLent == 8)
    }

    /// Bytes and the close cross: every block is still lent, or has come back with what was received.
    @Test func noBlockIsLostWhereClosesAndBytesCross() throws {
        let listener = PlainSocket.listener()
        let server = try server(listener)
        lend(server, 0..<8)
        var came = 0
        for round in 0..<400 {
            let client = PlainSocket.client(to: listener.port)
            let far = try #require(server.accept())
            server.engine.watch(far, mayReceive: true)
            if round % 3 == 0 { server.poll() }
            client.write([1, 2, 3])
            server.close(far, watched: true)
            while let late = server.leftOver(.received).first {
                _ = server.next { $0.operation == .received && $0.block == late.block }
                #expect(late.handle == far && (0..<8).contains(late.block))
                lend(server, Int(late.block)..<Int(late.block) + 1)
                came += 1
            }
            #expect(server.engine.blocksLent == 8, "round \(round), \(came) came")
        }
    }

    @Test func thousandsWaitOnAFewBlocks() throws {
        let count = 1_000
        let listener = PlainSocket.listener()
        let server = try server(listener, slots: count)
        lend(server, 0..<RestBuffers.most)
        #expect(server.engine.blocksWanted == 0)
        let clients = (0..<count).map { _ in PlainSocket.client(to: listener.port) }
        for _ in clients {
            server.engine.watch(try #require(server.accept()), mayReceive: true)
            if server.engine.room < 8 { server.poll() }
        }
        server.poll()
        for (index, client) in clients.enumerated() { client.write(patterned(16, seed: UInt64(index))) }
        var messages = Set((0..<count).map { patterned(16, seed: UInt64($0)) })
        var direct = 0
        while !messages.isEmpty {
            guard let came = server.next({ $0.operation == .received || $0.operation == .ready }) else { break }
            if came.operation == .ready {
                #expect(messages.remove(server.receive(came.handle, 16).bytes) != nil)
            } else {
                direct += 1
                #expect(messages.remove(Array(UnsafeRawBufferPointer(start: server.blocks[Int(came.block)], count: Int(came.result)))) != nil)
                lend(server, Int(came.block)..<Int(came.block) + 1)
            }
        }
        #expect(direct >= RestBuffers.most && server.engine.blocksLent == RestBuffers.most)
    }
}
