import CLab
import Glibc

/// The epoll engine: one edge-triggered item per connection, added once and never changed.
///
/// Operations are system calls at once; their completions wait in a small queue. Each lane's thread has a descriptor
/// table of its own, because RLIMIT_NOFILE counts per table.
struct EpollProactor: Proactor, ~Copyable {
    static var receivesMayWait: Bool { false }

    static let eventCapacity = 512
    /// Connections taken from a listener before other events have their turn.
    static let acceptBatch = 64

    private let set: Int32
    private let slots: Int
    /// The descriptor of each slot; for a free one, the next free slot as -2 - slot, or -1 at the end.
    private let descriptors: UnsafeMutablePointer<Int32>
    private let flags: UnsafeMutablePointer<UInt8>
    /// Which use of the slot is the present one: events fetched before a close may speak of the last.
    private let generations: UnsafeMutablePointer<UInt16>
    private var freeSlot: Int32 = -1
    private var touchedSlots: Int32 = 0
    private let events: UnsafeMutableRawPointer
    private var eventCount: Int32 = 0
    private var eventIndex: Int32 = 0
    private var local = OwnCompletions()
    private var parts = PartialSends()
    private var listeners = Listeners()
    private let destinations: UnsafeMutablePointer<sockaddr_in>
    private let destinationCount: Int
    private let defers: Bool
    private(set) var systemCalls: UInt64 = 0

    private enum Flag {
        static let connecting: UInt8 = 1
        static let sending: UInt8 = 2
    }

    init(_ settings: EngineSettings) throws(EngineError) {
        set = simbench_epoll_create()
        guard set >= 0 else {
            throw EngineError("Creating an epoll set", set, hint: "RLIMIT_NOFILE or fs.epoll limits may be reached.")
        }
        slots = settings.slots
        descriptors = Pages.map(bytes: slots * 4).bindMemory(to: Int32.self, capacity: slots)
        flags = Pages.map(bytes: slots).bindMemory(to: UInt8.self, capacity: slots)
        generations = Pages.map(bytes: slots * 2).bindMemory(to: UInt16.self, capacity: slots)
        events = Pages.map(bytes: EpollProactor.eventCapacity * Int(SIMBENCH_EPOLL_EVENT_BYTES))
        destinationCount = max(1, settings.destinations.count)
        destinations = .allocate(capacity: destinationCount)
        destinations.initialize(repeating: sockaddr_in(), count: destinationCount)
        for (index, destination) in settings.destinations.enumerated() { destinations[index] = destination }
        defers = settings.defersHandshakeAcknowledgement
    }

    deinit {
        Glibc.close(set)
        Pages.unmap(UnsafeMutableRawPointer(descriptors), bytes: slots * 4)
        Pages.unmap(UnsafeMutableRawPointer(flags), bytes: slots)
        Pages.unmap(UnsafeMutableRawPointer(generations), bytes: slots * 2)
        Pages.unmap(events, bytes: EpollProactor.eventCapacity * Int(SIMBENCH_EPOLL_EVENT_BYTES))
        destinations.deallocate()
    }

    var room: Int { local.room / 2 }

    // MARK: accepting

    mutating func accept(from listener: Int32) {
        guard let index = listeners.add(listener) else { return }
        // Level-triggered: what one batch leaves in the queue is announced again.
        let token = Token(.accepted, Handle(slot: UInt32(index), generation: 0)).raw
        let error = simbench_epoll_add(set, listener, SIMBENCH_EPOLL_IN, token)
        systemCalls &+= 1
        if error < 0 {
            local.push(Completion(operation: .accepted, handle: Handle(slot: 0, generation: 0), result: error, block: 0))
        }
    }

    mutating func stopAccepting() {
        listeners.stopping = true
        for index in 0..<listeners.count where listeners[index] >= 0 {
            _ = simbench_epoll_remove(set, listeners[index])
            listeners.close(index)
        }
        local.push(Completion(operation: .acceptEnded, handle: Handle(slot: 0, generation: 0), result: 0, block: 0))
    }

    private mutating func acceptBatch(_ index: Int) {
        for _ in 0..<EpollProactor.acceptBatch {
            let listener = listeners[index]
            guard listener >= 0 else { return }
            guard let slot = takeSlot() else {
                local.push(Completion(operation: .accepted, handle: Handle(slot: 0, generation: 0), result: -ENFILE, block: 0))
                return
            }
            let descriptor = simbench_accept(listener)
            systemCalls &+= 1
            if descriptor < 0 {
                giveBackSlot(slot)
                if descriptor != -EAGAIN && descriptor != -ECONNABORTED && descriptor != -EINTR {
                    local.push(
                        Completion(operation: .accepted, handle: Handle(slot: 0, generation: 0), result: descriptor, block: 0))
                }
                return
            }
            descriptors[Int(slot)] = descriptor
            flags[Int(slot)] = 0
            local.push(
                Completion(operation: .accepted, handle: Handle(slot: slot, generation: 0), result: Int32(slot), block: 0))
        }
    }

    mutating func adopt(_ handle: Handle) {
        generations[Int(handle.slot)] = handle.generation
        add(handle, SIMBENCH_EPOLL_IN | SIMBENCH_EPOLL_OUT | SIMBENCH_EPOLL_RDHUP)
    }

    @inline(__always) private mutating func add(_ handle: Handle, _ interest: UInt32) {
        systemCalls &+= 1
        let error = simbench_epoll_add(
            set, descriptors[Int(handle.slot)], interest | SIMBENCH_EPOLL_EDGE, Token(.ready, handle).raw)
        if error < 0 {
            local.push(Completion(operation: .received, handle: handle, result: error, block: Blocks.none))
        }
    }

    // MARK: slots

    private mutating func takeSlot() -> UInt32? {
        if freeSlot >= 0 {
            let slot = freeSlot
            let link = descriptors[Int(slot)]
            freeSlot = link == -1 ? -1 : -2 - link
            return UInt32(slot)
        }
        guard Int(touchedSlots) < slots else { return nil }
        touchedSlots += 1
        return UInt32(touchedSlots - 1)
    }

    private mutating func giveBackSlot(_ slot: UInt32) {
        descriptors[Int(slot)] = freeSlot == -1 ? -1 : -2 - freeSlot
        freeSlot = Int32(slot)
    }

    // MARK: connections

    mutating func connect(_ handle: Handle, _ options: ConnectOptions) {
        let slot = Int(handle.slot)
        let descriptor = socket(AF_INET, SocketOptions.stream | SocketOptions.nonBlocking, 0)
        // The socket, its options, the attempt, and its place in the set.
        systemCalls &+= 3 &+ SocketOptions.systemCalls(options, defersAcknowledgement: defers)
        guard descriptor >= 0 else { return end(handle, -errno) }
        var error = SocketOptions.apply(options, defersAcknowledgement: defers, to: descriptor)
        if error == 0 {
            let begun = UnsafeRawPointer(destinations + options.destination).withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
            if begun < 0 && errno != EINPROGRESS { error = -errno }
        }
        guard error == 0 else {
            Glibc.close(descriptor)
            return end(handle, error)
        }
        descriptors[slot] = descriptor
        generations[slot] = handle.generation
        flags[slot] = Flag.connecting
        // The first writable edge is the connection's; later ones come only after the kernel refused a send.
        let added = simbench_epoll_add(
            set, descriptor,
            SIMBENCH_EPOLL_IN | SIMBENCH_EPOLL_OUT | SIMBENCH_EPOLL_RDHUP | SIMBENCH_EPOLL_EDGE,
            Token(.ready, handle).raw)
        if added < 0 {
            flags[slot] = 0
            descriptors[slot] = -1
            Glibc.close(descriptor)
            end(handle, added)
        }
    }

    private mutating func end(_ handle: Handle, _ error: Int32) {
        local.push(Completion(operation: .connected, handle: handle, result: error, block: 0))
    }

    /// Every connection is watched since it was opened.
    mutating func watch(_ handle: Handle, mayReceive: Bool) {}

    mutating func receive(
        _ handle: Handle, into buffer: UnsafeMutableRawPointer, capacity: Int, block: UInt32, waits: Bool
    ) {
        systemCalls &+= 1
        let count = recv(descriptors[Int(handle.slot)], buffer, capacity, 0)
        local.push(
            Completion(operation: .received, handle: handle, result: count < 0 ? -errno : Int32(count), block: block))
    }

    mutating func send(_ handle: Handle, from buffer: UnsafeRawPointer, count: Int, block: UInt32) {
        let slot = Int(handle.slot)
        systemCalls &+= 1
        let taken = Glibc.send(descriptors[slot], buffer, count, SocketOptions.noSignal)
        if taken == count {
            local.push(Completion(operation: .sent, handle: handle, result: Int32(count), block: block))
        } else if taken >= 0 || errno == EAGAIN {
            let kept = parts.add(PartialSend(handle: handle, buffer: buffer, count: count, done: max(0, taken), block: block))
            if kept { flags[slot] |= Flag.sending } else {
                local.push(Completion(operation: .sent, handle: handle, result: -ENOBUFS, block: block))
            }
        } else {
            local.push(Completion(operation: .sent, handle: handle, result: -errno, block: block))
        }
    }

    private mutating func goOnSending(_ handle: Handle) {
        guard let index = parts.find(handle) else { return }
        var part = parts[index]
        let descriptor = descriptors[Int(handle.slot)]
        while part.done < part.count {
            systemCalls &+= 1
            let taken = Glibc.send(descriptor, part.buffer + part.done, part.count - part.done, SocketOptions.noSignal)
            if taken > 0 {
                part.done += taken
            } else if taken < 0 && errno == EAGAIN {
                parts[index] = part
                return
            } else {
                let error = taken < 0 ? -errno : -EPIPE
                finish(index, part, error)
                return
            }
        }
        finish(index, part, Int32(part.count))
    }

    private mutating func finish(_ index: Int, _ part: PartialSend, _ result: Int32) {
        parts.remove(index)
        flags[Int(part.handle.slot)] &= ~Flag.sending
        local.push(Completion(operation: .sent, handle: part.handle, result: result, block: part.block))
    }

    mutating func shutdown(_ handle: Handle) {
        systemCalls &+= 1
        _ = Glibc.shutdown(descriptors[Int(handle.slot)], SocketOptions.writing)
    }

    mutating func close(_ handle: Handle, watched: Bool, receiving: UInt32, sending: UInt32) {
        let slot = Int(handle.slot)
        if flags[slot] & Flag.sending != 0, let index = parts.find(handle) {
            finish(index, parts[index], -ECANCELED)
        }
        systemCalls &+= 1
        // Closing the last descriptor of a socket takes it out of the epoll set.
        Glibc.close(descriptors[slot])
        flags[slot] = 0
        if slot < Int(touchedSlots) { giveBackSlot(handle.slot) } else { descriptors[slot] = -1 }
        local.push(Completion(operation: .closed, handle: handle, result: 0, block: 0))
    }

    mutating func reset(_ handle: Handle) {
        systemCalls &+= 1
        var nowhere = sockaddr()
        _ = Glibc.connect(descriptors[Int(handle.slot)], &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    mutating func abandon() {
        // Untouched slots hold 0, free ones are negative.
        for slot in 0..<slots where descriptors[slot] > 2 { Glibc.close(descriptors[slot]) }
    }

    mutating func listenToBell(_ descriptor: Int32) {
        _ = simbench_epoll_add(
            set, descriptor, SIMBENCH_EPOLL_IN | SIMBENCH_EPOLL_EDGE,
            Token(.bell, Handle(slot: 0, generation: 0)).raw)
    }

    // MARK: waiting

    mutating func submit(waitNanoseconds: Int64?) {
        guard local.isEmpty && eventIndex == eventCount else { return }
        let wait = waitNanoseconds ?? -1
        systemCalls &+= 1
        let count = simbench_epoll_wait_nanoseconds(set, events, Int32(EpollProactor.eventCapacity), wait)
        eventCount = max(0, count)
        eventIndex = 0
    }

    @inline(__always) mutating func next() -> Completion? {
        while true {
            if let completion = local.pop() { return completion }
            guard eventIndex < eventCount else { return nil }
            let token = Token(raw: simbench_epoll_event_data(events, eventIndex))
            let happened = simbench_epoll_event_flags(events, eventIndex)
            eventIndex &+= 1
            if let completion = interpret(token, happened) { return completion }
        }
    }

    @inline(__always) private mutating func interpret(_ token: Token, _ happened: UInt32) -> Completion? {
        let handle = token.handle
        switch token.operation {
        case .accepted:
            acceptBatch(Int(handle.slot))
            return nil
        case .bell:
            return Completion(operation: .bell, handle: handle, result: 0, block: 0)
        case .ready:
            break
        default:
            return nil
        }
        let slot = Int(handle.slot)
        guard generations[slot] == handle.generation && descriptors[slot] >= 0 else { return nil }
        let troubled = happened & (SIMBENCH_EPOLL_ERR | SIMBENCH_EPOLL_HUP) != 0
        if flags[slot] & Flag.connecting != 0 {
            guard troubled || happened & SIMBENCH_EPOLL_OUT != 0 else { return nil }
            flags[slot] &= ~Flag.connecting
            let error = troubled ? pendingError(descriptors[slot]) : 0
            if troubled { systemCalls &+= 1 }
            if error < 0 {
                systemCalls &+= 1
                // A failed attempt leaves its slot empty: the next one opens a socket of its own.
                Glibc.close(descriptors[slot])
                descriptors[slot] = -1
            }
            if error == 0 && happened & SIMBENCH_EPOLL_IN != 0 {
                local.push(Completion(operation: .ready, handle: handle, result: Int32(bitPattern: happened), block: 0))
            }
            return Completion(operation: .connected, handle: handle, result: error, block: 0)
        }
        if flags[slot] & Flag.sending != 0 && (troubled || happened & SIMBENCH_EPOLL_OUT != 0) { goOnSending(handle) }
        let readable = SIMBENCH_EPOLL_IN | SIMBENCH_EPOLL_RDHUP | SIMBENCH_EPOLL_ERR | SIMBENCH_EPOLL_HUP
        guard happened & readable != 0 else { return nil }
        return Completion(operation: .ready, handle: handle, result: Int32(bitPattern: happened), block: 0)
    }

    private func pendingError(_ descriptor: Int32) -> Int32 {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) < 0 { return -errno }
        return -error
    }
}
