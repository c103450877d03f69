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
    /// The path that is answered with a WebSocket.
    var path: StaticBytes
    var bell: Int32
}

/// Bytes that outlive every lane.
struct StaticBytes {
    let bytes: UnsafeRawBufferPointer

    /// Copies a text once, for good.
    init(_ text: String) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        copy.copyBytes(from: text.utf8)
        bytes = UnsafeRawBufferPointer(copy)
    }
}

/// Where a connection stands, in `Peer.state`.
enum ServedState {
    static let free: UInt8 = 0
    static let handshake: UInt8 = 1
    static let open: UInt8 = 2
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
    /// The CPU of each chain; negative leaves the choice to the scheduler.
    let cpus: [Int32]
    /// Of connections that have joined.
    var footprint: Footprint

    init(
        engine: consuming Engine, settings: TargetLaneSettings, run: Board, cpus: [Int32], footprint: consuming Footprint
    ) {
        self.cpus = cpus
        self.footprint = footprint
        self.settings = settings
        self.run = run
        board = run.target(settings.lane)
        pipe = Pipe(engine: engine, board: board)
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
        takeChain()
    }

    /// Waits for completions and handles them: once round the loop.
    mutating func pass() {
        board.add(.submits)
        // Where connections hibernate, the lane wakes for them too, and knows the time of each message.
        if footprint.hibernates {
            let wait = footprint.hibernateSilent(now: pipe.engine.clock())
            pipe.engine.submit(waitNanoseconds: wait)
            footprint.follow(pipe.engine.clock())
        } else {
            pipe.engine.submit(waitNanoseconds: nil)
        }
        while let completion = pipe.engine.next() { handle(completion) }
    }

    // MARK: accepting

    /// Begins to accept if a chain was handed to this lane.
    private mutating func takeChain() {
        guard chain < 0 && !isFull else { return }
        for index in 0..<settings.chainCount where run.chain(index).pointee.load(ordering: .acquiring) == UInt64(settings.lane + 1) {
            chain = index
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
        run.chain(chain).pointee.store(next < UInt64(run.targetLanes) ? next + 1 : 0, ordering: .releasing)
        chain = -1
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
        board.add(.accepted)
        board.add(.openNow)
        pipe.engine.adopt(Handle(slot: slot, generation: peers[index].generation))
        pipe.expect(slot, &peers[index])
        if open >= settings.capacity { noteFull() }
    }

    // MARK: completions

    private mutating func handle(_ completion: Completion) {
        switch completion.operation {
        case .bell: return takeChain()
        case .accepted: return accepted(completion)
        case .acceptEnded: return handOver()
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
            case .ended: end(slot)
            }
        case .sent:
            pipe.sent(completion, &peers[index])
            if completion.result < 0 || peers[index].has(Peer.Flag.closing) { return end(slot) }
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
        board.add(.closed)
        board.subtract(.openNow)
        leaveChannel(slot)
        pipe.close(slot, &peers[index])
    }
}
