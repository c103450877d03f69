import Glibc

/// A thread's worth of users: starts them when they are due, plays their sessions, keeps their connections.
struct WorkerLane<Engine: Proactor & ~Copyable>: ~Copyable {
    var pipe: Pipe<Engine>
    let settings: WorkerLaneSettings
    let run: Board
    let board: LaneBoard
    let connections: UnsafeMutablePointer<WorkerConnection>
    var pacer: Pacer
    var pending: Pacer.Arrival?
    var nextSlot: UInt32 = 0
    /// Users between their start and the end of their opening, those waiting to retry included.
    var inFlight = 0
    /// Users that a sweep would ask now.
    var presentNow = 0
    /// Attempts under way that never get an answer.
    var unansweredNow = 0
    /// Who waits by the clock: to retry, to end a think, or for a close. One thing at a time.
    var wheel: RetryWheel
    /// Users on the wheel that wait to retry.
    var wheelCount = 0
    /// Frames sent so far that belong to no session: answers to pings and closes, echoes.
    var answersSent: UInt64 = 0
    /// The next lane in turn may ramp.
    var hasPassedOn = false
    let wheelMemory: UnsafeMutableRawPointer
    let wheelBytes: Int
    var now: UInt64
    let began: UInt64
    /// The next slot of the sweep.
    var sweepSlot: UInt32 = 0
    var sweepsInFlight = 0
    /// This lane has seen the sweep begin.
    var isSweeping = false
    let accept: UnsafeMutableRawPointer

    init(engine: consuming Engine, settings: WorkerLaneSettings, run: Board) {
        self.settings = settings
        self.run = run
        board = run.worker(settings.lane)
        pipe = Pipe(engine: engine, board: board, slots: settings.users, limits: settings.limits)
        connections = Pages.map(bytes: settings.users * MemoryLayout<WorkerConnection>.stride)
            .bindMemory(to: WorkerConnection.self, capacity: settings.users)
        pacer = Pacer(
            phases: settings.phases, count: settings.phaseCount, spacing: settings.spacing, seed: settings.seed,
            worker: settings.worker)
        pacer.skip(settings.arrivalsBefore)
        pending = settings.users > 0 ? pacer.next() : nil
        wheelBytes = RetryWheel.bytes(slots: settings.users, buckets: settings.retryBuckets)
        wheelMemory = Pages.map(bytes: wheelBytes)
        wheel = RetryWheel(slots: settings.users, buckets: settings.retryBuckets, storage: wheelMemory)
        accept = .allocate(byteCount: AcceptKey.bytes, alignment: 8)
        began = pipe.engine.clock()
        now = began
    }

    deinit {
        Pages.unmap(UnsafeMutableRawPointer(connections), bytes: settings.users * MemoryLayout<WorkerConnection>.stride)
        Pages.unmap(wheelMemory, bytes: wheelBytes)
        accept.deallocate()
    }

    /// Runs until the board says that the run is over.
    mutating func serve() {
        begin()
        while !run.isOver { pass() }
        closeAll()
    }

    mutating func begin() { pipe.engine.listenToBell(settings.bell) }

    /// Starts what is due, waits for completions and handles them: once round the loop.
    mutating func pass() {
        let phase = run.phase
        now = pipe.engine.clock()
        if phase == .ramp || phase == .hold {
            if phase == .ramp { startDueUsers() }
            wakeDueUsers()
            noteRamp()
        } else if phase == .sweep {
            sweep()
        }
        board.add(.submits)
        board.set(.systemCalls, pipe.engine.systemCalls)
        pipe.lend()
        pipe.engine.submit(waitNanoseconds: timeout(phase))
        now = pipe.engine.clock()
        while let completion = pipe.engine.next() { handle(completion) }
    }

    /// After the run: resets what is open, then lets go of it, all in this lane's thread.
    mutating func closeAll() {
        for index in 0..<Int(nextSlot) {
            switch connections[index].peer.state {
            case UserState.free, UserState.connecting, UserState.waiting, UserState.ended: break
            default:
                if pipe.engine.room < 8 { drain() }
                pipe.engine.reset(Handle(slot: UInt32(index), generation: connections[index].peer.generation))
            }
        }
        drain()
        pipe.engine.abandon()
    }

    private mutating func drain() {
        pipe.engine.submit(waitNanoseconds: 0)
        while pipe.engine.next() != nil {}
    }

    // MARK: arrivals

    private var hasTurn: Bool {
        !settings.isUnpaced
            || UInt64(settings.lane) < run[.rampReleased].load(ordering: .acquiring) &+ UInt64(settings.activeLanes)
    }

    /// The wheel's ticks: milliseconds of wall time.
    var tick: UInt64 { (now &- began) / 1_000_000 }

    /// Until a tick of the wheel begins.
    private func nanoseconds(until tick: UInt64) -> UInt64 {
        let due = began &+ tick &* 1_000_000
        return due > now ? due &- now : 1
    }

    /// Wall time at which an arrival is due.
    private func wall(_ arrival: Pacer.Arrival) -> UInt64 {
        run[.start].load(ordering: .relaxed) &+ UInt64(Double(arrival.dueNanoseconds) / settings.speedup)
    }

    private mutating func startDueUsers() {
        guard pending != nil, hasTurn else { return }
        if board[.rampState] == 0 { board.set(.rampState, 1) }
        while let arrival = pending {
            guard mayAttempt else { return }
            var due = wall(arrival)
            guard due <= now else { return }
            if arrival.isImmediate {
                guard underWay < settings.window else { return }
                due = now
            }
            let slot = nextSlot
            nextSlot &+= 1
            pending = Int(nextSlot) < settings.users ? pacer.next() : nil
            connections[Int(slot)].due = due
            inFlight += 1
            board.add(.usersStarted)
            attempt(slot)
        }
    }

    /// Says once that this lane's users are all opened or given up, and lets the next lane begin.
    private mutating func noteRamp() {
        guard pending == nil else { return }
        // The next lane begins when this one has started everybody: a single slow handshake must not hold up the rest.
        if !hasPassedOn {
            hasPassedOn = true
            release(.rampReleased)
        }
        guard inFlight == 0, board[.rampState] != 2 else { return }
        board.set(.rampState, 2)
        ring()
    }

    func release(_ control: Board.Control) {
        run[control].wrappingAdd(1, ordering: .acquiringAndReleasing)
        ring()
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(settings.bell, &one, 8)
    }

    private func timeout(_ phase: Board.Phase) -> Int64? {
        guard phase == .ramp || phase == .hold else { return nil }
        var limit: UInt64?
        if phase == .ramp, let arrival = pending, hasTurn {
            let due = wall(arrival)
            if due > now {
                limit = due &- now
            } else {
                // Due, but held back by a full window: a completion will come.
                limit = underWay == 0 ? 0 : arrival.isImmediate ? nil : 1_000_000
            }
        }
        if let next = wheel.nextDue { limit = min(limit ?? .max, isBehindWithWaits ? 0 : nanoseconds(until: next)) }
        return limit.map { Int64(clamping: $0) }
    }

    // MARK: completions

    private mutating func handle(_ completion: Completion) {
        if completion.operation == .bell { return }
        let slot = completion.handle.slot
        let index = Int(slot)
        guard index < settings.users, connections[index].peer.generation == completion.handle.generation else {
            return pipe.discard(completion)
        }
        switch completion.operation {
        case .connected: connected(slot, completion.result)
        case .received:
            switch pipe.arrived(completion, &connections[index].peer) {
            // After nothing there is nothing to read, but something to wait for.
            case .bytes, .nothing: digest(slot)
            case .ended(let result): end(slot, result == 0 ? .errorClosedByPeer : Counter.forError(result))
            }
        case .sent:
            pipe.sent(completion, &connections[index].peer)
            if completion.result < 0 { return end(slot, Counter.forError(completion.result)) }
            sent(slot)
        case .ready:
            if connections[index].peer.state == UserState.ended { return }
            if !pipe.ready(slot, &connections[index].peer, happened: completion.result) { end(slot, .errorNoBuffer) }
        default: break
        }
    }

    private mutating func connected(_ slot: UInt32, _ result: Int32) {
        let index = Int(slot)
        guard connections[index].peer.state == UserState.connecting else { return }
        noteAnswer(index)
        guard result == 0 else { return failed(slot, result) }
        board.add(.tcpConnected)
        board.add(.openNow)
        record(.connect, since: connections[index].due)
        guard let message = pipe.compose() else { return end(slot, .errorNoBuffer) }
        let user = Keyed(seed: settings.seed, user: settings.firstUser &+ UInt64(slot))
        // Only attempts that never came to a handshake are repeated, so a user needs one key, whatever its attempts:
        // the digest must not tell how often the kernel refused.
        let count = settings.request.write(user, attempt: 0, to: message.bytes)
        absorb(index, message.bytes, count)
        connections[index].marks = 0
        connections[index].peer.state = UserState.upgrading
        pipe.transmit(slot, &connections[index].peer, block: message.block, count: count)
        pipe.expect(slot, &connections[index].peer)
    }

    /// A message was taken by the kernel: reads what had to wait for that, and goes on with the session.
    private mutating func sent(_ slot: UInt32) {
        let index = Int(slot)
        let state = connections[index].peer.state
        if state == UserState.parting { return saidGoodbye(slot) }
        if connections[index].peer.carried > 0 { digest(slot) }
        // Reading may have ended the connection; it does not end a step that waits for this.
        if connections[index].peer.state == state { goOn(slot) }
    }

    // MARK: small things

    @inline(__always) func absorb(_ index: Int, _ bytes: UnsafeRawPointer, _ count: Int) {
        var trace = Trace(resuming: connections[index].trace)
        trace.absorb(bytes, count)
        connections[index].trace = trace.value
    }

    @inline(__always) func record(_ latency: Latency, since due: UInt64) {
        board.histogram(latency).record(microseconds: now > due ? (now &- due) / 1_000 : 0)
    }
}
