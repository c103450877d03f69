import Glibc
import Testing

@testable import Engine

/// An engine in a test's hands: asks, waits, and keeps what came. One thread makes and uses it.
final class EngineDriver<Engine: KernelEngine & ~Copyable>: CustomReflectable {
    /// A failed expectation prints what it speaks of; reflection knows nothing of what cannot be copied.
    var customMirror: Mirror { Mirror(self, children: []) }

    /// A wait this long means that something hangs; no verdict depends on time otherwise.
    private static var patienceNanoseconds: UInt64 { 60_000_000_000 }

    var engine: Engine
    /// Buffers by block.
    private(set) var blocks: [UnsafeMutableRawPointer] = []
    static var blockBytes: Int { 4_096 }
    /// What came and was not taken yet.
    private var arrived: [Completion] = []
    /// It has waited for nothing once; it does not do so again.
    private var hasHung = false
    /// The generation each accepted slot has.
    private(set) var generations: [UInt32: UInt16] = [:]

    convenience init(
        slots: Int = 64, destination port: UInt16 = 0, defers: Bool = false, socketCommands: Bool = EngineKind.hasSocketCommands,
        receivesAtRest: Bool = false
    ) throws {
        try self.init(
            slots: slots, destinations: port == 0 ? [] : [EngineSettings.endpoint("127.0.0.1", port: port)!], defers: defers,
            socketCommands: socketCommands, receivesAtRest: receivesAtRest)
    }

    init(slots: Int, destinations: [sockaddr_in], defers: Bool = false, socketCommands: Bool, receivesAtRest: Bool = false) throws {
        engine = try Engine(
            EngineSettings(
                slots: slots, destinations: destinations, defersHandshakeAcknowledgement: defers,
                hasSocketCommands: socketCommands, receivesAtRest: receivesAtRest))
        for _ in 0..<64 { blocks.append(.allocate(byteCount: Self.blockBytes, alignment: 8)) }
    }

    deinit { for block in blocks { block.deallocate() } }

    static var waits: Bool { Engine.receivesMayWait }

    /// Collects what is there now.
    func poll() {
        engine.submit(waitNanoseconds: 0)
        while let completion = engine.next() { arrived.append(completion) }
    }

    /// The next completion that fits, whatever else comes meanwhile; nil after a minute.
    func next(_ what: (Completion) -> Bool) -> Completion? {
        let began = monotonicNanoseconds()
        while true {
            if let index = arrived.firstIndex(where: what) { return arrived.remove(at: index) }
            guard !hasHung, monotonicNanoseconds() - began < Self.patienceNanoseconds else {
                Issue.record("nothing came within a minute; there is \(arrived.prefix(5))")
                hasHung = true
                return nil
            }
            engine.submit(waitNanoseconds: 1_000_000_000)
            while let completion = engine.next() { arrived.append(completion) }
        }
    }

    func next(_ operation: Operation) -> Completion? { next { $0.operation == operation } }
    func next(_ operation: Operation, _ handle: Handle) -> Completion? {
        next { $0.operation == operation && $0.handle == handle }
    }

    /// What came of an operation and was not asked for.
    func leftOver(_ operation: Operation) -> [Completion] { arrived.filter { $0.operation == operation } }

    // MARK: whole steps

    /// Connects, and waits for the end of the attempt.
    func connect(_ handle: Handle, _ options: ConnectOptions = ConnectOptions()) -> Int32 {
        engine.connect(handle, options)
        return next(.connected, handle)?.result ?? -ETIME
    }

    /// Accepts one connection and gives its slot a generation.
    func accept() -> Handle? {
        guard let completion = next(.accepted) else { return nil }
        guard completion.result >= 0 else {
            Issue.record("accept: errno \(-completion.result)")
            return nil
        }
        return adopt(completion)
    }

    func adopt(_ completion: Completion) -> Handle {
        let slot = completion.handle.slot
        let generation = (generations[slot] ?? 0) &+ 1
        generations[slot] = generation
        let handle = Handle(slot: slot, generation: generation)
        engine.adopt(handle)
        return handle
    }

    /// Sends all of it and returns the result.
    func send(_ handle: Handle, _ bytes: [UInt8], block: UInt32 = 0) -> Int32 {
        startSend(handle, bytes, block: block)
        return next(.sent, handle)?.result ?? -ETIME
    }

    func startSend(_ handle: Handle, _ bytes: [UInt8], block: UInt32) {
        blocks[Int(block)].copyMemory(from: bytes, byteCount: bytes.count)
        engine.send(handle, from: blocks[Int(block)], count: bytes.count, block: block)
    }

    /// Receives when the watch says so, until there are `count` bytes or an end; the end's result comes with them.
    func receive(_ handle: Handle, _ count: Int, block: UInt32 = 1) -> (bytes: [UInt8], end: Int32?) {
        var all: [UInt8] = []
        while all.count < count {
            engine.receive(handle, into: blocks[Int(block)], capacity: Self.blockBytes, block: block, waits: Self.waits)
            guard let completion = next(.received, handle) else { return (all, -ETIME) }
            #expect(completion.block == block)
            if completion.result == -EAGAIN {
                guard next(.ready, handle) != nil else { return (all, -ETIME) }
                continue
            }
            if completion.result <= 0 { return (all, completion.result) }
            all += UnsafeRawBufferPointer(start: blocks[Int(block)], count: Int(completion.result))
        }
        return (all, nil)
    }

    func close(_ handle: Handle, watched: Bool = !EngineDriver.waits, receiving: UInt32 = Blocks.none, sending: UInt32 = Blocks.none) {
        engine.close(handle, watched: watched, receiving: receiving, sending: sending)
        #expect(next(.closed, handle) != nil)
    }
}

/// Bytes that tell where they come from.
func patterned(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}
