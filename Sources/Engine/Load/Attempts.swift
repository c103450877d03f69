/// A user's attempts to connect: with which port, to where, and how often again.
extension WorkerLane where Engine: ~Copyable {
    /// Attempts and handshakes under way at most. When all of them are answered at once, each needs two of the buffers.
    static var underWayLimit: Int { 2_048 }

    /// Users whose connection or join is being made now: not those that wait to retry, nor those that wait for an answer
    /// that never comes. However many of these there are, they hold nothing that others need.
    var underWay: Int { inFlight &- wheelCount &- unansweredNow }

    /// What the engine and the buffers carry at once bounds a burst; the rest begins late and counts as late.
    var mayAttempt: Bool { pipe.engine.room >= 8 && hasBuffersForMore }

    private var hasBuffersForMore: Bool { underWay < Self.underWayLimit && pipe.blocks.available > 1_024 }

    /// Users whose wait is over had to go on waiting because the engine's queue was full: it is empty after `submit`.
    var isBehindWithWaits: Bool { wheel.tick <= tick && mayWake }

    /// Where nobody thinks, everybody on the wheel waits for an attempt.
    private var mayWake: Bool { settings.script.waits ? pipe.blocks.available > 1_024 : hasBuffersForMore }

    /// Retries what is to be retried, and ends thinks that are over.
    mutating func wakeDueUsers() {
        // Also when nobody waits: the wheel has to follow the time.
        let limit = tick
        while pipe.engine.room >= 8, mayWake, let slot = wheel.pop(now: limit) {
            guard connections[Int(slot)].peer.state == UserState.waiting else {
                waited(slot)
                continue
            }
            guard hasBuffersForMore else {
                // Attempts under way hold up other attempts, but no thinks.
                wheel.insert(slot, due: limit &+ Self.ticksBetweenLooks)
                continue
            }
            wheelCount -= 1
            board.add(.retries)
            attempt(slot)
        }
    }

    /// How long a retry that cannot begin waits on.
    private static var ticksBetweenLooks: UInt64 { 10 }

    mutating func attempt(_ slot: UInt32) {
        let index = Int(slot)
        // The connections' memory begins as zeroes, which is not yet a peer without buffers.
        connections[index].peer = Peer(generation: connections[index].peer.generation, state: UserState.connecting)
        connections[index].trace = Trace(user: settings.firstUser &+ UInt64(slot)).value
        board.add(.attempts)
        var options = ConnectOptions()
        options.sourcePort = settings.ports.take()
        options.sourceAddress = settings.sourceAddress
        options.destination = settings.destinationCount > 1 ? index % settings.destinationCount : 0
        if !settings.unanswered.isNone && isUnanswered(slot, options.sourcePort) {
            connections[index].peer.flags |= Peer.Flag.unanswered
            unansweredNow += 1
            // The same port of the address that never answers.
            options.destination += settings.destinationCount
        }
        pipe.engine.connect(Handle(slot: slot, generation: connections[index].peer.generation), options)
    }

    private func isUnanswered(_ slot: UInt32, _ port: UInt16) -> Bool {
        if settings.ports.isSequence { return settings.unanswered.takes(port: port) }
        return settings.unanswered.takes(
            user: settings.firstUser &+ UInt64(slot), attempt: connections[Int(slot)].attempts)
    }

    /// The attempt is over, whatever came of it.
    mutating func noteAnswer(_ index: Int) {
        guard connections[index].peer.has(Peer.Flag.unanswered) else { return }
        connections[index].peer.flags &= ~Peer.Flag.unanswered
        unansweredNow -= 1
    }

    /// A connection attempt failed: the user waits and tries again, or gives up.
    mutating func failed(_ slot: UInt32, _ result: Int32) {
        let index = Int(slot)
        board.add(Counter.forError(result))
        connections[index].peer.generation &+= 1
        connections[index].attempts &+= 1
        if let wait = settings.retry.waitMilliseconds(beforeRetry: Int(connections[index].attempts)) {
            connections[index].peer.state = UserState.waiting
            // Rounded up to the wheel's milliseconds: at speedup 18 Tsung's 10 ms before the first retry are one of them,
            // 18 ms of model time, and its 200 ms before the last are 12, 216 ms. That is little beside what an
            // unanswered attempt takes, and how often a user tries does not change with it.
            let ticks = max(1, UInt64((Double(wait) / settings.speedup).rounded(.up)))
            wheel.insert(slot, due: tick &+ ticks)
            wheelCount += 1
        } else {
            board.add(.errorGaveUp)
            connections[index].peer.state = UserState.ended
            board.add(.usersEnded)
            inFlight -= 1
        }
    }
}
