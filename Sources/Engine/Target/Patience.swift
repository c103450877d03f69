/// How long a lane bears with clients that leave something half done. None of them has a timer of its own.
///
/// A look goes over all connections; what it finds in the middle of something it marks, and what was marked by the look
/// before and is in the middle still has had its time: at least as long as the rule says, and at most twice as long. With
/// nothing half done there are no looks, and the lane sleeps. Of thousands that have had their time together a few
/// hundred are seen off at once: neither buffers nor the engine's queue would do for all.
struct Patience: ~Copyable {
    /// Connections without a WebSocket yet, or not any more.
    var handshakes = 0
    let handshakeNanoseconds: UInt64
    let messageNanoseconds: UInt64
    /// When the next look at handshakes and at messages is; 0: none is due.
    var handshakeLook: UInt64 = 0
    var messageLook: UInt64 = 0
    /// How many may be seen off before the lane has sent what it has said to those before.
    static let farewellsAtOnce = 256
    var farewellsLeft = 0
    /// Where the present look goes on.
    var handshakeSlot: UInt32 = 0
    var messageSlot: UInt32 = 0
    private var idle: SleepClock?
    private let idleMemory: UnsafeMutableRawPointer
    private let idleBytes: Int

    init(_ rules: TargetRules, slots: Int) {
        handshakeNanoseconds = max(1_000_000, rules.handshakeTimeoutNanoseconds)
        messageNanoseconds = max(1_000_000, rules.messageTimeoutNanoseconds)
        idleBytes = rules.idleTimeoutNanoseconds == nil ? 0 : SleepClock.bytes(slots: slots)
        idleMemory = Pages.map(bytes: idleBytes)
        if let silence = rules.idleTimeoutNanoseconds {
            idle = SleepClock(slots: slots, silenceNanoseconds: silence, storage: idleMemory)
        }
    }

    deinit { Pages.unmap(idleMemory, bytes: idleBytes) }

    /// No look is due, and none under way.
    mutating func forgetHandshakes() { (handshakeLook, handshakeSlot) = (0, 0) }
    mutating func forgetMessages() { (messageLook, messageSlot) = (0, 0) }

    /// Silent connections are closed, so that the lane has to know the time of each message.
    var keepsTime: Bool { idle != nil }
    mutating func follow(_ now: UInt64) { idle?.follow(now) }
    @inline(__always) mutating func noteMessage(_ slot: UInt32) { _ = idle?.noteMessage(slot) }
    mutating func forget(_ slot: UInt32) { idle?.leave(slot) }
    mutating func nextIdle() -> UInt32? { idle?.nextToSleep() }
    var idleWaitNanoseconds: Int64? { idle?.waitNanoseconds }
}

extension TargetLane where Engine: ~Copyable {
    /// Somebody has begun something.
    var hasUnfinished: Bool {
        patience.handshakes > 0 || pipe.blocksInUse > 0 || pipe.assemblies.buffers.count > 0
    }

    /// Ends what has had its time; returns how long the lane may sleep for its patience's sake.
    mutating func loseWhatNeverEnds(_ now: UInt64) -> Int64? {
        var wait: Int64?
        patience.farewellsLeft = Patience.farewellsAtOnce
        func sleepUntil(_ time: UInt64) { wait = min(wait ?? .max, time > now ? Int64(clamping: time &- now) : 0) }
        if patience.handshakes == 0 { patience.forgetHandshakes() } else {
            if patience.handshakeLook == 0 { patience.handshakeLook = now &+ patience.handshakeNanoseconds }
            if now >= patience.handshakeLook, lookAtHandshakes() { patience.handshakeLook = now &+ patience.handshakeNanoseconds }
            sleepUntil(patience.handshakeLook)
        }
        if !hasUnfinished { patience.forgetMessages() } else {
            if patience.messageLook == 0 { patience.messageLook = now &+ patience.messageNanoseconds }
            if now >= patience.messageLook, lookAtMessages() { patience.messageLook = now &+ patience.messageNanoseconds }
            sleepUntil(patience.messageLook)
        }
        if patience.keepsTime {
            patience.follow(now)
            while mayGoOn, let slot = patience.nextIdle() { closeIdle(slot) }
            if let idle = patience.idleWaitNanoseconds { wait = min(wait ?? .max, idle) }
        }
        return wait
    }

    private var mayGoOn: Bool { patience.farewellsLeft > 0 && pipe.engine.room >= 8 }

    /// False when it has to go on later.
    private mutating func lookAtHandshakes() -> Bool {
        while patience.handshakeSlot < UInt32(slotsTouched) {
            guard mayGoOn else { return false }
            let slot = patience.handshakeSlot
            patience.handshakeSlot &+= 1
            let index = Int(slot)
            let state = peers[index].state
            guard state == ServedState.handshake || state == ServedState.lingering else { continue }
            guard peers[index].has(Peer.Flag.stale) else {
                peers[index].flags |= Peer.Flag.stale
                continue
            }
            patience.farewellsLeft -= 1
            if state == ServedState.handshake && peers[index].sending == Peer.noBlock {
                board.add(.handshakeTimeouts)
                peers[index].flags &= ~Peer.Flag.stale
                _ = refuse(slot, HTTPStatus.requestTimeout)
            } else {
                end(slot)
            }
        }
        patience.handshakeSlot = 0
        return true
    }

    /// False when it has to go on later.
    private mutating func lookAtMessages() -> Bool {
        while patience.messageSlot < UInt32(slotsTouched) {
            guard mayGoOn else { return false }
            let slot = patience.messageSlot
            patience.messageSlot &+= 1
            let index = Int(slot)
            let state = peers[index].state
            guard state == ServedState.phoenixV1 || state == ServedState.phoenixV2 || state == ServedState.echo else { continue }
            let isUnfinished =
                peers[index].carried > 0 || peers[index].sending != Peer.noBlock || peers[index].has(Peer.Flag.assembling)
            guard isUnfinished, peers[index].has(Peer.Flag.stale) else {
                if isUnfinished { peers[index].flags |= Peer.Flag.stale } else { peers[index].flags &= ~Peer.Flag.stale }
                continue
            }
            patience.farewellsLeft -= 1
            board.add(.messageTimeouts)
            if peers[index].sending == Peer.noBlock { close(slot, .policyViolation) } else { end(slot) }
        }
        patience.messageSlot = 0
        return true
    }

    private mutating func closeIdle(_ slot: UInt32) {
        let index = Int(slot)
        guard peers[index].state != ServedState.free else { return }
        patience.farewellsLeft -= 1
        board.add(.idleTimeouts)
        // A connection that does not even take what it is sent gets no farewell.
        if peers[index].state >= ServedState.phoenixV1, peers[index].state != ServedState.lingering,
            peers[index].sending == Peer.noBlock {
            close(slot, .normal)
        } else {
            end(slot)
        }
    }
}
