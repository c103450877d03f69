import Glibc

@testable import Engine

/// What the simulated kernel keeps for one lane: its slots, its listeners and the completions it will get.
final class SimulatedEndpoint {
    let kernel: SimulatedKernel
    let slots: Int
    /// io_uring's manner: receives wait, a full table drops a connection and ends the accepting. Else epoll's.
    let mayWait: Bool
    private var bySlot: [SimulatedSocket?]
    /// All that have something to do or to tell, closed ones too.
    private var sockets: [SimulatedSocket] = []
    private var freeSlots: [UInt32]
    private var listening: [Int] = []
    private var isStopping = false
    var isBellRung = false
    private var queue: [Completion] = []
    private var queueHead = 0
    /// What the lane lent for connections at rest, the first to be filled first, and how much it may lend.
    private(set) var lent: [Lent] = []
    let lendLimit: Int
    /// Blocks that were filled, of which the lane does not know yet.
    private var filled: Set<UInt32> = []

    struct Lent {
        var buffer: UnsafeMutableRawPointer
        var capacity: Int
        var block: UInt32
    }

    init(_ kernel: SimulatedKernel, slots: Int, mayWait: Bool, lendLimit: Int = 0) {
        self.lendLimit = lendLimit
        self.kernel = kernel
        self.slots = slots
        self.mayWait = mayWait
        bySlot = Array(repeating: nil, count: slots)
        freeSlots = (0..<UInt32(slots)).reversed()
    }

    var openSockets: Int { bySlot.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }
    var freeSlotCount: Int { freeSlots.count }

    var isQuiet: Bool {
        queueHead == queue.count && !isBellRung && !isStopping && sockets.allSatisfy(\.isQuiet)
            && listening.allSatisfy { kernel.backlog[$0, default: []].isEmpty }
    }

    /// The open connection an operation is meant for; anything else is a lane's mistake.
    func socket(_ handle: Handle, _ what: String) -> SimulatedSocket? {
        guard Int(handle.slot) < slots, let socket = bySlot[Int(handle.slot)], socket.handle == handle, !socket.isClosed else {
            kernel.forbid(true, "\(what) on slot \(handle.slot), generation \(handle.generation), which is not open")
            return nil
        }
        return socket
    }

    // MARK: slots

    func connect(_ handle: Handle, _ options: ConnectOptions) {
        let slot = Int(handle.slot)
        kernel.forbid(slot >= slots || bySlot[slot] != nil, "connect in slot \(slot), which is taken")
        let socket = SimulatedSocket(handle, isAdopted: true)
        socket.isConnecting = true
        socket.destination = options.destination
        socket.sourcePort = options.sourcePort
        socket.began = kernel.time
        bySlot[slot] = socket
        sockets.append(socket)
    }

    func accept(_ listener: Int) {
        kernel.forbid(listening.contains(listener), "accept twice")
        listening.append(listener)
    }

    func stopAccepting() {
        kernel.forbid(isStopping, "stopAccepting twice")
        isStopping = true
    }

    func adopt(_ handle: Handle) {
        guard Int(handle.slot) < slots, let socket = bySlot[Int(handle.slot)], !socket.isAdopted else {
            return kernel.forbid(true, "adopt of slot \(handle.slot), which was not accepted")
        }
        socket.isAdopted = true
        socket.handle = handle
        if !mayWait { watch(socket) }
    }

    func lend(_ block: Lent) {
        kernel.forbid(lent.contains { $0.block == block.block } || filled.contains(block.block), "block \(block.block) is lent twice")
        kernel.forbid(lent.count >= lendLimit, "more is lent than is wanted")
        lent.append(block)
    }

    func watch(_ socket: SimulatedSocket, receives: Bool = false) {
        kernel.forbid(socket.isWatched, "watch twice")
        kernel.forbid(receives && socket.receiving != nil, "two receives on one connection")
        socket.isWatched = true
        socket.receivesAtRest = receives
        if socket.hasSomethingToReceive { socket.isAnnounced = true }
    }

    /// Ends what is under way as a kernel may: cancelled, done at the last moment, or with the buffer half written.
    func close(_ socket: SimulatedSocket) {
        socket.isClosed = true
        kernel.releasePort(socket)
        if let receive = socket.receiving {
            var result = -ECANCELED
            if !socket.inbox.isEmpty && kernel.random.next() & 1 == 0 {
                result = Int32(min(receive.capacity, socket.inbox.count))
                receive.buffer.copyMemory(from: socket.inbox, byteCount: Int(result))
            } else {
                memset(receive.buffer, 0xDB, receive.capacity)
            }
            socket.complete(.received, result, block: receive.block)
        }
        if let send = socket.sending {
            if !send.isTaken && kernel.random.next() & 1 == 0 {
                socket.transmit(UnsafeRawBufferPointer(start: send.buffer, count: send.count))
                socket.complete(.sent, Int32(send.count), block: send.block)
            } else {
                socket.complete(.sent, send.isTaken ? Int32(send.count) : -ECANCELED, block: send.block)
            }
        }
        if socket.isWatched, socket.receivesAtRest, socket.hasSomethingToReceive, kernel.random.next() & 1 == 0 { receiveAtRest(socket) }
        socket.complete(.closed, 0)
        if kernel.happens(kernel.faults.staleReady) { socket.complete(.ready, 1) }
        socket.receiving = nil
        socket.sending = nil
        socket.isWatched = false
        socket.wire = []
        socket.endOnWire = nil
        if let peer = socket.peer, peer.end == nil { socket.leave(kernel.random.next() & 1 == 0 ? .reset : .finished) }
    }

    /// The blocks of operations that are done, which the lane does not know yet.
    func untold(_ operation: Operation, _ socket: SimulatedSocket) -> [UInt32] {
        (socket.outbox + queue[queueHead...]).filter { $0.operation == operation && $0.handle == socket.handle }.map(\.block)
    }

    /// A watch that receives has ended with something other than `ready`, and the lane does not know yet.
    func hasReceivedAtRest(_ socket: SimulatedSocket) -> Bool {
        untold(.received, socket).contains { $0 == Blocks.none || filled.contains($0) }
    }

    private func free(_ socket: SimulatedSocket) {
        let slot = Int(socket.handle.slot)
        guard bySlot[slot] === socket else { return }
        bySlot[slot] = nil
        if socket.isAccepted { freeSlots.append(UInt32(slot)) }
    }

    // MARK: time passes

    private func delayed() -> Bool { kernel.happens(kernel.faults.delay) }

    func submit(waitNanoseconds: Int64?) {
        kernel.time &+= 10_000
        if isBellRung || kernel.happens(kernel.faults.spuriousBell) {
            isBellRung = false
            queue.append(Completion(operation: .bell, handle: Handle(slot: 0, generation: 0), result: 0, block: 0))
        }
        acceptSome()
        // Connections have their turns in no particular order.
        let count = sockets.count
        let first = count > 0 ? Int(kernel.random.next() % UInt64(count)) : 0
        let step = kernel.random.next() & 1 == 0 ? 1 : count - 1
        var at = first
        for _ in 0..<count {
            advance(sockets[at])
            at = (at + step) % count
        }
        sockets.removeAll { $0.isClosed && $0.outbox.isEmpty }
        if queueHead == queue.count { kernel.time &+= UInt64(min(waitNanoseconds ?? 50_000, 1_000_000)) }
    }

    func next() -> Completion? {
        if queueHead == queue.count {
            queue.removeAll(keepingCapacity: true)
            queueHead = 0
            return nil
        }
        queueHead += 1
        let completion = queue[queueHead - 1]
        if completion.operation == .received { filled.remove(completion.block) }
        return completion
    }

    private func acceptSome() {
        func tell(_ operation: Operation, slot: UInt32, _ result: Int32) {
            queue.append(Completion(operation: operation, handle: Handle(slot: slot, generation: 0), result: result, block: 0))
        }
        for listener in listening {
            while kernel.backlog[listener]?.isEmpty == false, !delayed() {
                if kernel.happens(kernel.faults.failedAccept) {
                    tell(.accepted, slot: 0, kernel.pick(FaultPlan.acceptErrors))
                    continue
                }
                guard let slot = freeSlots.popLast() else {
                    if mayWait { kernel.backlog[listener]!.removeFirst().cut() }
                    tell(.accepted, slot: 0, -ENFILE)
                    break
                }
                let socket = kernel.backlog[listener]!.removeFirst()
                socket.handle = Handle(slot: slot, generation: 0)
                bySlot[Int(slot)] = socket
                sockets.append(socket)
                tell(.accepted, slot: slot, Int32(slot))
            }
        }
        if isStopping && !delayed() {
            isStopping = false
            listening = []
            tell(.acceptEnded, slot: 0, 0)
        }
    }

    /// One connection's turn.
    private func advance(_ socket: SimulatedSocket) {
        if socket.isConnecting && !delayed() { connect(socket) }
        if socket.isAdopted && !socket.isConnecting && !socket.isClosed && socket.peer != nil {
            if kernel.happens(kernel.faults.cut) { socket.cut() }
            deliver(socket)
            send(socket)
            receive(socket)
            if socket.isWatched && socket.receivesAtRest {
                if socket.hasSomethingToReceive && !delayed() { receiveAtRest(socket) }
            } else if socket.isWatched, socket.isAnnounced ? !delayed() : kernel.happens(kernel.faults.spuriousReady) {
                socket.isAnnounced = false
                // Where receives may wait, a watch speaks once.
                if mayWait { socket.isWatched = false }
                socket.complete(.ready, socket.end == nil ? 1 : 1 | Completion.endOfStream)
            }
        }
        var told = 0
        while told < socket.outbox.count, !delayed() {
            let completion = socket.outbox[told]
            if completion.operation == .closed { free(socket) }
            queue.append(completion)
            told += 1
        }
        socket.outbox.removeFirst(told)
    }

    private func connect(_ socket: SimulatedSocket) {
        guard kernel.claimPort(socket) else { return fail(socket, -EADDRNOTAVAIL) }
        if socket.destination >= kernel.unansweredFrom {
            if kernel.time >= socket.began &+ kernel.synTimeoutNanoseconds { fail(socket, -ETIMEDOUT) }
            return
        }
        if kernel.happens(kernel.faults.failedConnect) { return fail(socket, kernel.pick(FaultPlan.connectErrors)) }
        socket.isConnecting = false
        kernel.open(socket, destination: socket.destination)
        socket.complete(.connected, 0)
        if !mayWait { watch(socket) }
    }

    private func fail(_ socket: SimulatedSocket, _ result: Int32) {
        socket.isConnecting = false
        kernel.releasePort(socket)
        socket.complete(.connected, result)
        // A failed attempt leaves its slot empty.
        socket.isClosed = true
        bySlot[Int(socket.handle.slot)] = nil
    }

    private func deliver(_ socket: SimulatedSocket) {
        if !socket.wire.isEmpty && !delayed() {
            var count = socket.wire.count
            if kernel.happens(kernel.faults.shortPiece) { count = min(count, 1 + Int(kernel.random.next() % 64)) }
            socket.inbox.append(contentsOf: socket.wire[..<count])
            socket.wire.removeFirst(count)
            socket.isAnnounced = true
        }
        if socket.wire.isEmpty, let end = socket.endOnWire, !delayed() {
            socket.endOnWire = nil
            socket.end = end
            socket.isAnnounced = true
        }
    }

    private func send(_ socket: SimulatedSocket) {
        guard var send = socket.sending else { return }
        if !send.isTaken {
            if delayed() { return }
            if socket.end == .reset || kernel.happens(kernel.faults.failedSend) {
                socket.sending = nil
                return socket.complete(.sent, socket.end == .reset ? -EPIPE : kernel.pick(FaultPlan.sendErrors), block: send.block)
            }
            socket.transmit(UnsafeRawBufferPointer(start: send.buffer, count: send.count))
            send.isTaken = true
            socket.sending = send
        }
        if delayed() { return }
        socket.sending = nil
        socket.complete(.sent, Int32(send.count), block: send.block)
    }

    /// Something is there for a receive that was armed without a buffer.
    private func receiveAtRest(_ socket: SimulatedSocket) {
        socket.isWatched = false
        socket.isAnnounced = false
        let faults = kernel.faults
        if kernel.happens(faults.interruptedReceive) { return socket.complete(.received, -EINTR, block: Blocks.none) }
        if kernel.happens(faults.failedReceive) {
            return socket.complete(.received, kernel.pick(FaultPlan.receiveErrors), block: Blocks.none)
        }
        if lent.isEmpty || kernel.happens(faults.noBuffer) { return socket.complete(.ready, 1) }
        guard !socket.inbox.isEmpty else {
            return socket.complete(.received, socket.end == .reset ? -ECONNRESET : 0, block: Blocks.none)
        }
        let lent = lent.removeFirst()
        filled.insert(lent.block)
        let count = min(lent.capacity, socket.inbox.count)
        lent.buffer.copyMemory(from: socket.inbox, byteCount: count)
        socket.inbox.removeFirst(count)
        socket.complete(.received, Int32(count), block: lent.block)
    }

    private func receive(_ socket: SimulatedSocket) {
        guard let receive = socket.receiving, !delayed() else { return }
        if receive.waits && !socket.hasSomethingToReceive { return }
        socket.receiving = nil
        let faults = kernel.faults
        if kernel.happens(faults.interruptedReceive) { return socket.complete(.received, -EINTR, block: receive.block) }
        if kernel.happens(faults.failedReceive) {
            return socket.complete(.received, kernel.pick(FaultPlan.receiveErrors), block: receive.block)
        }
        if !receive.waits && kernel.happens(faults.emptyReceive) {
            socket.isAnnounced = socket.isAnnounced || socket.hasSomethingToReceive
            return socket.complete(.received, -EAGAIN, block: receive.block)
        }
        guard !socket.inbox.isEmpty else {
            let result = socket.end == nil ? -EAGAIN : socket.end == .reset ? -ECONNRESET : 0
            return socket.complete(.received, result, block: receive.block)
        }
        let count = min(receive.capacity, socket.inbox.count)
        receive.buffer.copyMemory(from: socket.inbox, byteCount: count)
        socket.inbox.removeFirst(count)
        socket.complete(.received, Int32(count), block: receive.block)
    }
}
