import Glibc
import Testing

@testable import Engine

/// A worker lane on a simulated kernel, and the servers that a test plays itself.
final class ServedByTest<Way: ReceiveWay>: CustomReflectable {
    /// A failed expectation prints what it speaks of; reflection knows nothing of what cannot be copied.
    var customMirror: Mirror { Mirror(self, children: []) }

    let memory = BoardMemory(targetLanes: 0, workerLanes: 1)
    let kernel: SimulatedKernel
    var lane: WorkerLane<ScriptedProactor<Way>>

    init(
        users: Int = 1, retries: Int = 3, ports: ClosedRange<UInt16>? = nil, seed: UInt64 = 1, faults: FaultPlan = .none,
        script: Script = TestUsers.published
    ) {
        kernel = SimulatedKernel(seed: seed, faults: faults)
        lane = WorkerLane(
            engine: ScriptedProactor<Way>(kernel, slots: users),
            settings: TestUsers.worker(users: users, seed: 7, window: users, ports: memory.ports(ports), retries: retries, script: script),
            run: memory.board)
        memory.set(.ramp)
        lane.begin()
        lane.pass()
    }

    var board: LaneBoard { lane.board }

    /// Until nothing is under way; retries are waited for.
    func settle() {
        for _ in 0..<20_000 {
            lane.pass()
            if kernel.isQuiet && lane.wheelCount == 0 {
                // What a lane says of itself it says when it comes round again.
                lane.pass()
                if kernel.isQuiet { return }
            }
        }
        Issue.record("there was no quiet")
    }

    /// The next user's connection, its request read.
    func server() -> RawPeer? {
        settle()
        guard let server = kernel.accept() else { return nil }
        settle()
        return server
    }

    /// What a good server answers to a request.
    static func accepted(_ request: [UInt8]) -> [UInt8] {
        request.withUnsafeBytes { bytes in
            guard case .accepted(let head) = UpgradeRequest.parse(bytes) else { return [] }
            return written { UpgradeResponse.writeAccepted(key: bytes.baseAddress! + Int(head.key.start), to: $0) }
        }
    }

    static var joinReply: [UInt8] { written { PhoenixV1.writeJoinReplyFrame(to: $0) } }

    static func frame(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        written { Frame.writeHeader(opcode, payloadBytes: payload.count, isFinal: isFinal, to: $0) } + payload
    }

    /// An open WebSocket whose user has played nothing yet; what it said is read.
    func opened() -> RawPeer? {
        guard let server = server() else { return nil }
        server.write(ServedByTest.accepted(server.read()))
        settle()
        return server
    }

    /// The user ended for this cause alone, and nothing of it is left.
    func demandEnded(_ cause: Counter, _ note: String = "", wasJoined: Bool = false) {
        #expect(board.causes == [cause: 1], "\(note)")
        #expect(board[.usersEnded] == 1 && board[.openNow] == 0 && board[.joinedNow] == 0 && board[.connectedNow] == 0)
        #expect(board[.lost] == (wasJoined ? 1 : 0) && lane.inFlight == 0)
        #expect(board[.rampState] == 2)
        #expect(lane.pipe.blocksInUse == 0 && kernel.endpoints[0].openSockets == 0)
        #expect(kernel.violations == [])
    }
}

/// The frames a user sent, taken apart and unmasked; nil when that is not possible.
func clientFrames(_ bytes: [UInt8]) -> [(opcode: Opcode, payload: [UInt8])]? {
    var frames: [(opcode: Opcode, payload: [UInt8])] = []
    var at = 0
    while at < bytes.count {
        let parsed = bytes[at...].withUnsafeBytes { Frame.parse($0, fromClient: true, payloadLimit: 64 << 20) }
        guard case .header(let header) = parsed, header.isFinal else { return nil }
        let start = at + Int(header.headerBytes)
        guard start + header.payloadBytes <= bytes.count else { return nil }
        var payload = Array(bytes[start..<start + header.payloadBytes])
        payload.withUnsafeMutableBytes { if let start = $0.baseAddress { Mask.apply(header.mask, to: start, count: $0.count) } }
        frames.append((header.opcode, payload))
        at = start + header.payloadBytes
    }
    return frames
}
