/// A user's way through its session, step by step. What is said here is heard in `Session`.
///
/// One step is under way for a user at any time: an answer it waits for, a message on its way into the kernel, a time to
/// be silent. When that is over the place moves on by one, and the next step begins.
extension WorkerLane where Engine: ~Copyable {
    /// How long a user that has said goodbye waits for the server's close, wall time.
    static var partingNanoseconds: UInt64 { 3_000_000_000 }

    /// Up to its first join's answer, or to its open WebSocket where there is no join.
    @inline(__always) func isOpening(_ index: Int) -> Bool {
        connections[index].place <= settings.script.openingPlace
    }

    /// The user is one of those that a sweep asks: opened, with a topic joined where its session joins any, and it has
    /// not said goodbye. `presentNow` counts them.
    func isPresent(_ index: Int) -> Bool {
        switch connections[index].peer.state {
        case UserState.asking, UserState.sending, UserState.pausing, UserState.thinking, UserState.resting, UserState.echoing,
            UserState.parting, UserState.lingering:
            let place = connections[index].place
            return !isOpening(index) && (!settings.script.hasJoin || settings.script.joined(at: place) > 0)
        default: return false
        }
    }

    /// The step under way is done: goes on with the next.
    ///
    /// While the sweep runs, opened users take no step: who is asked has to be there when it answers.
    mutating func advance(_ slot: UInt32) {
        let index = Int(slot)
        let isOpening = isOpening(index)
        if isSweeping && !isOpening { return connections[index].peer.state = UserState.resting }
        let place = connections[index].place
        let operation = settings.script.step(at: place).operation
        connections[index].place = place &+ 1
        switch operation.pointee.kind {
        case .join where operation.pointee.joinedBefore == 0: arrive()
        case .leave where operation.pointee.joinedBefore == 1: depart()
        default: break
        }
        if place == settings.script.openingPlace { opened(index) }
        play(slot)
    }

    /// Begins the step at the user's place.
    mutating func play(_ slot: UInt32) {
        let index = Int(slot)
        if isSweeping && !isOpening(index) { return connections[index].peer.state = UserState.resting }
        let place = connections[index].place
        guard place < settings.script.count else { return finish(slot) }
        let step = settings.script.step(at: place)
        switch step.operation.pointee.kind {
        case .rest: connections[index].peer.state = UserState.resting
        case .echo: connections[index].peer.state = UserState.echoing
        case .think, .thinkExponential: think(slot, step)
        case .connect, .join, .send, .leave, .close: say(slot, step)
        }
    }

    private mutating func opened(_ index: Int) {
        inFlight -= 1
        board.add(.opened)
        if isSweeping { connections[index].marks |= WorkerConnection.Mark.late }
        if settings.script.hasJoin {
            board.add(.joined)
            record(.join, since: connections[index].due)
        } else {
            arrive()
        }
        let trace = connections[index].trace
        board.add(.digestLow, trace)
        board.add(.digestHigh, Keyed.mixed(trace))
        board.add(.digestUsers)
    }

    // MARK: what a step does

    private mutating func say(_ slot: UInt32, _ step: Script.Step) {
        let index = Int(slot)
        // An answer to a ping is on its way: the step begins when it is sent.
        guard connections[index].peer.sending == Peer.noBlock else {
            return connections[index].peer.state = UserState.pausing
        }
        guard let message = pipe.compose() else { return end(slot, .errorNoBuffer) }
        let number = settings.firstUser &+ UInt64(slot)
        let mask = Keyed(seed: settings.seed, user: number).mask(frame: step.frame)
        let isOpening = isOpening(index)
        let count: Int
        if step.operation.pointee.kind == .close {
            count = Frame.writeMaskedClose(CloseCode.normal.rawValue, mask: mask, to: message.bytes)
            if isPresent(index) { depart() }
            connections[index].peer.state = UserState.closing
            waitForClose(slot)
        } else {
            count = settings.script.write(step, user: number, mask: mask, to: message.bytes)
            board.add(.messagesSent)
            connections[index].peer.state = step.operation.pointee.ack == .none ? UserState.sending : UserState.asking
            // The first join after the handshake is measured from the arrival.
            if !(isOpening && connections[index].place == 1) { connections[index].due = now }
        }
        if isOpening { absorb(index, message.bytes, count) }
        pipe.transmit(slot, &connections[index].peer, block: message.block, count: count)
    }

    private mutating func think(_ slot: UInt32, _ step: Script.Step) {
        let index = Int(slot)
        var nanoseconds = step.operation.pointee.nanoseconds
        if step.operation.pointee.kind == .thinkExponential {
            // By place, so that it does not matter when the user comes here.
            let user = Keyed(seed: settings.seed, user: settings.firstUser &+ UInt64(slot))
            nanoseconds *= Pacer.exponential(user.value(.think, UInt64(connections[index].place)))
        }
        connections[index].peer.state = UserState.thinking
        connections[index].due = now &+ UInt64(min(nanoseconds / settings.speedup, 0x1p62))
        waitUntilDue(slot)
    }

    /// The peer's close is waited for, but not for ever.
    mutating func waitForClose(_ slot: UInt32) {
        connections[Int(slot)].due = now &+ Self.partingNanoseconds
        waitUntilDue(slot)
    }

    /// Rounded up to the wheel's milliseconds; one at least, or the wheel would never come to its end. What lies beyond
    /// its reach is inserted again when it comes.
    private mutating func waitUntilDue(_ slot: UInt32) {
        let due = connections[Int(slot)].due &- began
        wheel.insert(slot, due: max(tick &+ 1, (due &+ 999_999) / 1_000_000))
    }

    /// The wheel yields a user that does not wait to retry.
    mutating func waited(_ slot: UInt32) {
        let index = Int(slot)
        let state = connections[index].peer.state
        switch state {
        case UserState.thinking, UserState.closing, UserState.lingering:
            if connections[index].due > now { return waitUntilDue(slot) }
            switch state {
            case UserState.thinking: advance(slot)
            case UserState.closing: finish(slot)
            default: parted(slot)
            }
        // It ended while it waited.
        default: break
        }
    }

    /// What was being sent is sent.
    mutating func goOn(_ slot: UInt32) {
        switch connections[Int(slot)].peer.state {
        case UserState.sending: advance(slot)
        case UserState.pausing: play(slot)
        default: break
        }
    }

    /// The answer to the step under way came; how long it took is a `latency` of this kind.
    mutating func answered(_ slot: UInt32, _ step: Script.Step, _ latency: Latency = .reply) {
        let index = Int(slot)
        board.add(.messagesAnswered)
        // Of the first join see `opened`. The sweep has used the time for itself.
        if connections[index].place != settings.script.openingPlace && !isSweeping { record(latency, since: connections[index].due) }
        advance(slot)
    }

    // MARK: ends

    private mutating func arrive() {
        presentNow += 1
        if settings.script.hasJoin { board.add(.joinedNow) }
    }

    private mutating func depart() {
        presentNow -= 1
        if settings.script.hasJoin { board.subtract(.joinedNow) }
    }

    /// The session was played to its end.
    mutating func finish(_ slot: UInt32) {
        board.add(.finished)
        release(slot, isLost: false)
    }

    /// A connection is over before its session is.
    mutating func end(_ slot: UInt32, _ cause: Counter) {
        let index = Int(slot)
        switch connections[index].peer.state {
        case UserState.ended, UserState.free: return
        // The user has said goodbye: how the connection ends is no matter.
        case UserState.closing: return finish(slot)
        case UserState.parting, UserState.lingering: return parted(slot)
        case UserState.echoing where cause == .errorClosedByPeer: return finish(slot)
        default: break
        }
        board.add(cause)
        release(slot, isLost: true)
    }

    /// The server has said goodbye and was answered, which is the end of a session that echoes until then; or it was
    /// refused.
    mutating func parted(_ slot: UInt32) {
        let isRefused = connections[Int(slot)].has(WorkerConnection.Mark.refused)
        if isAtEcho(Int(slot)) && !isRefused { return finish(slot) }
        board.add(isRefused ? .errorProtocol : .errorClosedByPeer)
        release(slot, isLost: true)
    }

    func isAtEcho(_ index: Int) -> Bool {
        let place = connections[index].place
        return place < settings.script.count && settings.script.step(at: place).operation.pointee.kind == .echo
    }

    private mutating func release(_ slot: UInt32, isLost: Bool) {
        let index = Int(slot)
        let isPresent = isPresent(index)
        noteInSweep(slot, isPresent: isPresent, isLost: isLost)
        board.add(.usersEnded)
        board.subtract(.openNow)
        if connections[index].peer.state > UserState.upgrading { board.subtract(.connectedNow) }
        if isOpening(index) { inFlight -= 1 } else if isLost { board.add(.lost) }
        if isPresent { depart() }
        pipe.close(slot, &connections[index].peer)
        connections[index].peer.state = UserState.ended
    }

    /// A user that the sweep has asked, or was going to ask, will not answer.
    private mutating func noteInSweep(_ slot: UInt32, isPresent: Bool, isLost: Bool) {
        guard isSweeping else { return }
        let index = Int(slot)
        if connections[index].has(WorkerConnection.Mark.asked) {
            connections[index].marks &= ~WorkerConnection.Mark.asked
            sweepsInFlight -= 1
            if isLost { board.add(.verifyFailed) }
        } else if isLost && isPresent && slot >= sweepSlot && !connections[index].has(WorkerConnection.Mark.late) {
            board.add(.verifyFailed)
        }
    }
}
