import Glibc

/// What a lane keeps for each connection whatever its end: 10 bytes.
struct Peer {
    static let noBlock = UInt16.max

    var generation: UInt16 = 0
    /// The lane's own state machine; 0 is a free slot.
    var state: UInt8 = 0
    var flags: UInt8 = 0
    /// The block of a receive under way, or of bytes that wait for the rest of their message.
    var block = Peer.noBlock
    /// How many bytes wait there.
    var carried: UInt16 = 0
    /// The block of the message under way.
    var sending = Peer.noBlock

    enum Flag {
        static let receiving: UInt8 = 1
        static let watched: UInt8 = 2
        /// Close once the message under way is sent.
        static let closing: UInt8 = 4
        /// A target lane's own: the connection has joined.
        static let joined: UInt8 = 8
        /// There may be more to receive, of which no watch will speak again.
        static let more: UInt8 = 16
        /// No bytes will follow those that are there: received until the end comes, for no watch will speak again.
        static let ending: UInt8 = 64
        /// A worker lane's own: this attempt goes to an address that never answers.
        static let unanswered: UInt8 = 32
        /// A target lane's own: the last look of its patience found the connection in the middle of something.
        static let stale: UInt8 = 32
        /// A message that comes in pieces is under way.
        static let assembling: UInt8 = 128
    }

    @inline(__always) func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}

/// What came of a receive.
enum Arrival {
    case bytes(Int)
    case nothing
    /// 0 at the peer's end, else the negated errno.
    case ended(Int32)
}

/// An engine and a lane's buffers: the bytes of one connection in, whole messages out. Shared by target and worker lanes.
struct Pipe<Engine: Proactor & ~Copyable>: ~Copyable {
    /// More than a full completion queue can ask for at once; only those ever used cost memory.
    static var blockCount: Int { 8_192 }
    /// With fewer left, nobody may keep one for half a message. What a lane sends between two waits fits in them.
    static var blockReserve: Int { blockCount / 8 }
    /// Stands for memory that is nobody's to give back. Numbers from `blockCount` on are large buffers.
    static var lastingBlock: UInt32 { UInt32(blockCount + LargeBuffers.limit) }

    var engine: Engine
    var blocks = Blocks(count: Self.blockCount)
    var assemblies: Assemblies
    let limits: MessageLimits
    let board: LaneBoard

    init(engine: consuming Engine, board: LaneBoard, slots: Int, limits: MessageLimits = .usual) {
        self.engine = engine
        self.board = board
        self.limits = limits
        assemblies = Assemblies(slots: slots, limits: limits)
    }

    var isShortOfBlocks: Bool { blocks.available < Self.blockReserve }

    /// The next bytes belong to an exchange under way and will come soon.
    @inline(__always) mutating func expect(_ slot: UInt32, _ peer: inout Peer) {
        if peer.has(Peer.Flag.more | Peer.Flag.ending) { return receiveMore(slot, &peer) }
        guard Engine.receivesMayWait, !peer.has(Peer.Flag.receiving), !peer.has(Peer.Flag.watched) else { return }
        // Waiting receives hold a block each: with many half-open exchanges the cheaper watch takes over.
        if blocks.available < Self.blockCount / 2 { return watch(slot, &peer) }
        _ = receive(slot, &peer, waits: true)
    }

    /// Nothing is due: the connection costs a watch and no buffer.
    @inline(__always) mutating func rest(_ slot: UInt32, _ peer: inout Peer) {
        if peer.has(Peer.Flag.more | Peer.Flag.ending) { return receiveMore(slot, &peer) }
        if Engine.receivesMayWait && !peer.has(Peer.Flag.watched) { watch(slot, &peer) }
    }

    private mutating func receiveMore(_ slot: UInt32, _ peer: inout Peer) {
        // A full buffer is for the lane to empty, or to refuse.
        guard Int(peer.carried) < Blocks.bytes, !peer.has(Peer.Flag.receiving) else { return }
        if receive(slot, &peer, waits: false) { peer.flags &= ~Peer.Flag.more }
    }

    @inline(__always) private mutating func watch(_ slot: UInt32, _ peer: inout Peer) {
        peer.flags |= Peer.Flag.watched
        // What follows bytes that wait must come behind them, in their block.
        engine.watch(Handle(slot: slot, generation: peer.generation), mayReceive: peer.block == Peer.noBlock)
    }

    /// Lends the engine blocks in place of those that have come back.
    @inline(__always) mutating func lend() {
        if engine.blocksWanted > 0 { lendAll() }
    }

    @inline(never) private mutating func lendAll() {
        while engine.blocksWanted > 0, blocks.available > Self.blockCount / 2 {
            let block = blocks.take()
            engine.lend(block, blocks[block], capacity: Blocks.bytes)
        }
    }

    /// Blocks that hold a message, or wait for one.
    @inline(__always) var blocksInUse: Int { blocks.count &- blocks.available &- engine.blocksLent }

    /// The watch spoke. False when no buffer is left: the lane ends the connection.
    @inline(__always) mutating func ready(_ slot: UInt32, _ peer: inout Peer, happened: Int32) -> Bool {
        peer.flags &= ~Peer.Flag.watched
        // The end came with the last bytes: no watch will speak of it again once they are received.
        if happened & Completion.endOfStream != 0 { peer.flags |= Peer.Flag.ending }
        if peer.has(Peer.Flag.receiving) { return true }
        if peer.carried > 0 && (peer.sending != Peer.noBlock || Int(peer.carried) == Blocks.bytes) {
            // Messages wait there until ours is sent; nothing is received behind them.
            peer.flags |= Peer.Flag.more
            return true
        }
        return receive(slot, &peer, waits: false)
    }

    @inline(__always) private mutating func receive(_ slot: UInt32, _ peer: inout Peer, waits: Bool) -> Bool {
        if peer.block == Peer.noBlock {
            let block = blocks.take()
            guard block != Blocks.none else { return false }
            peer.block = UInt16(truncatingIfNeeded: block)
        }
        peer.flags |= Peer.Flag.receiving
        engine.receive(
            Handle(slot: slot, generation: peer.generation), into: blocks[UInt32(peer.block)] + Int(peer.carried),
            capacity: Blocks.bytes &- Int(peer.carried), block: UInt32(peer.block), waits: waits)
        return true
    }

    /// Takes the completion of a receive of this use of the slot; `bytes` counts all that wait now, old and new.
    @inline(__always) mutating func arrived(_ completion: Completion, _ peer: inout Peer) -> Arrival {
        if completion.block == UInt32(peer.block) {
            peer.flags &= ~Peer.Flag.receiving
        } else {
            received(completion, &peer)
        }
        if completion.result > 0 {
            board.add(.bytesIn, UInt64(completion.result))
            peer.carried &+= UInt16(truncatingIfNeeded: completion.result)
            if Int(peer.carried) == Blocks.bytes { peer.flags |= Peer.Flag.more }
            return .bytes(Int(peer.carried))
        }
        if completion.result == -11 || completion.result == -4 {
            // An interruption took nothing, and no watch speaks of the bytes again.
            if completion.result == -4 { peer.flags |= Peer.Flag.more } else { peer.flags &= ~Peer.Flag.ending }
            release(&peer)
            return .nothing
        }
        return .ended(completion.result)
    }

    /// The watch received by itself, into a block that was lent.
    @inline(__always) private mutating func received(_ completion: Completion, _ peer: inout Peer) {
        peer.flags &= ~Peer.Flag.watched
        if completion.result <= 0 { return giveBack(completion.block) }
        assert(peer.block == Peer.noBlock && !peer.has(Peer.Flag.receiving))
        peer.block = UInt16(truncatingIfNeeded: completion.block)
    }

    /// The bytes that wait.
    @inline(__always) func waiting(_ peer: Peer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: blocks[UInt32(peer.block)], count: Int(peer.carried))
    }

    /// The lane is done with the first `count` of them.
    @inline(__always) mutating func consume(_ count: Int, _ peer: inout Peer) {
        let left = Int(peer.carried) &- count
        peer.carried = UInt16(truncatingIfNeeded: left)
        if left == 0 { return release(&peer) }
        if count > 0 {
            let start = blocks[UInt32(peer.block)]
            start.copyMemory(from: start + count, byteCount: left)
        }
    }

    @inline(__always) private mutating func release(_ peer: inout Peer) {
        guard peer.carried == 0, peer.block != Peer.noBlock, !peer.has(Peer.Flag.receiving) else { return }
        blocks.giveBack(UInt32(peer.block))
        peer.block = Peer.noBlock
    }

    /// A buffer for one message, or nil when none is left.
    @inline(__always) mutating func compose() -> (block: UInt32, bytes: UnsafeMutableRawPointer)? {
        let block = blocks.take()
        return block == Blocks.none ? nil : (block, blocks[block])
    }

    /// A buffer for a message of at most `bytes`: a block where it fits. nil when none is left.
    mutating func compose(bytes: Int) -> (block: UInt32, bytes: UnsafeMutableRawPointer)? {
        if bytes <= Blocks.bytes { return compose() }
        return assemblies.buffers.take(bytes).map { (UInt32(Self.blockCount + $0), assemblies.buffers[$0]) }
    }

    @inline(__always) mutating func transmit(_ slot: UInt32, _ peer: inout Peer, block: UInt32, count: Int) {
        let isLarge = block >= UInt32(Self.blockCount)
        let memory = isLarge ? assemblies.buffers[Int(block) &- Self.blockCount] : blocks[block]
        transmit(slot, &peer, from: UnsafeRawPointer(memory), count: count, block: block)
    }

    /// Sends bytes that last until `sent`: `block` says whose they are.
    @inline(__always) mutating func transmit(
        _ slot: UInt32, _ peer: inout Peer, from bytes: UnsafeRawPointer, count: Int, block: UInt32
    ) {
        assert(peer.sending == Peer.noBlock)
        peer.sending = UInt16(truncatingIfNeeded: block)
        board.add(.bytesOut, UInt64(count))
        engine.send(Handle(slot: slot, generation: peer.generation), from: bytes, count: count, block: block)
    }

    @inline(__always) mutating func sent(_ completion: Completion, _ peer: inout Peer) {
        giveBack(completion.block)
        peer.sending = Peer.noBlock
    }

    /// A buffer that was composed into is not needed any more.
    @inline(__always) mutating func giveBack(_ block: UInt32) {
        if block < UInt32(Self.blockCount) { return blocks.giveBack(block) }
        if block < Self.lastingBlock { assemblies.buffers.giveBack(Int(block) &- Self.blockCount) }
    }

    /// A completion of an earlier use of the slot: only its block matters.
    @inline(__always) mutating func discard(_ completion: Completion) {
        switch completion.operation {
        case .received, .sent: giveBack(completion.block)
        default: break
        }
    }

    /// Ends a connection; the slot is free once `closed` comes. What is under way comes back with the old generation.
    mutating func close(_ slot: UInt32, _ peer: inout Peer) {
        endAssembly(slot, &peer)
        let receiving = peer.has(Peer.Flag.receiving)
        if !receiving && peer.block != Peer.noBlock { blocks.giveBack(UInt32(peer.block)) }
        engine.close(
            Handle(slot: slot, generation: peer.generation), watched: peer.has(Peer.Flag.watched),
            receiving: receiving ? UInt32(peer.block) : Blocks.none,
            sending: peer.sending == Peer.noBlock ? Blocks.none : UInt32(peer.sending))
        peer = Peer(generation: peer.generation &+ 1)
    }
}

/// CLOCK_MONOTONIC in nanoseconds.
@inline(__always) func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(bitPattern: Int64(time.tv_sec)) &* 1_000_000_000 &+ UInt64(bitPattern: Int64(time.tv_nsec))
}
