/// A message that comes in pieces, as far as it has come: fragments (RFC 6455 section 5.4), or a frame too long for a block.
struct Assembly {
    /// Of the message; `continuation` when the bytes are those of an HTTP head.
    var opcode: Opcode
    /// How many bytes have come.
    var count = 0
    /// How many bytes of the frame under way are still to come.
    var frameLeft = 0
    /// Of the frame under way, as the next byte needs it.
    var mask: UInt32 = 0
    /// The frame under way is the message's last.
    var isFinal = false
    /// Of a text, as far as it has come: a fault shows at once (RFC 6455 section 8.1).
    var check = UTF8Check()
    /// It is whole, and waits to be read: nothing else of its connection is read before it.
    var isHeld = false
}

/// What comes of the bytes that wait on a connection.
enum Incoming {
    case needMore
    /// So many bytes were taken into a message under way.
    case part(used: Int)
    /// A whole control frame, unmasked.
    case control(Opcode, UnsafeRawBufferPointer, used: Int)
    /// A whole message, unmasked; a text is UTF-8. While the peer has `Flag.assembling` its bytes are in an assembly, which
    /// the lane ends, or sends back, once it has read them.
    case message(Opcode, UnsafeRawBufferPointer, used: Int)
    /// The peer broke the protocol or passed a limit: close with this code.
    case violation(CloseCode)
}

/// How large a frame and a message may be, bytes.
struct MessageLimits {
    var frameBytes: Int
    var messageBytes: Int

    /// Of what a worker takes from a server, and of what a target takes unless it is told otherwise.
    static let usual = MessageLimits(frameBytes: 65_536, messageBytes: 65_536)

    /// Of all long messages under way in a lane: some of the longest, and many short ones.
    var laneBytes: Int { max(64 << 20, 4 * messageBytes) }
}

/// Messages under way in pieces, by the connection they come on.
struct Assemblies: ~Copyable {
    private static var none: UInt16 { 0 }

    var buffers: LargeBuffers
    private let records: UnsafeMutablePointer<Assembly>
    /// For each slot the number of its buffer, plus one.
    private let bufferOfSlot: UnsafeMutablePointer<UInt16>
    private let slots: Int

    init(slots: Int, limits: MessageLimits) {
        self.slots = slots
        buffers = LargeBuffers(bytesLimit: limits.laneBytes)
        records = Pages.map(bytes: LargeBuffers.limit * MemoryLayout<Assembly>.stride)
            .bindMemory(to: Assembly.self, capacity: LargeBuffers.limit)
        bufferOfSlot = Pages.map(bytes: slots * 2).bindMemory(to: UInt16.self, capacity: slots)
    }

    deinit {
        Pages.unmap(UnsafeMutableRawPointer(records), bytes: LargeBuffers.limit * MemoryLayout<Assembly>.stride)
        Pages.unmap(UnsafeMutableRawPointer(bufferOfSlot), bytes: slots * 2)
    }

    /// Begins a message; false when no buffer is to be had.
    mutating func begin(_ slot: UInt32, _ opcode: Opcode) -> Bool {
        guard let buffer = buffers.take(2 * Blocks.bytes) else { return false }
        records[buffer] = Assembly(opcode: opcode)
        bufferOfSlot[Int(slot)] = UInt16(buffer + 1)
        return true
    }

    /// The connection has one.
    @inline(__always) func buffer(_ slot: UInt32) -> Int { Int(bufferOfSlot[Int(slot)]) - 1 }

    subscript(slot: UInt32) -> Assembly {
        _read { yield records[buffer(slot)] }
        nonmutating _modify { yield &records[buffer(slot)] }
    }

    func bytes(_ slot: UInt32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffers[buffer(slot)], count: self[slot].count)
    }

    /// Appends bytes of the frame under way, unmasking them; nil, or the code to close with.
    mutating func append(_ slot: UInt32, _ bytes: UnsafeRawBufferPointer) -> CloseCode? {
        let index = buffer(slot)
        guard let source = bytes.baseAddress, bytes.count > 0 else { return nil }
        guard buffers.reserve(records[index].count + bytes.count, index) else { return .tryAgainLater }
        let out = buffers[index] + records[index].count
        Mask.copy(records[index].mask, from: source, to: out, count: bytes.count)
        records[index].mask = Mask.rotated(records[index].mask, bytes.count)
        records[index].count += bytes.count
        records[index].frameLeft -= bytes.count
        if records[index].opcode == .text,
            !records[index].check.feed(UnsafeRawBufferPointer(start: out, count: bytes.count)) {
            return .invalidData
        }
        return nil
    }

    /// Keeps a whole message, as it is, until it can be read. False when no buffer is to be had.
    mutating func hold(_ slot: UInt32, _ opcode: Opcode, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard begin(slot, opcode) else { return false }
        let index = buffer(slot)
        guard buffers.reserve(bytes.count, index) else {
            end(slot)
            return false
        }
        if let source = bytes.baseAddress { buffers[index].copyMemory(from: source, byteCount: bytes.count) }
        records[index].count = bytes.count
        records[index].isHeld = true
        return true
    }

    /// The message was read: its buffer goes.
    mutating func end(_ slot: UInt32) { buffers.giveBack(detach(slot)) }

    /// The connection has no message under way any more; its buffer is the caller's.
    mutating func detach(_ slot: UInt32) -> Int {
        let index = buffer(slot)
        bufferOfSlot[Int(slot)] = Assemblies.none
        return index
    }
}
