/// A connection's conversation, message by message: the upgrade, the join, heartbeats, and what is refused.
extension TargetLane where Engine: ~Copyable {
    /// Reads what has arrived, message by message; while an answer is on its way the next message waits.
    mutating func digest(_ slot: UInt32) {
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
        // A control frame wakes the process that serves the connection as well.
        if peers[Int(slot)].has(Peer.Flag.joined) { footprint.message(slot) }
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
            join(slot)
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
        let count = channel(slot, message, text, body)
        let header = Frame.headerBytes(payloadBytes: count, isMasked: false)
        if header < 4 { (reply.bytes + header).copyMemory(from: body, byteCount: count) }
        _ = Frame.writeHeader(.text, payloadBytes: count, to: reply.bytes)
        pipe.transmit(slot, &peers[index], block: reply.block, count: header + count)
    }

    /// Writes what Phoenix 1.1.4's chat example answers; returns its length.
    private mutating func channel(
        _ slot: UInt32, _ message: PhoenixV1.Message, _ text: UnsafeRawBufferPointer, _ out: UnsafeMutableRawPointer
    ) -> Int {
        let index = Int(slot)
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
            join(slot)
            return PhoenixV1.writeOkReply(to: message, in: text, out)
        }
        guard isLobby, peers[index].has(Peer.Flag.joined) else {
            return PhoenixV1.writeErrorReply(to: message, in: text, .unmatchedTopic, out)
        }
        let ends = event == .leave
        leaveChannel(slot)
        return PhoenixV1.writeChannelEnd(topic: message.topic.bytes(in: text), isCrash: !ends, out)
    }

    private mutating func join(_ slot: UInt32) {
        peers[Int(slot)].flags |= Peer.Flag.joined
        board.add(.channelsJoined)
        footprint.join(slot)
    }

    /// The channel ends, or its connection does.
    mutating func leaveChannel(_ slot: UInt32) {
        guard peers[Int(slot)].has(Peer.Flag.joined) else { return }
        peers[Int(slot)].flags &= ~Peer.Flag.joined
        footprint.leave(slot)
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
