import CLab
import Glibc

/// Everything a target lane is told at its start.
struct TargetLaneSettings {
    /// This lane's number on the board.
    var lane: Int
    /// It stops accepting with so many connections open.
    var capacity: Int
    /// Size of its descriptor table: `capacity` and what may be accepted until the stop takes effect.
    var slots: Int
    /// Listening sockets: for each chain one for each port.
    var listeners: [Int32]
    var portCount: Int
    var chainCount: Int
    /// The path that is answered with a Phoenix socket.
    var path: StaticBytes
    var bell: Int32
    /// How many lanes take chains in turn.
    var laneCount = 1
    /// The host's door: this lane serves it alone, and no chain.
    var door: Int32?
    var rules = TargetRules()
    /// Hosts an Origin header may name, and the whole answer to a browser that asks for the chat page.
    var origins: OriginCheck?
    var page: StaticBytes?
    /// What is said in the lobby, to all of it.
    var broadcasts = BroadcastLog.none

    var limits: MessageLimits {
        MessageLimits(frameBytes: rules.frameLimitBytes, messageBytes: rules.messageLimitBytes)
    }
}

/// Bytes that outlive every lane.
struct StaticBytes {
    let bytes: UnsafeRawBufferPointer

    /// Copies a text once, for good.
    init(_ text: String) { self.init(Array(text.utf8)) }

    init(_ text: [UInt8]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
        copy.copyBytes(from: text)
        bytes = UnsafeRawBufferPointer(copy)
    }
}

/// Where a connection stands, in `Peer.state`.
enum ServedState {
    static let free: UInt8 = 0
    static let handshake: UInt8 = 1
    /// Phoenix channels, serializer V1 or V2.
    static let phoenixV1: UInt8 = 2
    static let phoenixV2: UInt8 = 3
    /// Every message comes back as it is.
    static let echo: UInt8 = 4
    /// Nothing is sent any more; what comes is dropped until the client's end.
    static let lingering: UInt8 = 5
}

/// A thread's worth of the server's connections.
///
/// Lanes share the listening sockets in chains: of each chain one lane accepts, until it is full, and hands the chain to
/// the next lane that is free. So few lanes are busy at a time, and a connection is never moved.
struct TargetLane<Engine: Proactor & ~Copyable>: ~Copyable {
    var pipe: Pipe<Engine>
    let settings: TargetLaneSettings
    let run: Board
    var memo: UpgradeMemo
    let memoMemory: UnsafeMutableRawPointer
    let board: LaneBoard
    let peers: UnsafeMutablePointer<Peer>
    /// The chain this lane serves, or -1.
    var chain = -1
    var open = 0
    var isFull = false
    /// It was full, and nothing is accepted any more.
    var hasStopped = false
    /// Its turn has come once: from now on it may take over chains that nobody serves.
    var hasServed = false
    /// The CPU of each chain; negative leaves the choice to the scheduler.
    let cpus: [Int32]
    /// Of connections that have joined.
    var footprint: Footprint
    var patience: Patience
    var fanOut: FanOut
    var joinReferences: JoinReferences
    /// Slots from here on were never used.
    var slotsTouched = 0

    init(
        engine: consuming Engine, settings: TargetLaneSettings, run: Board, cpus: [Int32], footprint: consuming Footprint
    ) {
        self.cpus = cpus
        self.footprint = footprint
        self.settings = settings
        self.run = run
        board = run.target(settings.lane)
        pipe = Pipe(engine: engine, board: board, slots: settings.slots, limits: settings.limits)
        patience = Patience(settings.rules, slots: settings.slots)
        fanOut = FanOut(settings.broadcasts, lane: settings.lane, slots: settings.slots)
        joinReferences = JoinReferences(slots: settings.slots)
        memoMemory = Pages.map(bytes: HTTPHead.limitBytes)
        memo = UpgradeMemo(storage: memoMemory)
        peers = Pages.map(bytes: settings.slots * MemoryLayout<Peer>.stride)
            .bindMemory(to: Peer.self, capacity: settings.slots)
    }

    deinit {
        Pages.unmap(UnsafeMutableRawPointer(peers), bytes: settings.slots * MemoryLayout<Peer>.stride)
        Pages.unmap(memoMemory, bytes: HTTPHead.limitBytes)
    }

    /// Runs until the board says that the run is over.
    mutating func serve() {
        begin()
        while run.phase != .release { pass() }
    }

    mutating func begin() {
        pipe.engine.listenToBell(settings.bell)
        fanOut.begin()
        if let door = settings.door { pipe.engine.accept(from: door) } else { takeChain() }
    }

    /// Waits for completions and handles them: once round the loop.
    mutating func pass() {
        board.add(.submits)
        board.set(.systemCalls, pipe.engine.systemCalls)
        pipe.lend()
        tellLobby()
        pipe.engine.submit(waitNanoseconds: fanOut.isUnderWay && mayFanOut ? 0 : timeout())
        if footprint.hibernates || patience.keepsTime {
            let now = pipe.engine.clock()
            footprint.follow(now)
            patience.follow(now)
        }
        while let completion = pipe.engine.next() { handle(completion) }
    }

    /// How long nothing has to be done without a completion. Where connections hibernate or run out of patience, the lane
    /// wakes for them too; else it sleeps until the kernel has something for it.
    private mutating func timeout() -> Int64? {
        guard footprint.hibernates || patience.keepsTime || hasUnfinished else {
            patience.forgetHandshakes()
            patience.forgetMessages()
            return nil
        }
        let now = pipe.engine.clock()
        var wait = loseWhatNeverEnds(now)
        if footprint.hibernates, let next = footprint.hibernateSilent(now: now) { wait = min(wait ?? .max, next) }
        return wait
    }

    // MARK: accepting

    /// Begins to accept if a chain was handed to this lane.
    mutating func takeChain() {
        guard settings.door == nil, chain < 0 && !isFull else { return }
        for index in 0..<settings.chainCount where run.chain(index).pointee.load(ordering: .acquiring) == UInt64(settings.lane + 1) {
            chain = index
            hasServed = true
            if cpus[index] >= 0 {
                var cpu = cpus[index]
                _ = simbench_set_affinity(&cpu, 1)
            }
            for port in 0..<settings.portCount {
                pipe.engine.accept(from: settings.listeners[index * settings.portCount + port])
            }
            return
        }
    }

    private mutating func noteFull() {
        guard !isFull else { return }
        isFull = true
        pipe.engine.stopAccepting()
    }

    /// Accepting has ended: the next free lane takes over.
    private mutating func handOver() {
        guard chain >= 0 else { return }
        let next = run[.targetLanesTaken].wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
        run.chain(chain).pointee.store(next < UInt64(settings.laneCount) ? next + 1 : 0, ordering: .releasing)
        chain = -1
        ringBell()
    }

    /// A lane that was full has room again. It takes over a chain that no fresh lane was left for, now or later.
    private mutating func noteRoom() {
        guard isFull, chain < 0, hasStopped, open <= settings.capacity * 3 / 4 else { return }
        isFull = false
        hasStopped = false
        if let door = settings.door { return pipe.engine.accept(from: door) }
        takeOrphan()
    }

    mutating func takeOrphan() {
        guard settings.door == nil, chain < 0, !isFull, hasServed else { return }
        for index in 0..<settings.chainCount {
            let claimed = run.chain(index).pointee.compareExchange(
                expected: 0, desired: UInt64(settings.lane + 1), ordering: .acquiringAndReleasing)
            if claimed.exchanged { return takeChain() }
        }
    }

    func ringBell() {
        var one: UInt64 = 1
        _ = write(settings.bell, &one, 8)
    }

    private mutating func accepted(_ completion: Completion) {
        guard completion.result >= 0 else {
            if completion.result == -ENFILE || completion.result == -EMFILE {
                board.add(.acceptTableFull)
                noteFull()
            } else {
                board.add(.acceptErrors)
            }
            return
        }
        let slot = completion.handle.slot
        let index = Int(slot)
        guard index < settings.slots else { return board.add(.acceptErrors) }
        peers[index] = Peer(generation: peers[index].generation &+ 1, state: ServedState.handshake)
        open += 1
        slotsTouched = max(slotsTouched, index &+ 1)
        patience.handshakes &+= 1
        board.add(.accepted)
        board.add(.openNow)
        pipe.engine.adopt(Handle(slot: slot, generation: peers[index].generation))
        pipe.expect(slot, &peers[index])
        if open >= settings.capacity { noteFull() }
    }

    // MARK: completions

    private mutating func handle(_ completion: Completion) {
        switch completion.operation {
        case .bell:
            takeChain()
            return takeOrphan()
        case .accepted: return accepted(completion)
        case .acceptEnded:
            hasStopped = true
            return handOver()
        default: break
        }
        let slot = completion.handle.slot
        let index = Int(slot)
        guard index < settings.slots, peers[index].generation == completion.handle.generation else {
            return pipe.discard(completion)
        }
        switch completion.operation {
        case .received:
            switch pipe.arrived(completion, &peers[index]) {
            // After nothing there is nothing to read, but something to wait for.
            case .bytes, .nothing: digest(slot)
            // The client's end, in order or not.
            case .ended: end(slot)
            }
        case .sent:
            pipe.sent(completion, &peers[index])
            if completion.result < 0 { return end(slot) }
            // Nothing is read while a message is sent: one that is under way now was so before.
            if !peers[index].has(Peer.Flag.assembling) { peers[index].flags &= ~Peer.Flag.stale }
            if peers[index].has(Peer.Flag.closing) { return linger(slot) }
            if fanOut.isAnyoneBehind && catchUp(slot) { return }
            if peers[index].carried > 0 { digest(slot) }
        case .ready:
            if !pipe.ready(slot, &peers[index], happened: completion.result) {
                board.add(.errorNoBuffer)
                end(slot)
            }
        default: break
        }
    }

    mutating func end(_ slot: UInt32) {
        let index = Int(slot)
        guard peers[index].state != ServedState.free else { return }
        open -= 1
        if peers[index].state == ServedState.handshake || peers[index].state == ServedState.lingering { patience.handshakes &-= 1 }
        board.add(.closed)
        board.subtract(.openNow)
        leaveChannel(slot)
        patience.forget(slot)
        pipe.close(slot, &peers[index])
        noteRoom()
    }
}
