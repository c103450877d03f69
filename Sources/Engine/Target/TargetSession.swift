/// A connection's conversation, message by message: the handshake, frames, what is refused.
extension TargetLane where Engine: ~Copyable {
    /// Reads what has arrived, message by message; while an answer is on its way the next message waits.
    mutating func digest(_ slot: UInt32) {
        let index = Int(slot)
        while peers[index].carried > 0, peers[index].sending == Peer.noBlock {
            let used: Int
            switch peers[index].state {
            case ServedState.free: return
            case ServedState.handshake: used = readUpgrade(slot, pipe.waiting(peers[index]))
            case ServedState.lingering: used = Int(peers[index].carried)
            default:
                if peers[index].has(Peer.Flag.assembling) && pipe.assemblies[slot].isHeld { return }
                used = readFrame(slot)
            }
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
        // Messages that wait for an answer to be sent, or to be told the lobby, are read then; nothing is received behind them.
        if peers[index].carried > 0 && peers[index].sending != Peer.noBlock { return }
        if peers[index].has(Peer.Flag.assembling) && pipe.assemblies[slot].isHeld { return }
        if peers[index].carried > 0 && pipe.isShortOfBlocks { return turnAway(slot) }
        if peers[index].has(Peer.Flag.joined) || peers[index].state == ServedState.echo {
            pipe.rest(slot, &peers[index])
        } else {
            pipe.expect(slot, &peers[index])
        }
    }

    /// Half a message keeps a block, and blocks are few: what is left of them is for those who finish what they begin.
    private mutating func turnAway(_ slot: UInt32) {
        if peers[Int(slot)].state == ServedState.handshake {
            _ = refuse(slot, HTTPStatus.serviceUnavailable)
        } else {
            refuse(slot, .tryAgainLater)
        }
    }

    // MARK: frames

    private mutating func readFrame(_ slot: UInt32) -> Int {
        let index = Int(slot)
        switch pipe.read(slot, &peers[index], fromClient: true) {
        case .needMore: return 0
        case .part(let used): return used
        case .violation(let code):
            refuse(slot, code)
            return 0
        case .control(let opcode, let payload, let used):
            noteFrame(slot, endsMessage: false)
            control(slot, opcode, payload)
            return used
        case .message(let opcode, let payload, let used):
            noteFrame(slot, endsMessage: true)
            message(slot, opcode, payload)
            if peers[index].state != ServedState.free, peers[index].has(Peer.Flag.assembling), !pipe.assemblies[slot].isHeld {
                pipe.endAssembly(slot, &peers[index])
            }
            return used
        }
    }

    @inline(__always) private mutating func noteFrame(_ slot: UInt32, endsMessage: Bool) {
        board.add(.framesIn)
        // Pings between its fragments do not make a message end.
        if endsMessage || !peers[Int(slot)].has(Peer.Flag.assembling) { peers[Int(slot)].flags &= ~Peer.Flag.stale }
        patience.noteMessage(slot)
        // A control frame wakes the process that serves the connection as well.
        if peers[Int(slot)].has(Peer.Flag.joined) { footprint.message(slot) }
    }

    private mutating func control(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        switch opcode {
        case .ping: send(slot, .pong, payload)
        case .close: answerClose(slot, payload)
        default: break
        }
    }

    /// A client's close is answered with its own code, as cowboy does (RFC 6455 section 5.5.1).
    private mutating func answerClose(_ slot: UInt32, _ payload: UnsafeRawBufferPointer) {
        switch ClosePayload.check(payload) {
        case .none: send(slot, .close, UnsafeRawBufferPointer(start: nil, count: 0))
        case .code: send(slot, .close, UnsafeRawBufferPointer(rebasing: payload.prefix(2)))
        case .violation(let code): return refuse(slot, code)
        }
        board.add(.closesAnswered)
        peers[Int(slot)].flags |= Peer.Flag.closing
    }

    /// Sends a short frame.
    private mutating func send(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        guard let message = pipe.compose() else { return starve(slot) }
        let header = Frame.writeHeader(opcode, payloadBytes: payload.count, to: message.bytes)
        if let start = payload.baseAddress { (message.bytes + header).copyMemory(from: start, byteCount: payload.count) }
        pipe.transmit(slot, &peers[Int(slot)], block: message.block, count: header + payload.count)
    }

    /// A whole message of a client.
    mutating func message(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        switch peers[Int(slot)].state {
        case ServedState.phoenixV1: phoenixV1(slot, payload)
        case ServedState.phoenixV2: phoenixV2(slot, opcode, payload)
        case ServedState.echo: echo(slot, opcode, payload)
        default: break
        }
    }

    private mutating func echo(_ slot: UInt32, _ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        let index = Int(slot)
        board.add(.echoed)
        if peers[index].has(Peer.Flag.assembling) { return pipe.sendBackAssembly(slot, &peers[index], opcode) }
        // It fitted a block with a header that was longer by its mask.
        send(slot, opcode, payload)
    }

    // MARK: ends

    /// The close frame is sent: nothing follows it, and what the client still says is dropped until it ends, too.
    mutating func linger(_ slot: UInt32) {
        let index = Int(slot)
        if peers[index].state != ServedState.handshake { patience.handshakes &+= 1 }
        leaveChannel(slot)
        // It has had its farewell: that it says nothing after it is no fault.
        patience.forget(slot)
        pipe.endAssembly(slot, &peers[index])
        peers[index].state = ServedState.lingering
        peers[index].flags &= ~(Peer.Flag.closing | Peer.Flag.stale)
        pipe.engine.shutdown(Handle(slot: slot, generation: peers[index].generation))
        digest(slot)
    }

    /// The client broke a rule: closes with a code.
    mutating func refuse(_ slot: UInt32, _ code: CloseCode) {
        board.add(.refused)
        board.add(Counter.forRefusal(code))
        close(slot, code)
    }

    /// Closes with a code. Nothing may be on its way.
    mutating func close(_ slot: UInt32, _ code: CloseCode) {
        guard let message = pipe.compose() else { return starve(slot) }
        peers[Int(slot)].flags |= Peer.Flag.closing
        pipe.transmit(
            slot, &peers[Int(slot)], block: message.block, count: Frame.writeClose(code.rawValue, to: message.bytes))
    }

    mutating func starve(_ slot: UInt32) {
        board.add(.errorNoBuffer)
        end(slot)
    }
}
