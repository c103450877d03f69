/// The verification sweep: the proof that every connection is alive.
extension WorkerLane where Engine: ~Copyable {
    /// Every joined connection sends a heartbeat and must get its answer.
    ///
    /// Users that are still on their way are let be: they retry no more, and whoever joins from here on is not asked,
    /// for it is not known beforehand whether the sweep has passed its slot.
    mutating func sweep() {
        if !isSweeping {
            isSweeping = true
            board.set(.sweepAsked, board[.joinedNow])
        }
        guard board[.sweepState] != 2,
            UInt64(settings.lane) < run[.sweepReleased].load(ordering: .acquiring) &+ UInt64(settings.activeLanes)
        else { return }
        board.set(.sweepState, 1)
        while sweepSlot < nextSlot, sweepsInFlight < settings.window, pipe.engine.room >= 4 {
            let slot = sweepSlot
            let index = Int(slot)
            guard connections[index].peer.state == UserState.joined, !connections[index].peer.has(Peer.Flag.late) else {
                sweepSlot &+= 1
                continue
            }
            guard connections[index].peer.sending == Peer.noBlock, let message = pipe.compose() else { break }
            sweepSlot &+= 1
            let user = Keyed(seed: settings.seed, user: settings.firstUser &+ UInt64(slot))
            let count = PhoenixV1.writeHeartbeatFrame(ref: 2, mask: user.mask(frame: 1), to: message.bytes)
            connections[index].peer.state = UserState.sweeping
            connections[index].due = now
            sweepsInFlight += 1
            pipe.transmit(slot, &connections[index].peer, block: message.block, count: count)
        }
        if sweepSlot >= nextSlot && sweepsInFlight == 0 {
            board.set(.sweepState, 2)
            release(.sweepReleased)
        }
    }
}
