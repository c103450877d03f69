/// The chat example's channel, in either serializer: rooms:lobby, heartbeats, what is said, and how it ends.
extension TargetLane where Engine: ~Copyable {
    // MARK: V1

    /// One Phoenix message: the lobby's join, a heartbeat, or what the channel makes of it.
    mutating func phoenixV1(_ slot: UInt32, _ text: UnsafeRawBufferPointer) {
        let index = Int(slot)
        if PhoenixV1.isLobbyJoin(text) && !peers[index].has(Peer.Flag.joined) {
            guard let reply = pipe.compose() else { return starve(slot) }
            join(slot)
            let count = PhoenixV1.writeJoinReplyFrame(to: reply.bytes)
            return pipe.transmit(slot, &peers[index], block: reply.block, count: count)
        }
        guard let message = PhoenixV1.scan(text) else { return refuse(slot, .internalError) }
        if peers[index].has(Peer.Flag.joined), PhoenixV1.event(message, in: text) == .newMessage,
            PhoenixV1.isTopic(message, PhoenixV1.lobby, in: text) {
            return sayV1(slot, message, text)
        }
        // Answers hold no more of the message than its topic and ref, so that they fit a block.
        guard let reply = pipe.compose() else { return starve(slot) }
        var count = ServerFrame.write(.text, to: reply.bytes) { answerV1(slot, message, text, $0) }
        if peers[index].has(Peer.Flag.joined), PhoenixV1.event(message, in: text) == .leave, PhoenixV1.isTopic(message, PhoenixV1.lobby, in: text) {
            leaveChannel(slot)
            count += ServerFrame.write(.text, to: reply.bytes + count) {
                PhoenixV1.writeChannelEnd(topic: message.topic.bytes(in: text), isCrash: false, $0)
            }
        }
        pipe.transmit(slot, &peers[index], block: reply.block, count: count)
    }

    /// Writes what Phoenix 1.1.4's chat example answers; returns its length.
    private mutating func answerV1(
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
        // A leave is answered before the channel ends; any event the channel does not know crashes it.
        if event == .leave { return PhoenixV1.writeOkReply(to: message, in: text, out) }
        leaveChannel(slot)
        return PhoenixV1.writeChannelEnd(topic: message.topic.bytes(in: text), isCrash: true, out)
    }

    /// `new:msg`: the lobby hears the payload, and the speaker first that, then the reply.
    private mutating func sayV1(_ slot: UInt32, _ message: PhoenixV1.Message, _ text: UnsafeRawBufferPointer) {
        let index = Int(slot)
        let payload = message.payload.bytes(in: text)
        let broadcast = Broadcast(
            topic: message.topic.bytes(in: text), event: message.event.bytes(in: text), payload: payload, isBinary: false)
        guard say(slot, broadcast, whole: text, .text) else { return }
        guard let answer = pipe.compose(bytes: broadcast.maximumFrameBytes + payload.count + PhoenixV1.replyMaximumBytes + 16) else {
            return starve(slot)
        }
        var count = broadcast.writeV1(to: answer.bytes)
        count += ServerFrame.write(.text, to: answer.bytes + count) {
            let body = JSONMember.value("body", of: payload)?.bytes(in: payload)
            return PhoenixV1.writeNewMessageReply(to: message, in: text, body: body, $0)
        }
        pipe.transmit(slot, &peers[index], block: answer.block, count: count)
    }

    // MARK: V2

    mutating func phoenixV2(_ slot: UInt32, _ opcode: Opcode, _ text: UnsafeRawBufferPointer) {
        let index = Int(slot)
        guard let message = opcode == .text ? PhoenixV2.scan(text) : PhoenixV2.scanBinary(text) else {
            return refuse(slot, .internalError)
        }
        let event = PhoenixV2.event(message, in: text)
        let isLobby = PhoenixV2.isTopic(message, PhoenixV1.lobby, in: text)
        let isInLobby = isLobby && peers[index].has(Peer.Flag.joined)
        // What was meant for an earlier join of the same topic is dropped.
        if isInLobby, event != .join, !PhoenixV2.isCurrent(message, in: text, joinRef: joinReferences[slot]) { return }
        if isInLobby && event == .newMessage { return sayV2(slot, message, text) }
        guard let reply = pipe.compose() else { return starve(slot) }
        let count = answerV2(slot, message, text, event, isLobby: isLobby, isInLobby: isInLobby, reply.bytes)
        pipe.transmit(slot, &peers[index], block: reply.block, count: count)
    }

    /// Writes the frames of the answer; PhoenixV2Server's table says which. Returns their length.
    private mutating func answerV2(
        _ slot: UInt32, _ message: PhoenixV2.Message, _ text: UnsafeRawBufferPointer, _ event: PhoenixV2.Event, isLobby: Bool,
        isInLobby: Bool, _ out: UnsafeMutableRawPointer
    ) -> Int {
        let topic = message.topic.bytes(in: text)
        if event == .heartbeat, PhoenixV2.isTopic(message, "phoenix", in: text) {
            board.add(.heartbeatsAnswered)
            return ServerFrame.write(.text, to: out) { PhoenixV2.writeOkReply(to: message, in: text, joinRef: .none, $0) }
        }
        if event == .join {
            guard isLobby else {
                let refusal: PhoenixV2.Refusal = topic.has("rooms:", at: 0) ? .unauthorized : .unmatchedTopic
                return ServerFrame.write(.text, to: out) { PhoenixV2.writeErrorReply(to: message, in: text, refusal, $0) }
            }
            var count = ServerFrame.write(.text, to: out) { PhoenixV2.writeOkReply(to: message, in: text, joinRef: .ofMessage, $0) }
            if isInLobby {
                count += endV2(slot, topic, isCrash: false, out + count)
            }
            join(slot)
            joinReferences.set(slot, message, text)
            return count
        }
        guard isInLobby else {
            if event == .leave {
                return ServerFrame.write(.text, to: out) { PhoenixV2.writeOkReply(to: message, in: text, joinRef: .ofMessage, $0) }
            }
            return ServerFrame.write(.text, to: out) { PhoenixV2.writeErrorReply(to: message, in: text, .unmatchedTopic, $0) }
        }
        guard event == .leave else { return endV2(slot, topic, isCrash: true, out) }
        let joinRef = joinReferences[slot]
        let count = ServerFrame.write(.text, to: out) {
            PhoenixV2.writeOkReply(to: message, in: text, joinRef: .ofChannel(joinRef), $0)
        }
        return count + endV2(slot, topic, isCrash: false, out + count)
    }

    /// The channel ends: writes the frame that says so.
    private mutating func endV2(_ slot: UInt32, _ topic: UnsafeRawBufferPointer, isCrash: Bool, _ out: UnsafeMutableRawPointer) -> Int {
        let joinRef = joinReferences[slot]
        leaveChannel(slot)
        return ServerFrame.write(.text, to: out) {
            PhoenixV2.writeChannelEnd(joinRef: joinRef, topic: topic, isCrash: isCrash, $0)
        }
    }

    private mutating func sayV2(_ slot: UInt32, _ message: PhoenixV2.Message, _ text: UnsafeRawBufferPointer) {
        let index = Int(slot)
        let payload = message.payload.bytes(in: text)
        let broadcast = Broadcast(
            topic: message.topic.bytes(in: text), event: message.event.bytes(in: text), payload: payload,
            isBinary: message.isBinary)
        guard say(slot, broadcast, whole: text, message.isBinary ? .binary : .text) else { return }
        let answerBytes = max(PhoenixV2.replyMaximumBytes, PhoenixV2.binaryReplyMaximumBytes) + payload.count + 16
        guard let answer = pipe.compose(bytes: broadcast.maximumFrameBytes + answerBytes) else { return starve(slot) }
        let joinRef = joinReferences[slot]
        var count = broadcast.writeV2(to: answer.bytes)
        if message.isBinary {
            count += ServerFrame.write(.binary, to: answer.bytes + count) {
                PhoenixV2.writeBinaryReply(to: message, in: text, joinRef: joinRef, $0)
            }
        } else {
            count += ServerFrame.write(.text, to: answer.bytes + count) {
                let body = JSONMember.value("body", of: payload)?.bytes(in: payload)
                return PhoenixV2.writeNewMessageReply(to: message, in: text, joinRef: .ofChannel(joinRef), body: body, $0)
            }
        }
        pipe.transmit(slot, &peers[index], block: answer.block, count: count)
    }

    // MARK: both

    /// Puts a message before the lobby. False when the connection's message waits for room, or the connection has ended.
    mutating func say(_ slot: UInt32, _ broadcast: Broadcast, whole: UnsafeRawBufferPointer, _ opcode: Opcode) -> Bool {
        let index = Int(slot)
        guard broadcast.topic.count + broadcast.event.count + broadcast.payload.count <= BroadcastLog.messageLimitBytes else {
            refuse(slot, .messageTooBig)
            return false
        }
        guard fanOut.log.isOpen else { return true }
        var record = BroadcastLog.Record()
        record.lane = UInt32(settings.lane)
        record.slot = slot
        record.generation = peers[index].generation
        record.isBinary = broadcast.isBinary
        if fanOut.log.append(record, topic: broadcast.topic, event: broadcast.event, payload: broadcast.payload) {
            board.add(.broadcasts)
            ringBell()
            return true
        }
        // No room: the message waits, and with it what its connection sends behind it.
        if !peers[index].has(Peer.Flag.assembling) {
            guard pipe.assemblies.hold(slot, opcode, whole) else {
                starve(slot)
                return false
            }
            peers[index].flags |= Peer.Flag.assembling
        } else {
            pipe.assemblies[slot].isHeld = true
        }
        if !fanOut.wait(Handle(slot: slot, generation: peers[index].generation)) { starve(slot) }
        return false
    }

    mutating func join(_ slot: UInt32) {
        peers[Int(slot)].flags |= Peer.Flag.joined
        board.add(.channelsJoined)
        board.add(.channelsNow)
        footprint.join(slot)
    }

    /// The channel ends, or its connection does.
    mutating func leaveChannel(_ slot: UInt32) {
        guard peers[Int(slot)].has(Peer.Flag.joined) else { return }
        peers[Int(slot)].flags &= ~Peer.Flag.joined
        board.subtract(.channelsNow)
        fanOut.forget(slot)
        footprint.leave(slot)
    }
}
