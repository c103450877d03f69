import Glibc
import Testing

@testable import Engine

/// What a worker lane makes of servers that do not keep to the protocol.
@Suite struct HostileServerTests {
    private func answers<Way: ReceiveWay>(_ way: Way.Type, _ answer: ([UInt8]) -> [UInt8], closing: Bool, end cause: Counter) {
        let users = ServedByTest<Way>()
        guard let server = users.server() else { return _ = Issue.record("no connection") }
        let response = answer(server.read())
        server.write(response)
        if closing { server.finish() }
        users.settle()
        users.demandEnded(cause, text(response))
    }

    private func answers(_ answer: ([UInt8]) -> [UInt8], closing: Bool = false, end cause: Counter) {
        answers(MayWait.self, answer, closing: closing, end: cause)
        answers(MayNotWait.self, answer, closing: closing, end: cause)
        answers(MayWaitAtRest.self, answer, closing: closing, end: cause)
    }

    @Test func aWrongAnswerToTheHandshakeEndsTheUserForItsCause() {
        typealias Server = ServedByTest<MayWait>
        answers({ _ in bytes("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n") }, end: .errorHandshake)
        answers({ _ in bytes("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n") }, closing: true, end: .errorHandshake)
        answers({ _ in bytes("HTTP/1.1 200 OK\r\n\r\n<html>") }, end: .errorHandshake)
        answers({ _ in Server.accepted(ServedByTarget<MayWait>.handshake) }, end: .errorWrongAccept)
        answers({ request in Array(Server.accepted(request).dropLast(10)) }, closing: true, end: .errorClosedByPeer)
        answers({ _ in bytes("SSH-2.0-OpenSSH_9.2\r\n") }, end: .errorProtocol)
        answers({ _ in bytes("HTTP/1.1 101 Switching Protocols\r\n\r\n") }, end: .errorProtocol)
        answers({ _ in [] }, closing: true, end: .errorClosedByPeer)
        answers({ _ in bytes("HTTP/1.1 101 Switching\r\nX: ") + [UInt8](repeating: 0x61, count: 9_000) }, end: .errorProtocol)
    }

    @Test func aWrongAnswerToTheJoinEndsTheUserForItsCause() {
        typealias Server = ServedByTest<MayWait>
        func after(_ more: [UInt8]) -> ([UInt8]) -> [UInt8] { { Server.accepted($0) + more } }
        let error = #"{"topic":"rooms:lobby","ref":"1","payload":{"status":"error","response":{}},"event":"phx_reply"}"#
        answers(after(Server.frame(.text, bytes(error))), end: .errorJoinRefused)
        answers(after(Server.frame(.text, bytes("not JSON"))), end: .errorProtocol)
        answers(after([0xFF, 0xFF, 0xFF]), end: .errorProtocol)
        answers(after([0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9]), end: .errorProtocol)
        answers(after([0x81, 0x7F, 0, 0, 0, 1, 0, 0, 0, 0]), end: .errorProtocol)
        answers(after(Server.frame(.close, [3, 0xE8])), end: .errorClosedByPeer)
        answers(after([0x88, 0x00]), closing: true, end: .errorClosedByPeer)
    }

    /// A joined user on a server that a test plays.
    private func joined<Way: ReceiveWay>(_ way: Way.Type) -> (ServedByTest<Way>, RawPeer)? {
        let users = ServedByTest<Way>()
        guard let server = users.server() else { return nil }
        server.write(ServedByTest<Way>.accepted(server.read()))
        users.settle()
        _ = server.read()
        server.write(ServedByTest<Way>.joinReply)
        users.settle()
        #expect(users.board[.joined] == 1 && users.board[.rampState] == 2)
        #expect(users.lane.pipe.blocksInUse == 0, "a user at rest holds no buffer")
        return (users, server)
    }

    private func unsolicited<Way: ReceiveWay>(_ way: Way.Type) {
        guard let (users, server) = joined(way) else { return _ = Issue.record("no connection") }
        for number in 0..<100 {
            server.write(ServedByTest<Way>.frame(.text, bytes(#"{"topic":"rooms:lobby","ref":null,"payload":{"n":\#(number)},"event":"new:msg"}"#)))
            server.write(ServedByTest<Way>.frame(.binary, [0, 1, 2]))
            server.write(ServedByTest<Way>.joinReply)
        }
        for number in 0..<20 { server.write(ServedByTest<Way>.frame(.ping, [UInt8(number)])) }
        users.settle()
        #expect(users.board[.joinedNow] == 1 && users.board[.joined] == 1 && users.board.causes == [:])
        let pongs = server.read()
        #expect(pongs.count == 20 * 7, "each ping is answered")
        users.memory.set(.sweep)
        users.settle()
        let heartbeat = server.read()
        #expect(!heartbeat.isEmpty)
        // Another's answer is none.
        server.write(ServedByTest<Way>.joinReply)
        users.settle()
        #expect(users.board[.verified] == 0)
        server.write(ServedByTest<Way>.frame(.text, bytes(#"{"topic":"phoenix","ref":"2","payload":{"status":"ok","response":{}},"event":"phx_reply"}"#)))
        users.settle()
        #expect(users.board[.verified] == 1 && users.board[.sweepState] == 2)
        server.write(ServedByTest<Way>.frame(.close, [3, 0xE9]))
        users.settle()
        users.demandEnded(.errorClosedByPeer, wasJoined: true)
    }

    @Test func whatNobodyAskedForChangesNothing() {
        unsolicited(MayWait.self)
        unsolicited(MayNotWait.self)
        unsolicited(MayWaitAtRest.self)
    }

    private func lastWords<Way: ReceiveWay>(_ way: Way.Type, count: Int) {
        guard let (users, server) = joined(way) else { return _ = Issue.record("no connection") }
        // All of it arrives at once, the end with it.
        for _ in 0..<count { server.write(ServedByTest<Way>.frame(.text, bytes("bye"))) }
        server.finish()
        users.settle()
        users.demandEnded(.errorClosedByPeer, "\(count)", wasJoined: true)
    }

    /// A message, or more than a block of them, and the end behind it with no other sign.
    @Test(arguments: [1, 204, 205, 206, 1_000]) func anEndBehindAMessageIsSeen(count: Int) {
        lastWords(MayWait.self, count: count)
        lastWords(MayNotWait.self, count: count)
        lastWords(MayWaitAtRest.self, count: count)
    }

    private func lostInTheSweep<Way: ReceiveWay>(_ way: Way.Type) {
        guard let (users, server) = joined(way) else { return _ = Issue.record("no connection") }
        users.memory.set(.sweep)
        users.settle()
        server.reset()
        users.settle()
        #expect(users.board[.verifyFailed] == 1 && users.board[.sweepState] == 2)
        users.demandEnded(.errorReset, wasJoined: true)
    }

    @Test func aConnectionLostInTheSweepFailsItAndEndsIt() {
        lostInTheSweep(MayWait.self)
        lostInTheSweep(MayNotWait.self)
        lostInTheSweep(MayWaitAtRest.self)
    }

    /// The answers come in one piece before the sends are reported done.
    @Test(arguments: [UInt64](1...300)) func answersMayOvertakeWhatTheyAnswer(seed: UInt64) {
        func play<Way: ReceiveWay>(_ way: Way.Type) {
            let users = ServedByTest<Way>(users: 3, seed: seed, faults: FaultPlan(delay: 800))
            for _ in 0..<3 {
                guard let server = users.server() else { return _ = Issue.record("no connection") }
                server.write(ServedByTest<Way>.accepted(server.read()) + ServedByTest<Way>.frame(.ping, [1]) + ServedByTest<Way>.joinReply)
            }
            users.settle()
            #expect(users.board[.joined] == 3 && users.kernel.violations == [])
            #expect(users.lane.pipe.blocksInUse == 0)
        }
        play(MayWait.self)
        play(MayNotWait.self)
        play(MayWaitAtRest.self)
    }

    @Test func refusedUsersRetryAsOftenAsAllowedAndGiveUp() {
        func play<Way: ReceiveWay>(_ way: Way.Type) {
            let users = ServedByTest<Way>(users: 5, retries: 4, ports: 2_000...2_001, faults: FaultPlan(failedConnect: 1_000))
            users.settle()
            #expect(users.board[.usersStarted] == 5 && users.board[.usersEnded] == 5 && users.board[.errorGaveUp] == 5)
            #expect(users.board[.attempts] == 25 && users.board[.retries] == 20)
            #expect(users.board.causes.values.reduce(0, +) == 30)
            #expect(users.board[.rampState] == 2)
        }
        play(MayWait.self)
        play(MayNotWait.self)
        play(MayWaitAtRest.self)
    }

    @Test func aWorkerWithoutBuffersEndsUsersAndGoesOn() {
        func play<Way: ReceiveWay>(_ way: Way.Type) {
            let users = ServedByTest<Way>(users: 4)
            users.settle()
            let servers = (0..<4).compactMap { _ in users.kernel.accept() }
            var taken: [UInt32] = []
            while users.lane.pipe.blocks.available > 0 { taken.append(users.lane.pipe.blocks.take()) }
            for server in servers.prefix(2) { server.write(ServedByTest<Way>.accepted(server.read())) }
            users.settle()
            // The first one's end may free the buffer that saves the second.
            let starved = users.board[.errorNoBuffer]
            #expect(starved == 1 || starved == 2)
            for block in taken { users.lane.pipe.blocks.giveBack(block) }
            for server in servers.suffix(2) { server.write(ServedByTest<Way>.accepted(server.read())) }
            users.settle()
            #expect(users.board[.connectedNow] == 4 - starved)
            for server in servers { server.finish() }
            users.settle()
            #expect(users.board[.usersEnded] == 4 && users.board.causes.values.reduce(0, +) == 4)
            #expect(users.lane.pipe.blocksInUse == 0 && users.kernel.violations == [])
        }
        play(MayWait.self)
        play(MayNotWait.self)
        play(MayWaitAtRest.self)
    }
}
