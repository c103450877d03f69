/// What a user hears, message by message: the handshake's answer, the answers to what it said, and what else a server may
/// say. What the user says itself is in `Play`.
extension WorkerLane where Engine: ~Copyable {
    /// Reads what has arrived for a connection, message by message.
    mutating func digest(_ slot: UInt32) {
        let index = Int(slot)
        while connections[index].peer.carried > 0 {
            let bytes = pipe.waiting(connections[index].peer)
            let used = connections[index].peer.state == UserState.upgrading ? readUpgrade(slot, bytes) : readFrame(slot, bytes)
            guard used > 0 else { break }
            // The connection may have ended meanwhile, its buffer with it.
            guard connections[index].peer.state != UserState.ended else { return }
            pipe.consume(used, &connections[index].peer)
        }
        settle(slot)
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
            guard connections[index].peer.sending == Peer.noBlock else { return 0 }
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

    mutating func readFrame(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let index = Int(slot)
        switch Frame.parse(bytes, fromClient: false, payloadLimit: Blocks.bytes - Frame.maximumHeaderBytes) {
        case .needMore: return 0
        case .violation:
            end(slot, .errorProtocol)
            return 0
        case .header(let header):
            let total = Int(header.headerBytes) &+ header.payloadBytes
            guard bytes.count >= total else { return 0 }
            let payload = UnsafeRawBufferPointer(rebasing: bytes[Int(header.headerBytes)..<total])
            // What is answered waits until the line is free.
            let isAnswered = header.opcode == .ping || header.opcode == .close
            if isAnswered && connections[index].peer.sending != Peer.noBlock { return 0 }
            board.add(.framesIn)
            switch header.opcode {
            case .text, .binary: message(slot, payload, frame: bytes.baseAddress.unsafelyUnwrapped, frameBytes: total)
            case .ping: answer(slot, .pong, payload)
            case .pong: ponged(slot, payload)
            case .close: closed(slot, payload)
            case .continuation: break
            }
            return total
        }
    }

    mutating func message(
        _ slot: UInt32, _ payload: UnsafeRawBufferPointer, frame: UnsafeRawPointer, frameBytes: Int
    ) {
        let index = Int(slot)
        if connections[index].has(WorkerConnection.Mark.asked) && isSweepsAnswer(slot, payload) { return }
        guard connections[index].peer.state == UserState.asking else { return }
        let step = settings.script.step(at: connections[index].place)
        guard step.operation.pointee.ack == .reply else { return answered(slot, step) }
        let isJoin = step.operation.pointee.kind == .join
        switch PhoenixV1.checkReply(payload, topic: settings.script.topic(step.operation), ref: step.ref) {
        case .ok:
            if isOpening(index) { absorb(index, frame, frameBytes) }
            answered(slot, step)
        case .error, .crashed:
            if isJoin { return end(slot, .errorJoinRefused) }
            board.add(.messagesRefused)
            answered(slot, step)
        case .malformed:
            if !settings.script.hasFrames { end(slot, .errorProtocol) }
        case .unrelated: break
        }
    }

    // MARK: control frames

    /// Sends a control frame that answers one of the server's.
    mutating func answer(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        let index = Int(slot)
        guard let message = pipe.compose() else { return end(slot, .errorNoBuffer) }
        let mask = nextAnswersMask(slot)
        let header = Frame.writeMaskedHeader(opcode, payloadBytes: payload.count, mask: mask, to: message.bytes)
        if let start = payload.baseAddress, payload.count > 0 {
            (message.bytes + header).copyMemory(from: start, byteCount: payload.count)
            Mask.apply(mask, to: message.bytes + header, count: payload.count)
        }
        pipe.transmit(slot, &connections[index].peer, block: message.block, count: header + payload.count)
    }

    /// Numbered by lane, far from the frames of sessions.
    mutating func nextAnswersMask(_ slot: UInt32) -> UInt32 {
        answersSent &+= 1
        let user = Keyed(seed: settings.seed, user: settings.firstUser &+ UInt64(slot))
        return user.mask(frame: 1 << 55 | answersSent)
    }

    /// The server says goodbye, first or in answer to the user.
    mutating func closed(_ slot: UInt32, _ payload: UnsafeRawBufferPointer) {
        let index = Int(slot)
        switch connections[index].peer.state {
        case UserState.closing: finish(slot)
        case UserState.parting: break
        default:
            answer(slot, .close, UnsafeRawBufferPointer(rebasing: payload.prefix(2)))
            // It may have ended for want of a buffer.
            if connections[index].peer.state != UserState.ended { connections[index].peer.state = UserState.parting }
        }
    }

    /// The answer to the server's goodbye is sent: the session is over, unless the server is to close first.
    mutating func answeredClose(_ slot: UInt32) { parted(slot) }
}
