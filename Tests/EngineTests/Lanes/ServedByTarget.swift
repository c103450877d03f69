@testable import Engine

/// A target lane on a simulated kernel, and clients that a test plays itself.
final class ServedByTarget<Way: ReceiveWay>: CustomReflectable {
    /// A failed expectation prints what it speaks of; reflection knows nothing of what cannot be copied.
    var customMirror: Mirror { Mirror(self, children: []) }

    let memory = BoardMemory(targetLanes: 1, workerLanes: 0)
    let kernel: SimulatedKernel
    let log = BroadcastLog.open()
    var lane: TargetLane<ScriptedProactor<Way>>

    init(seed: UInt64 = 1, faults: FaultPlan = .none, capacity: Int = 60, rules: TargetRules = TargetRules()) {
        kernel = SimulatedKernel(seed: seed, faults: faults)
        memory.board.chain(0).pointee.store(1, ordering: .releasing)
        memory.board[.targetLanesTaken].store(1, ordering: .releasing)
        var settings = TestUsers.target(capacity: capacity, slots: 64)
        settings.rules = rules
        settings.origins = rules.origins.flatMap { OriginCheck(hosts: $0) }
        settings.page = TestUsers.page
        settings.broadcasts = log
        lane = TargetLane(
            engine: ScriptedProactor<Way>(kernel, slots: 64), settings: settings, run: memory.board, cpus: [-1],
            footprint: memory.footprint(
                [FootprintPart(bytes: 96, access: .copy), FootprintPart(bytes: 32, access: .touch, hibernatedBytes: 16)], slots: 64,
                hibernateAfterNanoseconds: 2_000_000))
        lane.begin()
    }

    var board: LaneBoard { lane.board }

    /// Until nothing is under way; false when it goes on for ever.
    @discardableResult func settle() -> Bool {
        for _ in 0..<20_000 {
            lane.pass()
            if kernel.isQuiet { return true }
        }
        return false
    }

    /// A client with an open WebSocket at `path`; what it was answered is read.
    func client(at path: String) -> RawPeer {
        let client = kernel.connect()
        client.write(ServedByTarget.handshake(path))
        settle()
        _ = client.read()
        return client
    }

    /// Sends and returns the frames of the answer.
    func ask(_ client: RawPeer, _ bytes: [UInt8]) -> [(opcode: Opcode, payload: [UInt8])] {
        client.write(bytes)
        settle()
        return serverFrames(client.read()) ?? []
    }

    /// The texts of the answer to a text.
    func ask(_ client: RawPeer, _ message: String) -> [String] {
        ask(client, ServedByTarget.frame(.text, bytes(message))).map { text($0.payload) }
    }

    /// A client with an open WebSocket, joined if so wished; what it was answered is read.
    func client(joined: Bool = false) -> RawPeer {
        let client = kernel.connect()
        client.write(ServedByTarget.handshake)
        settle()
        if joined {
            client.write(ServedByTarget.join)
            settle()
        }
        _ = client.read()
        return client
    }

    /// All that must be so when nobody is connected any more.
    var wrongs: [String] {
        var wrongs = kernel.violations
        let used = lane.pipe.blocksInUse
        if used != 0 { wrongs.append("\(used) blocks missing") }
        if lane.pipe.assemblies.buffers.count != 0 || lane.pipe.assemblies.buffers.bytes != 0 { wrongs.append("large buffers are left") }
        if lane.patience.handshakes != 0 { wrongs.append("\(lane.patience.handshakes) handshakes are left") }
        if lane.fanOut.isAnyoneBehind || board[.channelsNow] != 0 { wrongs.append("a channel is left") }
        if board[.openNow] != 0 || kernel.endpoints[0].openSockets != 0 { wrongs.append("\(board[.openNow]) still open") }
        if board[.footprintBytes] != 0 || board[.hibernatedNow] != 0 { wrongs.append("\(board[.footprintBytes]) bytes of footprint left") }
        if board[.accepted] != board[.closed] { wrongs.append("accepted is not closed") }
        return wrongs
    }

    static var handshake: [UInt8] {
        written { TestUsers.request.write(Keyed(seed: 1, user: 1), attempt: 0, to: $0) }
    }

    static var join: [UInt8] { originalJoinFrame(user: 1, mask: 0x1234_5678) }

    static func heartbeat(_ ref: UInt64) -> [UInt8] {
        written { PhoenixV1.writeHeartbeatFrame(ref: ref, mask: 0x0BAD_CAFE, to: $0) }
    }

    static func handshake(_ path: String, headers: String = "") -> [UInt8] {
        bytes(
            "GET \(path) HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(headers)\r\n")
    }

    /// A client's frame, masked.
    static func frame(_ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        let mask: UInt32 = 0xA1B2_C3D4
        let header = written { Frame.writeMaskedHeader(opcode, payloadBytes: payload.count, mask: mask, isFinal: isFinal, to: $0) }
        var masked = payload
        masked.withUnsafeMutableBytes { if let start = $0.baseAddress { Mask.apply(mask, to: start, count: $0.count) } }
        return header + masked
    }
}

/// The frames a server sent, taken apart.
func serverFrames(_ bytes: [UInt8]) -> [(opcode: Opcode, payload: [UInt8])]? {
    var frames: [(opcode: Opcode, payload: [UInt8])] = []
    var at = 0
    while at < bytes.count {
        let parsed = bytes[at...].withUnsafeBytes { Frame.parse($0, fromClient: false, payloadLimit: 1 << 24) }
        guard case .header(let header) = parsed else { return nil }
        let start = at + Int(header.headerBytes)
        guard start + header.payloadBytes <= bytes.count else { return nil }
        frames.append((header.opcode, Array(bytes[start..<start + header.payloadBytes])))
        at = start + header.payloadBytes
    }
    return frames
}
