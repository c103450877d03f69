/// What a user hears, message by message: the handshake's answer, the answers to what it said, and what else a server may
/// say. What the user says itself is in `Play`.
extension WorkerLane where Engine: ~Copyable {
    /// Reads what has arrived for a connection, message by message; while something is on its way out the next one waits.
    mutating func digest(_ slot: UInt32) {
        let index = Int(slot)
        while connections[index].peer.carried > 0, connections[index].peer.sending == Peer.noBlock {
            let used: Int
            switch connections[index].peer.state {
            case UserState.ended: return
            case UserState.upgrading: used = readUpgrade(slot, pipe.waiting(connections[index].peer))
            case UserState.lingering: used = Int(connections[index].peer.carried)
            default: used = readFrame(slot)
            }
            guard used > 0 else { break }
            // The connection may have ended meanwhile, its buffer with it.
            guard connections[index].peer.state != UserState.ended else { return }
            pipe.consume(used, &connections[index].peer)
        }
        settle(slot)
        // Only a handshake's answer has to fit a block.
        if Int(connections[index].peer.carried) == Blocks.bytes && connections[index].peer.sending == Peer.noBlock {
            end(slot, .errorProtocol)
        }
    }

    /// Nothing more can be read now: says how the next bytes will be noticed.
    mutating func settle(_ slot: UInt32) {
        let index = Int(slot)
        // A whole message may still wait there until the last one of ours is sent: then nothing is received behind it.
        if connections[index].peer.carried > 0 && connections[index].peer.sending != Peer.noBlock { return }
        switch connections[index].peer.state {
        case UserState.ended: return
        case UserState.resting, UserState.thinking: pipe.rest(slot, &connections[index].peer)
        default: pipe.expect(slot, &connections[index].peer)
        }
    }

    /// How many bytes of the server's answer were used; 0 when more must come, or the connection ended.
    mutating func readUpgrade(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let index = Int(slot)
        let user = Keyed(seed: settings.seed, user: settings.firstUser &+ UInt64(slot))
        AcceptKey.write(for: user, attempt: 0, to: accept)
        switch UpgradeResponse.check(bytes, accept: accept) {
        case .needMore: return 0
        case .ok(let headBytes):
            absorb(index, bytes.baseAddress.unsafelyUnwrapped, headBytes)
            board.add(.connected)
            board.add(.connectedNow)
            connections[index].peer.state = UserState.sending
            advance(slot)
            return headBytes
        case .refused:
            end(slot, .errorHandshake)
        case .wrongAccept:
            end(slot, .errorWrongAccept)
        case .malformed:
            end(slot, .errorProtocol)
        }
        return 0
    }

    private mutating func readFrame(_ slot: UInt32) -> Int {
        let index = Int(slot)
        switch pipe.read(slot, &connections[index].peer, fromClient: false) {
        case .needMore: return 0
        case .part(let used): return used
        case .violation(let code):
            refuse(slot, code)
            return 0
        case .control(let opcode, let payload, let used):
            board.add(.framesIn)
            control(slot, opcode, payload)
            return used
        case .message(let opcode, let payload, let used):
            board.add(.framesIn)
            message(slot, opcode, payload)
            if connections[index].peer.state != UserState.ended { pipe.endAssembly(slot, &connections[index].peer) }
            return used
        }
    }

    /// A whole message of the server.
    private mutating func message(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        let index = Int(slot)
        if connections[index].has(WorkerConnection.Mark.asked) && isSweepsAnswer(slot, payload) { return }
        switch connections[index].peer.state {
        case UserState.asking: break
        case UserState.echoing: return echo(slot, opcode, payload)
        default: return
        }
        let step = settings.script.step(at: connections[index].place)
        let ack = step.operation.pointee.ack
        if ack == .message { return answered(slot, step) }
        switch PhoenixV1.checkReply(payload, topic: settings.script.topic(step.operation), ref: step.ref) {
        // Its broadcast may come before the reply or after it.
        case .ok where ack == .broadcast: break
        case .ok:
            if isOpening(index) { absorbFrame(index, opcode, payload) }
            answered(slot, step)
        case .error, .crashed:
            if step.operation.pointee.kind == .join { return end(slot, .errorJoinRefused) }
            board.add(.messagesRefused)
            answered(slot, step)
        case .malformed:
            if !settings.script.hasFrames { end(slot, .errorProtocol) }
        case .unrelated: if ack == .broadcast && isBroadcast(slot, of: step, payload) { answered(slot, step, .broadcast) }
        }
    }

    /// Whether a message is the broadcast of what the step sent, which is written once more to be held beside it.
    private mutating func isBroadcast(_ slot: UInt32, of step: Script.Step, _ payload: UnsafeRawBufferPointer) -> Bool {
        guard let room = pipe.compose() else {
            end(slot, .errorNoBuffer)
            return false
        }
        defer { pipe.giveBack(room.block) }
        let count = settings.script.writePayload(step, user: settings.firstUser &+ UInt64(slot), to: room.bytes)
        return PhoenixV1.isBroadcast(payload, of: UnsafeRawBufferPointer(start: room.bytes, count: count))
    }

    /// The message as the one frame that it is, or would have been: however it came, the trace is the same.
    private mutating func absorbFrame(_ index: Int, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        guard let start = payload.baseAddress else { return }
        let header = Frame.headerBytes(payloadBytes: payload.count, isMasked: false)
        let frame = UnsafeMutableRawPointer(mutating: start) - header
        // In front of an assembled message there is room for it; in a block it is there already.
        if connections[index].peer.has(Peer.Flag.assembling) {
            _ = Frame.writeHeader(opcode, payloadBytes: payload.count, to: frame)
        }
        absorb(index, frame, header &+ payload.count)
    }

    /// Sends a message back as it came, in one frame.
    private mutating func echo(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        let index = Int(slot)
        board.add(.echoed)
        let mask = nextAnswersMask(slot)
        if connections[index].peer.has(Peer.Flag.assembling) {
            return pipe.sendBackAssembly(slot, &connections[index].peer, opcode, mask: mask)
        }
        send(slot, opcode, payload, mask)
    }

    // MARK: control frames

    private mutating func control(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        switch opcode {
        // After a goodbye nothing is said any more (RFC 6455 section 5.5.1).
        case .ping where connections[Int(slot)].peer.state != UserState.closing:
            send(slot, .pong, payload, nextAnswersMask(slot))
        case .pong: ponged(slot, payload)
        case .close: closed(slot, payload)
        default: break
        }
    }

    /// The server says goodbye, first or in answer to the user. A first one is answered with its own code.
    private mutating func closed(_ slot: UInt32, _ payload: UnsafeRawBufferPointer) {
        let index = Int(slot)
        if connections[index].peer.state == UserState.closing { return finish(slot) }
        switch ClosePayload.check(payload) {
        case .none: send(slot, .close, UnsafeRawBufferPointer(start: nil, count: 0), nextAnswersMask(slot))
        case .code: send(slot, .close, UnsafeRawBufferPointer(rebasing: payload.prefix(2)), nextAnswersMask(slot))
        case .violation(let code): return refuse(slot, code)
        }
        // It may have ended for want of a buffer.
        if connections[index].peer.state != UserState.ended { connections[index].peer.state = UserState.parting }
    }

    /// The server broke the protocol: says so, and ends.
    private mutating func refuse(_ slot: UInt32, _ code: CloseCode) {
        let index = Int(slot)
        if connections[index].peer.state == UserState.closing { return finish(slot) }
        guard let message = pipe.compose() else { return end(slot, .errorNoBuffer) }
        let count = Frame.writeMaskedClose(code.rawValue, mask: nextAnswersMask(slot), to: message.bytes)
        connections[index].marks |= WorkerConnection.Mark.refused
        connections[index].peer.state = UserState.parting
        pipe.transmit(slot, &connections[index].peer, block: message.block, count: count)
    }

    /// The last frame is sent. An echoing user lets its server close first, as RFC 6455 has it (section 7.1.1), but does not
    /// wait for ever; any other closes at once.
    mutating func saidGoodbye(_ slot: UInt32) {
        let index = Int(slot)
        guard isAtEcho(index), !wheel.isWaiting(slot) else { return parted(slot) }
        pipe.endAssembly(slot, &connections[index].peer)
        connections[index].peer.state = UserState.lingering
        pipe.engine.shutdown(Handle(slot: slot, generation: connections[index].peer.generation))
        waitForClose(slot)
        digest(slot)
    }

    /// Sends a frame that belongs to no session's step.
    private mutating func send(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer, _ mask: UInt32) {
        let index = Int(slot)
        let room = payload.count &+ Frame.headerBytes(payloadBytes: payload.count, isMasked: true)
        guard let message = pipe.compose(bytes: room) else { return end(slot, .errorNoBuffer) }
        let header = Frame.writeMaskedHeader(opcode, payloadBytes: payload.count, mask: mask, to: message.bytes)
        if let start = payload.baseAddress { Mask.copy(mask, from: start, to: message.bytes + header, count: payload.count) }
        pipe.transmit(slot, &connections[index].peer, block: message.block, count: header &+ payload.count)
    }

    /// Numbered by lane, far from the frames of sessions.
    private mutating func nextAnswersMask(_ slot: UInt32) -> UInt32 {
        answersSent &+= 1
        let user = Keyed(seed: settings.seed, user: settings.firstUser &+ UInt64(slot))
        return user.mask(frame: 1 << 55 | answersSent)
    }
}
