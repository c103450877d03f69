/// Bytes to messages, the same at both ends: frames, fragments, and control frames between them.
extension Pipe where Engine: ~Copyable {
    /// Reads what waits on a connection as far as the next thing there is to say about it.
    ///
    /// A message that lies whole in its block is read there. Of any other the bytes are moved to an assembly as they
    /// come, so that a block never waits for more than a header or a control frame.
    @inline(__always) mutating func read(_ slot: UInt32, _ peer: inout Peer, fromClient: Bool) -> Incoming {
        let bytes = waiting(peer)
        if peer.has(Peer.Flag.assembling) && assemblies[slot].frameLeft > 0 { return takePart(slot, bytes) }
        switch Frame.parse(bytes, fromClient: fromClient, payloadLimit: limits.frameBytes) {
        case .needMore: return .needMore
        case .violation(let code): return .violation(code)
        case .header(let header):
            let start = Int(header.headerBytes)
            let total = start &+ header.payloadBytes
            let isWhole = bytes.count >= total
            if header.opcode.isControl || (isWhole && header.isFinal && header.opcode != .continuation && !peer.has(Peer.Flag.assembling)) {
                guard isWhole else { return .needMore }
                let payload = UnsafeMutableRawPointer(mutating: bytes.baseAddress.unsafelyUnwrapped) + start
                if header.isMasked { Mask.apply(header.mask, to: payload, count: header.payloadBytes) }
                let text = UnsafeRawBufferPointer(start: payload, count: header.payloadBytes)
                if header.opcode.isControl { return .control(header.opcode, text, used: total) }
                if header.payloadBytes > limits.messageBytes { return .violation(.messageTooBig) }
                if header.opcode == .text && !UTF8Check.isValid(text) { return .violation(.invalidData) }
                return .message(header.opcode, text, used: total)
            }
            return beginPart(slot, &peer, header)
        }
    }

    /// A frame of a message in pieces begins.
    @inline(never) private mutating func beginPart(_ slot: UInt32, _ peer: inout Peer, _ header: FrameHeader) -> Incoming {
        // A message goes on if and only if one is under way (section 5.4).
        guard (header.opcode == .continuation) == peer.has(Peer.Flag.assembling) else { return .violation(.protocolError) }
        let before = peer.has(Peer.Flag.assembling) ? assemblies[slot].count : 0
        guard before + header.payloadBytes <= limits.messageBytes else { return .violation(.messageTooBig) }
        if !peer.has(Peer.Flag.assembling) {
            guard assemblies.begin(slot, header.opcode) else { return .violation(.tryAgainLater) }
            peer.flags |= Peer.Flag.assembling
        }
        assemblies[slot].frameLeft = header.payloadBytes
        assemblies[slot].mask = header.mask
        assemblies[slot].isFinal = header.isFinal
        return header.payloadBytes == 0 && header.isFinal ? finish(slot, used: Int(header.headerBytes)) : .part(used: Int(header.headerBytes))
    }

    @inline(never) private mutating func takePart(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> Incoming {
        let count = min(bytes.count, assemblies[slot].frameLeft)
        if let code = assemblies.append(slot, UnsafeRawBufferPointer(rebasing: bytes[..<count])) { return .violation(code) }
        guard assemblies[slot].frameLeft == 0 && assemblies[slot].isFinal else { return .part(used: count) }
        return finish(slot, used: count)
    }

    private func finish(_ slot: UInt32, used: Int) -> Incoming {
        if assemblies[slot].opcode == .text && !assemblies[slot].check.isComplete { return .violation(.invalidData) }
        return .message(assemblies[slot].opcode, assemblies.bytes(slot), used: used)
    }

    /// The message in pieces was read.
    mutating func endAssembly(_ slot: UInt32, _ peer: inout Peer) {
        guard peer.has(Peer.Flag.assembling) else { return }
        peer.flags &= ~Peer.Flag.assembling
        assemblies.end(slot)
    }

    /// Sends the assembled message back as one frame, from where it lies. `mask` nil: a server's frame.
    mutating func sendBackAssembly(_ slot: UInt32, _ peer: inout Peer, _ opcode: Opcode, mask: UInt32? = nil) {
        let count = assemblies[slot].count
        peer.flags &= ~Peer.Flag.assembling
        let index = assemblies.detach(slot)
        let payload = assemblies.buffers[index]
        let header = Frame.headerBytes(payloadBytes: count, isMasked: mask != nil)
        let start = payload - header
        if let mask {
            _ = Frame.writeMaskedHeader(opcode, payloadBytes: count, mask: mask, to: start)
            Mask.apply(mask, to: payload, count: count)
        } else {
            _ = Frame.writeHeader(opcode, payloadBytes: count, to: start)
        }
        transmit(slot, &peer, from: UnsafeRawPointer(start), count: header + count, block: UInt32(Self.blockCount + index))
    }
}
