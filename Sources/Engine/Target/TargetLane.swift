import CLab
import Glibc

/// Everything a target lane is told at its start.
struct TargetLaneSettings {
    /// This lane's number on the board.
    var lane: Int
    /// It stops accepting with so many connections open.
    var capacity: Int
    /// Size of its descriptor table: `capacity` and what may be accepted until the stop takes effect.
    var slots: Int
    /// Listening sockets: for each chain one for each port.
    var listeners: [Int32]
    var portCount: Int
    var chainCount: Int
    /// The path that is answered with a WebSocket.
    var path: StaticBytes
    var bell: Int32
}

/// Bytes that outlive every lane.
struct StaticBytes {
    let bytes: UnsafeRawBufferPointer

    /// Copies a text once, for good.
    init(_ text: String) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        bytes = UnsafeRawBufferPointer(copy)
    }
}

/// Where a connection stands, in `Peer.state`.
enum ServedState {
    static let free: UInt8 = 0
    static let handshake: UInt8 = 1
    static let open: UInt8 = 2
}

/// A thread's worth of the server's connections.
///
/// Lanes share the listening sockets in chains: of each chain one lane accepts, until it is full, and hands the chain to
/// the next lane that is free. So few lanes are busy at a time, and a connection is never moved.
struct TargetLane<Engine: Proactor & ~Copyable>: ~Copyable {
    var pipe: Pipe<Engine>
    let settings: TargetLaneSettings
    let run: Board
    var memo: UpgradeMemo
    let memoMemory: UnsafeMutableRawPointer
    let board: LaneBoard
    let peers: UnsafeMutablePointer<Peer>
    /// The chain this lane serves, or -1.
    var chain = -1
    var open = 0
    var isFull = false
    /// The CPU of each chain; negative leaves the choice to the scheduler.
    let cpus: [Int32]

    init(engine: consuming Engine, settings: TargetLaneSettings, run: Board, cpus: [Int32]) {
        self.cpus = cpus
        self.settings = settings
        self.run = run
        board = run.target(settings.lane)
        pipe = Pipe(engine: engine, board: board)
        memoMemory = Pages.map(bytes: HTTPHead.limitBytes)
        memo = UpgradeMemo(storage: memoMemory)
        peers = Pages.map(bytes: settings.slots * MemoryLayout<Peer>.stride)
            .bindMemory(to: Peer.self, capacity: settings.slots)
    }

    deinit {
        Pages.unmap(UnsafeMutableRawPointer(peers), bytes: settings.slots * MemoryLayout<Peer>.stride)
        Pages.unmap(memoMemory, bytes: HTTPHead.limitBytes)
    }

    /// Runs until the board says that the run is over.
    mutating func serve() {
        begin()
        while run.phase != .release { pass() }
    }

    mutating func begin() {
        pipe.engine.listenToBell(settings.bell)
        takeChain()
    }

    /// Waits for completions and handles them: once round the loop.
    mutating func pass() {
        board.add(.submits)
        pipe.engine.submit(waitNanoseconds: nil)
        while let completion = pipe.engine.next() { handle(completion) }
    }

    // MARK: accepting

    /// Begins to accept if a chain was handed to this lane.
    private mutating func takeChain() {
        guard chain < 0 && !isFull else { return }
        for index in 0..<settings.chainCount where run.chain(index).pointee.load(ordering: .acquiring) == UInt64(settings.lane + 1) {
            chain = index
            if cpus[index] >= 0 {
                var cpu = cpus[index]
                _ = simbench_set_affinity(&cpu, 1)
            }
            for port in 0..<settings.portCount {
                pipe.engine.accept(from: settings.listeners[index * settings.portCount + port])
            }
            return
        }
    }

    private mutating func noteFull() {
        guard !isFull else { return }
        isFull = true
        pipe.engine.stopAccepting()
    }

    /// Accepting has ended: the next free lane takes over.
    private mutating func handOver() {
        guard chain >= 0 else { return }
        let next = run[.targetLanesTaken].wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
        run.chain(chain).pointee.store(next < UInt64(run.targetLanes) ? next + 1 : 0, ordering: .releasing)
        chain = -1
        var one: UInt64 = 1
        _ = write(settings.bell, &one, 8)
    }

    private mutating func accepted(_ completion: Completion) {
        guard completion.result >= 0 else {
            if completion.result == -ENFILE || completion.result == -EMFILE {
                board.add(.acceptTableFull)
                noteFull()
            } else {
                board.add(.acceptErrors)
            }
            return
        }
        let slot = completion.handle.slot
        let index = Int(slot)
        guard index < settings.slots else { return board.add(.acceptErrors) }
        peers[index] = Peer(generation: peers[index].generation &+ 1, state: ServedState.handshake)
        open += 1
        board.add(.accepted)
        board.add(.openNow)
        pipe.engine.adopt(Handle(slot: slot, generation: peers[index].generation))
        pipe.expect(slot, &peers[index])
        if open >= settings.capacity { noteFull() }
    }

    // MARK: completions

    private mutating func handle(_ completion: Completion) {
        switch completion.operation {
        case .bell: return takeChain()
        case .accepted: return accepted(completion)
        case .acceptEnded: return handOver()
        default: break
        }
        let slot = completion.handle.slot
        let index = Int(slot)
        guard index < settings.slots, peers[index].generation == completion.handle.generation else {
            return pipe.discard(completion)
        }
        switch completion.operation {
        case .received:
            switch pipe.arrived(completion, &peers[index]) {
            // After nothing there is nothing to read, but something to wait for.
            case .bytes, .nothing: digest(slot)
            case .ended: end(slot)
            }
        case .sent:
            pipe.sent(completion, &peers[index])
            if completion.result < 0 || peers[index].has(Peer.Flag.closing) { return end(slot) }
            if peers[index].carried > 0 { digest(slot) }
        case .ready:
            if !pipe.ready(slot, &peers[index], happened: completion.result) {
                board.add(.errorNoBuffer)
                end(slot)
            }
        default: break
        }
    }

    private mutating func end(_ slot: UInt32) {
        let index = Int(slot)
        guard peers[index].state != ServedState.free else { return }
        open -= 1
        board.add(.closed)
        board.subtract(.openNow)
        pipe.close(slot, &peers[index])
    }

    // MARK: the protocol

    /// Reads what has arrived, message by message; while an answer is on its way the next message waits.
    private mutating func digest(_ slot: UInt32) {
        let index = Int(slot)
        while peers[index].carried > 0, peers[index].sending == Peer.noBlock {
            let bytes = pipe.waiting(peers[index])
            let used = peers[index].state == ServedState.handshake ? readUpgrade(slot, bytes) : readFrame(slot, bytes)
            guard used > 0 else { break }
            guard peers[index].state != ServedState.free else { return }
            pipe.consume(used, &peers[index])
        }
        settle(slot)
    }

    /// Nothing more can be read now: says how the next bytes will be noticed.
    private mutating func settle(_ slot: UInt32) {
        let index = Int(slot)
        guard peers[index].state != ServedState.free, !peers[index].has(Peer.Flag.closing) else { return }
        // Messages that wait for an answer to be sent are read then; nothing is received behind them.
        if peers[index].carried > 0 && peers[index].sending != Peer.noBlock { return }
        if Int(peers[index].carried) == Blocks.bytes {
            // A whole block without a whole message in it, unless an answer is still on its way.
            if peers[index].sending == Peer.noBlock { refuse(slot, peers[index].state == ServedState.handshake ? nil : .messageTooBig) }
        } else if peers[index].has(Peer.Flag.joined) {
            pipe.rest(slot, &peers[index])
        } else {
            pipe.expect(slot, &peers[index])
        }
    }

    private mutating func readUpgrade(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let index = Int(slot)
        switch memo.parse(bytes) {
        case .needMore: return 0
        case .accepted(let head):
            guard head.path.bytes(in: bytes).equals(settings.path.bytes) else { return refuse(slot, .notFound) }
            guard head.vsn == .absent || head.vsn == .v1 else { return refuse(slot, .forbidden) }
            guard let message = pipe.compose() else { return starve(slot) }
            let key = bytes.baseAddress.unsafelyUnwrapped + Int(head.key.start)
            let count = UpgradeResponse.writeAccepted(key: key, to: message.bytes)
            peers[index].state = ServedState.open
            board.add(.upgraded)
            pipe.transmit(slot, &peers[index], block: message.block, count: count)
            return head.headBytes
        case .plain: return refuse(slot, .notFound)
        case .rejected(let status): return refuse(slot, status)
        }
    }

    private mutating func readFrame(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> Int {
        switch Frame.parse(bytes, fromClient: true, payloadLimit: Blocks.bytes - Frame.maximumHeaderBytes) {
        case .needMore: return 0
        case .violation(let code):
            refuse(slot, code)
            return 0
        case .header(let header):
            let start = Int(header.headerBytes)
            let total = start &+ header.payloadBytes
            guard bytes.count >= total else { return 0 }
            let payload = UnsafeMutableRawPointer(mutating: bytes.baseAddress.unsafelyUnwrapped) + start
            Mask.apply(header.mask, to: payload, count: header.payloadBytes)
            board.add(.framesIn)
            answer(slot, header, UnsafeRawBufferPointer(start: payload, count: header.payloadBytes))
            return total
        }
    }

    /// Answers one frame of a client. Fragmented messages are refused: none of the modelled clients sends any.
    private mutating func answer(_ slot: UInt32, _ header: FrameHeader, _ payload: UnsafeRawBufferPointer) {
        guard header.isFinal else {
            refuse(slot, CloseCode.unsupportedData)
            return
        }
        switch header.opcode {
        case .text, .binary: message(slot, payload)
        case .ping: control(slot, .pong, payload, closes: false)
        case .pong: break
        case .close: control(slot, .close, UnsafeRawBufferPointer(rebasing: payload.prefix(2)), closes: true)
        case .continuation:
            refuse(slot, CloseCode.protocolError)
        }
    }

    private mutating func control(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, closes: Bool) {
        guard let message = pipe.compose() else {
            _ = starve(slot)
            return
        }
        let header = Frame.writeHeader(opcode, payloadBytes: payload.count, to: message.bytes)
        if let start = payload.baseAddress { (message.bytes + header).copyMemory(from: start, byteCount: payload.count) }
        if closes { peers[Int(slot)].flags |= Peer.Flag.closing }
        pipe.transmit(slot, &peers[Int(slot)], block: message.block, count: header + payload.count)
    }

    /// One Phoenix message: the lobby's join, a heartbeat, or what the channel makes of it.
    private mutating func message(_ slot: UInt32, _ text: UnsafeRawBufferPointer) {
        let index = Int(slot)
        guard let reply = pipe.compose() else {
            _ = starve(slot)
            return
        }
        if PhoenixV1.isLobbyJoin(text) && !peers[index].has(Peer.Flag.joined) {
            join(index)
            let count = PhoenixV1.writeJoinReplyFrame(to: reply.bytes)
            return pipe.transmit(slot, &peers[index], block: reply.block, count: count)
        }
        // The longest header of a frame that fits a block, so that the text can be written in its place first.
        let body = reply.bytes + 4
        guard let message = PhoenixV1.scan(text) else {
            pipe.blocks.giveBack(reply.block)
            refuse(slot, CloseCode.internalError)
            return
        }
        let count = channel(index, message, text, body)
        let header = Frame.headerBytes(payloadBytes: count, isMasked: false)
        if header < 4 { (reply.bytes + header).copyMemory(from: body, byteCount: count) }
        _ = Frame.writeHeader(.text, payloadBytes: count, to: reply.bytes)
        pipe.transmit(slot, &peers[index], block: reply.block, count: header + count)
    }

    /// Writes what Phoenix 1.1.4's chat example answers; returns its length.
    private mutating func channel(
        _ index: Int, _ message: PhoenixV1.Message, _ text: UnsafeRawBufferPointer, _ out: UnsafeMutableRawPointer
    ) -> Int {
        let event = PhoenixV1.event(message, in: text)
        if PhoenixV1.isTopic(message, "phoenix", in: text), event == .heartbeat {
            board.add(.heartbeatsAnswered)
            return PhoenixV1.writeOkReply(to: message, in: text, out)
        }
        let isLobby = PhoenixV1.isTopic(message, PhoenixV1.lobby, in: text)
        if event == .join {
            guard isLobby else {
                let isRoom = message.topic.bytes(in: text).has("rooms:", at: 0)
                return PhoenixV1.writeErrorReply(to: message, in: text, isRoom ? .unauthorized : .unmatchedTopic, out)
            }
            if peers[index].has(Peer.Flag.joined) {
                return PhoenixV1.writeErrorReply(to: message, in: text, .alreadyJoined, out)
            }
            join(index)
            return PhoenixV1.writeOkReply(to: message, in: text, out)
        }
        guard isLobby, peers[index].has(Peer.Flag.joined) else {
            return PhoenixV1.writeErrorReply(to: message, in: text, .unmatchedTopic, out)
        }
        let ends = event == .leave
        peers[index].flags &= ~Peer.Flag.joined
        return PhoenixV1.writeChannelEnd(topic: message.topic.bytes(in: text), isCrash: !ends, out)
    }

    private mutating func join(_ index: Int) {
        peers[index].flags |= Peer.Flag.joined
        board.add(.channelsJoined)
    }

    // MARK: refusals

    /// Answers a handshake with an HTTP status and closes.
    private mutating func refuse(_ slot: UInt32, _ status: HTTPStatus) -> Int {
        let index = Int(slot)
        board.add(.refused)
        guard let message = pipe.compose() else { return starve(slot) }
        peers[index].flags |= Peer.Flag.closing
        pipe.transmit(slot, &peers[index], block: message.block, count: UpgradeResponse.writeRefused(status, to: message.bytes))
        return 0
    }

    /// Closes with a code; nil is a handshake that did not fit: 400.
    private mutating func refuse(_ slot: UInt32, _ code: CloseCode?) {
        guard let code else {
            _ = refuse(slot, HTTPStatus.badRequest)
            return
        }
        board.add(.refused)
        guard let message = pipe.compose() else {
            _ = starve(slot)
            return
        }
        peers[Int(slot)].flags |= Peer.Flag.closing
        pipe.transmit(
            slot, &peers[Int(slot)], block: message.block, count: Frame.writeClose(code.rawValue, to: message.bytes))
    }

    private mutating func starve(_ slot: UInt32) -> Int {
        board.add(.errorNoBuffer)
        end(slot)
        return 0
    }
}
