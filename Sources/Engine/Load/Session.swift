/// A user's session, message by message: the handshake's answer, the join's, and what else a server may say.
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
        case UserState.joined: pipe.rest(slot, &connections[index].peer)
        default: pipe.expect(slot, &connections[index].peer)
        }
    }

    /// How many bytes of the server's answer were used; 0 when more must come, or the connection ended.
    mutating func readUpgrade(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> Int {
        let index = Int(slot)
        let number = settings.firstUser &+ UInt64(slot)
        let user = Keyed(seed: settings.seed, user: number)
        AcceptKey.write(for: user, attempt: 0, to: accept)
        switch UpgradeResponse.check(bytes, accept: accept) {
        case .needMore: return 0
        case .ok(let headBytes):
            guard connections[index].peer.sending == Peer.noBlock else { return 0 }
            guard let message = pipe.compose() else {
                end(slot, .errorNoBuffer)
                return 0
            }
            absorb(index, bytes.baseAddress.unsafelyUnwrapped, headBytes)
            board.add(.connected)
            board.add(.connectedNow)
            connections[index].peer.state = UserState.joining
            let count = PhoenixV1.writeJoinFrame(user: number, mask: user.mask(frame: 0), to: message.bytes)
            absorb(index, message.bytes, count)
            pipe.transmit(slot, &connections[index].peer, block: message.block, count: count)
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
            board.add(.framesIn)
            switch header.opcode {
            case .text, .binary:
                message(slot, payload, frame: bytes.baseAddress.unsafelyUnwrapped, frameBytes: total)
            case .ping:
                guard connections[index].peer.sending == Peer.noBlock else { return 0 }
                pong(slot, payload)
            case .close:
                end(slot, .errorClosedByPeer)
            case .pong, .continuation:
                break
            }
            return total
        }
    }

    mutating func message(
        _ slot: UInt32, _ payload: UnsafeRawBufferPointer, frame: UnsafeRawPointer, frameBytes: Int
    ) {
        let index = Int(slot)
        switch connections[index].peer.state {
        case UserState.joining:
            switch PhoenixV1.checkReply(payload, topic: PhoenixV1.lobby, ref: 1) {
            case .ok:
                absorb(index, frame, frameBytes)
                joined(slot)
            case .unrelated: break
            case .error: end(slot, .errorJoinRefused)
            case .malformed: end(slot, .errorProtocol)
            }
        case UserState.sweeping:
            switch PhoenixV1.checkReply(payload, topic: "phoenix", ref: 2) {
            case .ok:
                connections[index].peer.state = UserState.joined
                board.add(.verified)
                record(.heartbeat, since: connections[index].due)
                sweepsInFlight -= 1
            case .unrelated: break
            case .error, .malformed: end(slot, .errorProtocol)
            }
        default: break
        }
    }

    mutating func joined(_ slot: UInt32) {
        let index = Int(slot)
        connections[index].peer.state = UserState.joined
        if isSweeping { connections[index].peer.flags |= Peer.Flag.late }
        inFlight -= 1
        board.add(.joined)
        board.add(.joinedNow)
        record(.join, since: connections[index].due)
        let trace = connections[index].trace
        board.add(.digestLow, trace)
        board.add(.digestHigh, Keyed.mixed(trace))
        board.add(.digestUsers)
    }

    mutating func pong(_ slot: UInt32, _ payload: UnsafeRawBufferPointer) {
        let index = Int(slot)
        guard let message = pipe.compose() else { return end(slot, .errorNoBuffer) }
        let user = Keyed(seed: settings.seed, user: settings.firstUser &+ UInt64(slot))
        let mask = user.mask(frame: now)
        let header = Frame.writeMaskedHeader(.pong, payloadBytes: payload.count, mask: mask, to: message.bytes)
        if let start = payload.baseAddress, payload.count > 0 {
            (message.bytes + header).copyMemory(from: start, byteCount: payload.count)
            Mask.apply(mask, to: message.bytes + header, count: payload.count)
        }
        pipe.transmit(slot, &connections[index].peer, block: message.block, count: header + payload.count)
    }
}
