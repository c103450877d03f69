import Testing

@testable import Engine

/// RFC 6455 as users keep to it, against servers that a test plays: echoes, refusals, goodbyes.
@Suite struct UserProtocolTests {
    private nonisolated(unsafe) static let echo = TestUsers.script([.connect, .echo])
    private nonisolated(unsafe) static let close = TestUsers.script([.connect, .close])
    private nonisolated(unsafe) static let closeInLobby = TestUsers.script([.connect, .join(topic: "rooms:lobby"), .close])

    private func users<Way: ReceiveWay>(_ way: Way.Type, _ script: Script, seed: UInt64 = 1, faults: FaultPlan = .none) -> (ServedByTest<Way>, RawPeer)? {
        let users = ServedByTest<Way>(seed: seed, faults: faults, script: script)
        guard let server = users.opened() else { return nil }
        return (users, server)
    }

    private func frame(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        ServedByTest<MayWait>.frame(opcode, payload, isFinal: isFinal)
    }

    // MARK: echo

    private func echoes<Way: ReceiveWay>(_ way: Way.Type, seed: UInt64, faults: FaultPlan) {
        guard let (users, server) = users(way, Self.echo, seed: seed, faults: faults) else { return _ = Issue.record("no connection") }
        var random = SplitMix64(seed: seed)
        var sent: [(Opcode, [UInt8])] = []
        var pings: [[UInt8]] = []
        var heard: [(opcode: Opcode, payload: [UInt8])] = []
        func ping() {
            pings.append([UInt8](repeating: UInt8(pings.count & 255), count: Int(random.next() % 126)))
            server.write(frame(.ping, pings[pings.count - 1]))
        }
        var rest: [UInt8] = []
        for _ in 0..<12 {
            let isText = random.next() & 1 == 0
            let size = [0, 1, 125, 126, 1_000, 1_020, 1_022, 5_000, 65_535, 65_536, 200_000][Int(random.next() % 11)]
            // Two bytes a character, so that fragments end within one.
            let payload = isText ? bytes(String(repeating: "ä", count: size / 2)) : (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            sent.append((isText ? .text : .binary, payload))
            let pieces = 1 + Int(random.next() % 5)
            for piece in 0..<pieces {
                let part = Array(payload[payload.count * piece / pieces..<payload.count * (piece + 1) / pieces])
                server.write(frame(piece > 0 ? .continuation : isText ? .text : .binary, part, isFinal: piece == pieces - 1))
                if random.next() % 3 == 0 { ping() }
            }
            if random.next() & 1 == 0 { users.settle() }
            rest += server.read()
        }
        users.settle()
        rest += server.read()
        heard = clientFrames(rest) ?? []
        let answers = heard.filter { $0.opcode == .text || $0.opcode == .binary }
        #expect(answers.map(\.payload) == sent.map(\.1) && answers.map(\.opcode) == sent.map(\.0), "seed \(seed)")
        #expect(heard.filter { $0.opcode == .pong }.map(\.payload) == pings, "seed \(seed)")
        #expect(users.board[.echoed] == 12 && users.board.causes == [:])
        server.write(frame(.close, [0x03, 0xE8]))
        users.settle()
        #expect(clientFrames(server.read()).map { $0.map(\.payload) } == [[0x03, 0xE8]] && server.isOver && users.board[.finished] == 0)
        server.finish()
        users.settle()
        finished(users, "seed \(seed)")
    }

    @Test func everyMessageComesBackAsItCame() {
        for seed in 1...25 as ClosedRange<UInt64> {
            echoes(MayWait.self, seed: seed, faults: seed & 1 == 0 ? .none : .harmless)
            echoes(MayNotWait.self, seed: seed, faults: seed & 1 == 0 ? .none : .harmless)
            echoes(MayWaitAtRest.self, seed: seed, faults: seed & 1 == 0 ? .none : .harmless)
        }
    }

    private func largest<Way: ReceiveWay>(_ way: Way.Type) {
        guard let (users, server) = users(way, Self.echo) else { return _ = Issue.record("no connection") }
        let payload = [UInt8](repeating: 0x2A, count: 16 << 20)
        server.write(frame(.binary, payload))
        users.settle()
        let answer = clientFrames(server.read())
        #expect(answer?.count == 1 && answer?[0].payload == payload)
        #expect(users.lane.pipe.assemblies.buffers.count == 0)
    }

    @Test func whatConformanceSuitesSendAtMostComesBack() { largest(MayWait.self) }

    /// The session is over without an error, and nothing is left.
    private func finished<Way: ReceiveWay>(_ users: ServedByTest<Way>, _ note: String = "") {
        let board = users.board
        #expect(board[.finished] == 1 && board[.usersEnded] == 1 && board.causes == [:] && board[.lost] == 0, "\(note): \(board.causes)")
        #expect(board[.openNow] == 0 && board[.connectedNow] == 0 && board[.joinedNow] == 0 && users.lane.presentNow == 0, "\(note)")
        #expect(users.lane.pipe.blocksInUse == 0, "\(note)")
        #expect(users.lane.pipe.assemblies.buffers.count == 0 && users.kernel.endpoints[0].openSockets == 0, "\(note)")
        #expect(users.kernel.violations == [], "\(note)")
    }

    // MARK: refusals

    private static let violations: [(String, [UInt8], UInt16)] = [
        ("a reserved bit", [0xC1, 0x00], 1002), ("a reserved opcode", [0x83, 0x00], 1002), ("a reserved control opcode", [0x8B, 0x00], 1002),
        ("a masked frame", [0x81, 0x81, 1, 2, 3, 4, 5], 1002), ("a continuation of nothing", [0x80, 0x01, 0x61], 1002),
        ("a message within another", [0x01, 0x01, 0x61, 0x81, 0x01, 0x62], 1002), ("a ping in fragments", [0x09, 0x01, 0x61], 1002),
        ("a ping of 126 bytes", [0x89, 0x7E, 0x00, 0x7E], 1002), ("a length that is longer than it need be", [0x81, 0x7E, 0x00, 0x05], 1002),
        ("a text that is no UTF-8", [0x81, 0x02, 0xC3, 0x28], 1007), ("a text that ends within a character", [0x81, 0x01, 0xC3], 1007),
        ("a fragment that is no UTF-8", [0x01, 0x01, 0xC3, 0x00, 0x01, 0x28], 1007),
        ("a text that ends within a character, in fragments", [0x01, 0x01, 0x61, 0x80, 0x01, 0xC3], 1007),
        ("a close with half a code", [0x88, 0x01, 0x03], 1002), ("a close with 1005", [0x88, 0x02, 0x03, 0xED], 1002),
        ("a close with 999", [0x88, 0x02, 0x03, 0xE7], 1002), ("a close whose reason is no UTF-8", [0x88, 0x04, 0x03, 0xE8, 0xC3, 0x28], 1007),
        ("a frame that is too long", [0x82, 0x7F, 0, 0, 0, 0, 0x10, 0, 0, 0], 1009),
    ]

    private func refuses<Way: ReceiveWay>(_ way: Way.Type, _ script: Script, ends: Bool) {
        for (name, sent, code) in Self.violations {
            guard let (users, server) = users(way, script) else { return _ = Issue.record("no connection") }
            _ = server.read()
            server.write(sent)
            users.settle()
            let said = clientFrames(server.read())
            #expect(said?.count == 1 && said?[0].opcode == .close && said?[0].payload == [UInt8(code >> 8), UInt8(code & 255)], "\(name): \(said ?? [])")
            #expect(server.isOver, "\(name)")
            if !ends {
                // What the server goes on to say is not read any more, and not answered.
                server.write(frame(.ping, [1]) + [0xFF, 0xFF])
                users.settle()
                #expect(server.read() == [] && users.board[.usersEnded] == 0, "\(name)")
                server.finish()
                users.settle()
            }
            #expect(users.board.causes == [.errorProtocol: 1] && users.board[.usersEnded] == 1 && users.board[.openNow] == 0, "\(name): \(users.board.causes)")
            #expect(users.lane.pipe.blocksInUse == 0 && users.lane.pipe.assemblies.buffers.count == 0, "\(name)")
            #expect(users.kernel.violations == [], "\(name)")
        }
    }

    @Test func brokenRulesAreAnsweredWithTheirCode() {
        refuses(MayWait.self, Self.echo, ends: false)
        refuses(MayNotWait.self, Self.echo, ends: false)
        refuses(MayWaitAtRest.self, Self.echo, ends: false)
        refuses(MayWait.self, TestUsers.published, ends: true)
        refuses(MayNotWait.self, TestUsers.published, ends: true)
        refuses(MayWaitAtRest.self, TestUsers.published, ends: true)
    }

    // MARK: goodbyes

    private func goodbyes<Way: ReceiveWay>(_ way: Way.Type) {
        for (sent, answer) in [
            ([], []), ([0x03, 0xE8], [0x03, 0xE8]), ([0x0B, 0xB8] + bytes("bye"), [0x0B, 0xB8]), ([0x13, 0x87], [0x13, 0x87]),
        ] as [([UInt8], [UInt8])] {
            for script in [Self.echo, TestUsers.published] {
                guard let (users, server) = users(way, script) else { return _ = Issue.record("no connection") }
                _ = server.read()
                server.write(frame(.close, sent))
                users.settle()
                let said = clientFrames(server.read())
                #expect(said?.count == 1 && said?[0].opcode == .close && said?[0].payload == answer && server.isOver)
                server.finish()
                users.settle()
                if script.echoes { finished(users) } else { users.demandEnded(.errorClosedByPeer) }
            }
        }
    }

    @Test func aServersGoodbyeIsAnsweredWithItsCode() {
        goodbyes(MayWait.self)
        goodbyes(MayNotWait.self)
        goodbyes(MayWaitAtRest.self)
    }

    /// Seconds pass.
    private func wait<Way: ReceiveWay>(_ users: ServedByTest<Way>, seconds: UInt64) {
        users.kernel.time += seconds * 1_000_000_000
        users.settle()
        users.settle()
    }

    private func endings<Way: ReceiveWay>(_ way: Way.Type) {
        for how in 0..<5 {
            guard let (users, server) = users(way, Self.close) else { return _ = Issue.record("no connection") }
            let said = clientFrames(server.read())
            #expect(said?.count == 1 && said?[0].opcode == .close && said?[0].payload == [0x03, 0xE8])
            #expect(users.board[.finished] == 0 && users.lane.presentNow == 0)
            switch how {
            case 0: server.write(frame(.text, bytes("late")) + frame(.ping, [1]) + frame(.close, [0x03, 0xE8]))
            case 1: server.finish()
            case 2: server.reset()
            case 3: server.write([0xFF, 0xFF])
            default: wait(users, seconds: 4)
            }
            users.settle()
            #expect(server.read() == [], "after a goodbye nothing is said")
            finished(users, "\(how)")
        }
    }

    @Test func aUsersGoodbyeEndsItsSessionWhateverTheServerMakesOfIt() {
        endings(MayWait.self)
        endings(MayNotWait.self)
        endings(MayWaitAtRest.self)
    }

    private func silentServer<Way: ReceiveWay>(_ way: Way.Type) {
        guard let (users, server) = users(way, Self.echo) else { return _ = Issue.record("no connection") }
        server.write(frame(.close, [0x03, 0xE8]))
        users.settle()
        #expect(users.board[.usersEnded] == 0)
        wait(users, seconds: 4)
        finished(users)
    }

    @Test func aServerThatNeverClosesIsNotWaitedForForEver() {
        silentServer(MayWait.self)
        silentServer(MayNotWait.self)
        silentServer(MayWaitAtRest.self)
    }

    private func rudeServers<Way: ReceiveWay>(_ way: Way.Type) {
        guard let (first, server) = users(way, Self.echo) else { return _ = Issue.record("no connection") }
        server.finish()
        first.settle()
        finished(first)
        guard let (second, other) = users(way, Self.echo) else { return _ = Issue.record("no connection") }
        other.reset()
        second.settle()
        #expect(second.board.causes == [.errorReset: 1] && second.board[.lost] == 1 && second.board[.finished] == 0)
    }

    @Test func anEchoEndsWithTheConnection() {
        rudeServers(MayWait.self)
        rudeServers(MayNotWait.self)
        rudeServers(MayWaitAtRest.self)
    }

    private func goodbyeInLobby<Way: ReceiveWay>(_ way: Way.Type) {
        guard let (users, server) = users(way, Self.closeInLobby) else { return _ = Issue.record("no connection") }
        _ = server.read()
        server.write(ServedByTest<Way>.joinReply)
        users.settle()
        #expect(users.board[.joined] == 1 && users.board[.joinedNow] == 0 && users.board[.connectedNow] == 1, "it has said goodbye")
        users.memory.set(.sweep)
        users.settle()
        #expect(users.board[.sweepAsked] == 0 && users.board[.sweepState] == 2)
        server.write(frame(.close, [0x03, 0xE8]))
        users.settle()
        finished(users)
    }

    @Test func whoHasSaidGoodbyeIsNotAsked() {
        goodbyeInLobby(MayWait.self)
        goodbyeInLobby(MayNotWait.self)
        goodbyeInLobby(MayWaitAtRest.self)
    }

    // MARK: answers

    private func refusals<Way: ReceiveWay>(_ way: Way.Type) {
        let push = SessionStep.push(topic: "rooms:lobby", event: "e", payload: "{}", .reply)
        let script = TestUsers.script([.connect, .join(topic: "rooms:lobby"), push, push, push, .rest])
        guard let (users, server) = users(way, script) else { return _ = Issue.record("no connection") }
        server.write(ServedByTest<Way>.joinReply)
        users.settle()
        _ = server.read()
        func message(_ ref: String, _ event: String, _ status: String = "ok") -> [UInt8] {
            frame(.text, bytes(#"{"topic":"rooms:lobby","ref":\#(ref),"payload":{"status":"\#(status)","response":{}},"event":"\#(event)"}"#))
        }
        // None of these is the answer: another's, a broadcast, the end of an earlier join.
        server.write(message(#""1""#, "phx_reply") + message("null", "e") + message("null", "phx_close"))
        users.settle()
        #expect(server.read() == [] && users.board[.messagesAnswered] == 1)
        server.write(message(#""2""#, "phx_reply", "error"))
        users.settle()
        #expect(clientFrames(server.read())?.count == 1 && users.board[.messagesRefused] == 1)
        server.write(message("null", "phx_error"))
        users.settle()
        #expect(clientFrames(server.read())?.count == 1 && users.board[.messagesRefused] == 2)
        server.write(message(#""4""#, "phx_reply"))
        users.settle()
        let board = users.board
        #expect(board[.messagesAnswered] == 4 && board[.messagesRefused] == 2 && board[.messagesSent] == 4 && board.causes == [:])
        #expect(users.lane.connections[0].peer.state == UserState.resting && board[.joinedNow] == 1)
    }

    private func broadcasts<Way: ReceiveWay>(_ way: Way.Type) {
        let push = SessionStep.push(topic: "rooms:lobby", event: "e", payload: #"{"user":"%%user%%","body":"hi"}"#, .broadcast)
        let script = TestUsers.script([.connect, .join(topic: "rooms:lobby"), push, push, .rest])
        guard let (users, server) = users(way, script) else { return _ = Issue.record("no connection") }
        server.write(ServedByTest<Way>.joinReply)
        users.settle()
        guard let sent = clientFrames(server.read())?.last, let number = try? /"user":"(\d+)"/.firstMatch(in: text(sent.payload))?.1 else {
            return _ = Issue.record("no push")
        }
        func message(_ ref: String, _ event: String, _ payload: String) -> [UInt8] {
            frame(.text, bytes(#"{"topic":"rooms:lobby","ref":\#(ref),"payload":\#(payload),"event":"\#(event)"}"#))
        }
        // None of these is its own: the reply to it, another event, another user's, one that has lost a member.
        server.write(message(#""2""#, "phx_reply", #"{"status":"ok","response":{}}"#) + message("null", "f", #"{"user":"\#(number)","body":"hi"}"#))
        server.write(message("null", "e", #"{"user":"0","body":"hi"}"#) + message("null", "e", #"{"user":"\#(number)"}"#))
        users.settle()
        #expect(server.read() == [] && users.board[.messagesAnswered] == 1)
        server.write(message("null", "e", #"{"body":"hi","at":7,"user":"\#(number)"}"#))
        users.settle()
        #expect(clientFrames(server.read())?.count == 1 && users.board[.messagesAnswered] == 2)
        // The second is refused: no broadcast will come.
        server.write(message(#""3""#, "phx_reply", #"{"status":"error","response":{}}"#))
        users.settle()
        let board = users.board
        #expect(board[.messagesAnswered] == 3 && board[.messagesRefused] == 1 && board.causes == [:])
        #expect(users.lane.connections[0].peer.state == UserState.resting)
        #expect(users.lane.pipe.blocksInUse == 0)
        func measured(_ latency: Latency) -> UInt64 {
            var sum = HistogramSum()
            sum.add(board.histogram(latency))
            return sum.count
        }
        #expect(measured(.broadcast) == 1 && measured(.reply) == 1)
    }

    @Test func aPushWaitsForItsOwnBroadcast() {
        broadcasts(MayWait.self)
        broadcasts(MayNotWait.self)
        broadcasts(MayWaitAtRest.self)
    }

    @Test func anErrorIsAnAnswerAndEndsNobody() {
        refusals(MayWait.self)
        refusals(MayNotWait.self)
        refusals(MayWaitAtRest.self)
    }
}
