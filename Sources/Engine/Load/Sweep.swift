/// The verification sweep: the proof that every connection is alive.
extension WorkerLane where Engine: ~Copyable {
    /// Every user that is present sends a heartbeat, or where the session joins nothing a ping, and must get its answer.
    ///
    /// Users that are still on their way are let be: they retry no more, and whoever opens from here on is not asked, for
    /// it is not known beforehand whether the sweep has passed its slot. Opened users take no more steps of their session
    /// while the sweep runs; an answer that one of them still waits for is taken when it comes. So each that was present
    /// when the sweep began is verified, or failed, or its server has ended an echo.
    mutating func sweep() {
        if !isSweeping {
            isSweeping = true
            board.set(.sweepAsked, UInt64(presentNow))
        }
        guard board[.sweepState] != 2,
            UInt64(settings.lane) < run[.sweepReleased].load(ordering: .acquiring) &+ UInt64(settings.activeLanes)
        else { return }
        board.set(.sweepState, 1)
        while sweepSlot < nextSlot, sweepsInFlight < settings.window, pipe.engine.room >= 4 {
            let index = Int(sweepSlot)
            guard isPresent(index), !connections[index].has(WorkerConnection.Mark.late) else {
                sweepSlot &+= 1
                continue
            }
            if connections[index].peer.state >= UserState.parting {
                // Its end is near: it is not asked any more, and judged now.
                connections[index].marks |= WorkerConnection.Mark.late
                if !isAtEcho(index) || connections[index].has(WorkerConnection.Mark.refused) { board.add(.verifyFailed) }
                sweepSlot &+= 1
                continue
            }
            guard connections[index].peer.sending == Peer.noBlock, let message = pipe.compose() else { break }
            connections[index].marks |= WorkerConnection.Mark.asked
            connections[index].due = now
            sweepsInFlight += 1
            let count = writeQuestion(sweepSlot, to: message.bytes)
            pipe.transmit(sweepSlot, &connections[index].peer, block: message.block, count: count)
            sweepSlot &+= 1
        }
        if sweepSlot >= nextSlot && sweepsInFlight == 0 {
            board.set(.sweepState, 2)
            release(.sweepReleased)
        }
    }

    /// The ref of the sweep's heartbeat: the one after all of the session's.
    private var sweepRef: UInt64 { UInt64(settings.script.refCount) &+ 1 }

    private func writeQuestion(_ slot: UInt32, to out: UnsafeMutableRawPointer) -> Int {
        let number = settings.firstUser &+ UInt64(slot)
        let user = Keyed(seed: settings.seed, user: number)
        let mask = user.mask(frame: UInt64(settings.script.frameCount))
        if settings.script.hasJoin { return PhoenixV1.writeHeartbeatFrame(ref: sweepRef, mask: mask, to: out) }
        let header = Frame.writeMaskedHeader(.ping, payloadBytes: 8, mask: mask, to: out)
        out.storeBytes(of: number.bigEndian, toByteOffset: header, as: UInt64.self)
        Mask.apply(mask, to: out + header, count: 8)
        return header &+ 8
    }

    // MARK: answers

    /// What a user that was asked makes of a message; true when it was about that.
    mutating func isSweepsAnswer(_ slot: UInt32, _ payload: UnsafeRawBufferPointer) -> Bool {
        guard settings.script.hasJoin else { return false }
        switch PhoenixV1.checkReply(payload, topic: "phoenix", ref: sweepRef) {
        case .ok:
            verified(slot)
            return true
        case .error:
            end(slot, .errorProtocol)
            return true
        case .malformed where !settings.script.hasFrames:
            end(slot, .errorProtocol)
            return true
        case .malformed, .unrelated, .crashed: return false
        }
    }

    /// A pong: that of the sweep's ping carries the user's number.
    mutating func ponged(_ slot: UInt32, _ payload: UnsafeRawBufferPointer) {
        let index = Int(slot)
        guard !settings.script.hasJoin, connections[index].has(WorkerConnection.Mark.asked), payload.count == 8,
            UInt64(bigEndian: payload.loadUnaligned(as: UInt64.self)) == settings.firstUser &+ UInt64(slot)
        else { return }
        verified(slot)
    }

    private mutating func verified(_ slot: UInt32) {
        let index = Int(slot)
        connections[index].marks &= ~WorkerConnection.Mark.asked
        board.add(.verified)
        record(.heartbeat, since: connections[index].due)
        sweepsInFlight -= 1
    }
}
