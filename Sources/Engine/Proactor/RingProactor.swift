import CUring
import Glibc

/// The io_uring engine: direct descriptors, batched submission, one poll or one receive per connection at rest.
///
/// Either fires once and is armed anew after each message. A multishot poll costs the same at rest, but ends only by a
/// cancellation, which searches for it: with 19,000 armed on a ring that alone took 5 µs for each connection closed.
///
/// The ring is made for one thread (SINGLE_ISSUER, DEFER_TASKRUN): completions appear only inside `submit`, so that the
/// lane is never interrupted. A receive that waits costs 864 bytes of kernel memory while it does, a poll 256. So a
/// receive is used between two messages of a handshake, where it saves a completion, and at rest only where it is asked
/// for (`EngineSettings.receivesAtRest`): it takes what comes in one operation instead of two.
struct RingProactor: Proactor, ~Copyable {
    static var receivesMayWait: Bool { true }

    /// Submission entries; a batch is handed over early when they are used up.
    static let submissions: UInt32 = 512
    /// The kernel keeps what does not fit here (IORING_FEAT_NODROP) and hands it over later.
    static let completions: UInt32 = 2_048

    private let ring: UnsafeMutablePointer<io_uring>
    private let destinations: UnsafeMutablePointer<sockaddr_in>
    private let destinationCount: Int
    /// Only for lanes that connect.
    private let portRanges: UnsafePointer<UInt32>?
    private let one: UnsafeMutablePointer<Int32>
    private let nowhere: UnsafeMutablePointer<sockaddr>
    private let settings: (defers: Bool, commands: Bool)
    private var listeners = Listeners()
    private var rest: RestBuffers
    private var bell: Int32 = -1
    /// By slot: whether a shutdown is under way there, and whether its close waits for that.
    private let parting: UnsafeMutablePointer<UInt8>
    private let slots: Int
    /// The kernel lends an ordinary descriptor to a shutdown.
    var lends = true
    /// Completions made here: attempts that failed before the kernel had them, and the end of accepting.
    private var unfinished = OwnCompletions()
    private(set) var systemCalls: UInt64 = 0

    init(_ settings: EngineSettings) throws(EngineError) {
        rest = RestBuffers(isUsed: settings.receivesAtRest)
        ring = .allocate(capacity: 1)
        ring.initialize(to: io_uring())
        let error = simbench_ring_init(ring, RingProactor.submissions, RingProactor.completions)
        guard error == 0 else {
            ring.deallocate()
            throw EngineError(
                "Setting up an io_uring", error,
                hint: "kernel.io_uring_disabled, a seccomp filter, RLIMIT_MEMLOCK or memory may stand in the way; --engine epoll needs none of it.")
        }
        let sparse = io_uring_register_files_sparse(ring, UInt32(settings.slots))
        guard sparse == 0 else {
            io_uring_queue_exit(ring)
            ring.deallocate()
            throw EngineError(
                "Registering \(settings.slots) direct descriptors", sparse,
                hint: "A ring holds as many as RLIMIT_NOFILE allows one process (Linux 5.19 or later).")
        }
        let shared = rest.share(ring)
        guard shared == 0 else {
            io_uring_queue_exit(ring)
            ring.deallocate()
            throw EngineError(
                "Sharing \(RestBuffers.most) buffers with an io_uring", shared,
                hint: "The kernel may be older than Linux 5.19; tuning.waiting: poll needs none.")
        }
        slots = settings.slots
        parting = Pages.map(bytes: slots).bindMemory(to: UInt8.self, capacity: slots)
        destinationCount = max(1, settings.destinations.count)
        destinations = .allocate(capacity: destinationCount)
        destinations.initialize(repeating: sockaddr_in(), count: destinationCount)
        for (index, destination) in settings.destinations.enumerated() { destinations[index] = destination }
        portRanges = settings.destinations.isEmpty ? nil : SocketOptions.singlePortRanges
        nowhere = .allocate(capacity: 1)
        nowhere.initialize(to: sockaddr())
        one = .allocate(capacity: 1)
        one.initialize(to: 1)
        self.settings = (settings.defersHandshakeAcknowledgement, settings.hasSocketCommands)
    }

    deinit {
        io_uring_queue_exit(ring)
        ring.deallocate()
        destinations.deallocate()
        one.deallocate()
        nowhere.deallocate()
        Pages.unmap(UnsafeMutableRawPointer(parting), bytes: slots)
    }

    var room: Int { Int(io_uring_sq_space_left(ring)) }

    /// A submission entry; hands the batch over when there is none.
    @inline(__always) private mutating func entry() -> UnsafeMutablePointer<io_uring_sqe> {
        while true {
            if let entry = simbench_sqe(ring) { return entry }
            systemCalls &+= 1
            io_uring_submit(ring)
        }
    }

    /// The entries of a chain must be handed over together.
    @inline(__always) private mutating func reserve(_ count: UInt32) {
        guard io_uring_sq_space_left(ring) < count else { return }
        systemCalls &+= 1
        io_uring_submit(ring)
    }

    // MARK: accepting

    mutating func accept(from listener: Int32) {
        guard let index = listeners.add(listener) else { return }
        simbench_prep_accept(entry(), listener, acceptToken(index).raw)
    }

    mutating func stopAccepting() {
        for index in 0..<listeners.count where listeners[index] >= 0 {
            simbench_prep_cancel(
                entry(), acceptToken(index).raw, Token(.cancelled, Handle(slot: 0, generation: 0)).raw)
        }
        listeners.stopping = true
        if listeners.open == 0 { unfinished.push(Completion(operation: .acceptEnded, handle: Handle(slot: 0, generation: 0), result: 0, block: 0)) }
    }

    private func acceptToken(_ index: Int) -> Token {
        Token(.accepted, Handle(slot: UInt32(index), generation: 0))
    }

    mutating func adopt(_ handle: Handle) {}

    // MARK: connections

    mutating func connect(_ handle: Handle, _ options: ConnectOptions) {
        if options.sourceAddress != 0 || !settings.commands {
            return connectAfterSystemCalls(handle, options)
        }
        reserve(4)
        let step = Token(.preparing, handle).raw
        simbench_prep_socket(entry(), handle.slot, step)
        if settings.defers {
            simbench_prep_setsockopt(
                entry(), handle.slot, SocketOptions.tcpLevel, SocketOptions.deferAccept, one, 4, step)
        }
        if options.sourcePort != 0 {
            simbench_prep_setsockopt(
                entry(), handle.slot, SocketOptions.ipLevel, SocketOptions.localPortRange,
                portRanges.unsafelyUnwrapped + Int(options.sourcePort), 4, step)
        }
        simbench_prep_connect(
            entry(), handle.slot, destinations + options.destination, Token(.connected, handle).raw)
    }

    /// The way of older kernels, and of sockets that need an address of their own: an ordinary socket, prepared by
    /// system calls, then put into the table of direct descriptors.
    private mutating func connectAfterSystemCalls(_ handle: Handle, _ options: ConnectOptions) {
        // The socket and its options, the batch before it, its place in the table, and its close.
        systemCalls &+= 4 &+ SocketOptions.systemCalls(options, defersAcknowledgement: settings.defers)
        let descriptor = socket(AF_INET, SocketOptions.stream, 0)
        guard descriptor >= 0 else { return fail(handle, -errno) }
        defer { Glibc.close(descriptor) }
        let error = SocketOptions.apply(options, defersAcknowledgement: settings.defers, to: descriptor)
        guard error == 0 else { return fail(handle, error) }
        var place = descriptor
        // What was asked before may be the close of this slot's last socket: it must not hit the new one.
        io_uring_submit(ring)
        let installed = io_uring_register_files_update(ring, handle.slot, &place, 1)
        guard installed == 1 else { return fail(handle, installed < 0 ? installed : -EBADF) }
        simbench_prep_connect(
            entry(), handle.slot, destinations + options.destination, Token(.connected, handle).raw)
    }

    private mutating func fail(_ handle: Handle, _ error: Int32) {
        unfinished.push(Completion(operation: .connected, handle: handle, result: error, block: 0))
    }

    mutating func watch(_ handle: Handle, mayReceive: Bool) {
        let token = Token(.ready, handle).raw
        if mayReceive && rest.limit > 0 { return simbench_prep_receive_at_rest(entry(), handle.slot, RestBuffers.group, token) }
        simbench_prep_watch(entry(), handle.slot, token)
    }

    var blocksLent: Int { rest.lent }
    var blocksWanted: Int { rest.limit &- rest.lent }

    mutating func lend(_ block: UInt32, _ buffer: UnsafeMutableRawPointer, capacity: Int) {
        rest.lend(buffer, capacity: capacity, block: block)
    }

    mutating func receive(
        _ handle: Handle, into buffer: UnsafeMutableRawPointer, capacity: Int, block: UInt32, waits: Bool
    ) {
        simbench_prep_receive(
            entry(), handle.slot, buffer, capacity, waits, Token(.received, handle, block: block).raw)
    }

    mutating func send(_ handle: Handle, from buffer: UnsafeRawPointer, count: Int, block: UInt32) {
        simbench_prep_send(entry(), handle.slot, buffer, count, Token(.sent, handle, block: block).raw)
    }

    /// The ring's own shutdown is left to a thread of the kernel's, one wake-up each; so the connection gets an ordinary
    /// descriptor for a moment, and is shut down by a system call. Of 20,000 connections that join and say goodbye each
    /// costs its target 42.4 µs of CPU so instead of 43.6, of which the goodbye is 9.5 instead of 10.7, and no thread is
    /// woken for it (0.30 context switches a connection instead of 0.44). Linux before 6.8 has only the first way.
    mutating func shutdown(_ handle: Handle) {
        guard parting[Int(handle.slot)] == Parting.no else { return }
        parting[Int(handle.slot)] = Parting.underWay
        guard lends else { return shutdownByThread(handle) }
        simbench_prep_install(entry(), handle.slot, Token(.lent, handle).raw)
    }

    /// The thread looks the descriptor up only when it runs (seen on 6.18). If the slot were closed and taken by a new
    /// connection meanwhile, that one would be shut down. So a close waits for it.
    private mutating func shutdownByThread(_ handle: Handle) {
        simbench_prep_shutdown(entry(), handle.slot, Token(.parted, handle).raw)
    }

    private mutating func lent(_ handle: Handle, _ descriptor: Int32) {
        guard descriptor >= 0 else {
            // An old kernel says EINVAL, a full table of descriptors EMFILE.
            if descriptor == -EINVAL { lends = false }
            return shutdownByThread(handle)
        }
        systemCalls &+= 2
        _ = Glibc.shutdown(descriptor, SocketOptions.writing)
        Glibc.close(descriptor)
        parted(handle)
    }

    private enum Parting {
        static let no: UInt8 = 0
        static let underWay: UInt8 = 1
        static let closeWaits: UInt8 = 2
    }

    private mutating func parted(_ handle: Handle) {
        let waits = parting[Int(handle.slot)] == Parting.closeWaits
        parting[Int(handle.slot)] = Parting.no
        if waits { simbench_prep_close(entry(), handle.slot, Token(.closed, handle).raw) }
    }

    mutating func close(_ handle: Handle, watched: Bool, receiving: UInt32, sending: UInt32) {
        let note = Token(.cancelled, handle).raw
        if watched { simbench_prep_cancel(entry(), Token(.ready, handle).raw, note) }
        if receiving != Blocks.none {
            simbench_prep_cancel(entry(), Token(.received, handle, block: receiving).raw, note)
        }
        if sending != Blocks.none {
            simbench_prep_cancel(entry(), Token(.sent, handle, block: sending).raw, note)
        }
        if parting[Int(handle.slot)] == Parting.no {
            simbench_prep_close(entry(), handle.slot, Token(.closed, handle).raw)
        } else {
            parting[Int(handle.slot)] = Parting.closeWaits
        }
    }

    mutating func reset(_ handle: Handle) {
        simbench_prep_disconnect(entry(), handle.slot, nowhere, Token(.cancelled, handle).raw)
    }

    mutating func abandon() { io_uring_unregister_files(ring) }

    mutating func listenToBell(_ descriptor: Int32) {
        bell = descriptor
        simbench_prep_bell(entry(), descriptor, Token(.bell, Handle(slot: 0, generation: 0)).raw)
    }

    // MARK: waiting

    /// One io_uring_enter each time.
    mutating func submit(waitNanoseconds: Int64?) {
        systemCalls &+= 1
        if io_uring_cq_ready(ring) > 0 || !unfinished.isEmpty || waitNanoseconds == 0 {
            io_uring_submit_and_get_events(ring)
            return
        }
        guard let waitNanoseconds else {
            io_uring_submit_and_wait(ring, 1)
            return
        }
        var first: UnsafeMutablePointer<io_uring_cqe>?
        var limit = __kernel_timespec(
            tv_sec: waitNanoseconds / 1_000_000_000, tv_nsec: waitNanoseconds % 1_000_000_000)
        io_uring_submit_and_wait_timeout(ring, &first, 1, &limit, nil)
    }

    @inline(__always) mutating func next() -> Completion? {
        var raw: UInt64 = 0, result: Int32 = 0, flags: UInt32 = 0
        while simbench_ring_next(ring, &raw, &result, &flags) {
            let token = Token(raw: raw)
            guard let operation = token.operation else { continue }
            switch operation {
            case .connected:
                // The step that failed has spoken already.
                if result == -ECANCELED { continue }
                if result < 0 { letGo(token.handle) }
                return Completion(operation: .connected, handle: token.handle, result: result, block: 0)
            case .preparing:
                if result == -ECANCELED { continue }
                letGo(token.handle)
                return Completion(operation: .connected, handle: token.handle, result: result, block: 0)
            case .ready:
                if result == -ECANCELED && !simbench_names_buffer(flags) { continue }
                if rest.limit > 0 { return rest.told(token.handle, result, flags) }
                return Completion(operation: .ready, handle: token.handle, result: result, block: 0)
            case .accepted:
                if let completion = acceptCompletion(token, result, flags) { return completion }
            case .bell:
                if flags & IORING_CQE_F_MORE == 0 && result >= 0 { listenToBell(bell) }
                return Completion(operation: .bell, handle: token.handle, result: result, block: 0)
            case .parted: parted(token.handle)
            case .lent: lent(token.handle, result)
            case .cancelled, .acceptEnded: continue
            case .received, .sent, .closed:
                return Completion(operation: operation, handle: token.handle, result: result, block: token.block)
            }
        }
        return unfinished.pop()
    }

    /// A connection attempt failed: its socket goes, before the slot is used again.
    private mutating func letGo(_ handle: Handle) {
        simbench_prep_close(entry(), handle.slot, Token(.cancelled, handle).raw)
    }

    private mutating func acceptCompletion(_ token: Token, _ result: Int32, _ flags: UInt32) -> Completion? {
        let index = Int(token.handle.slot)
        if flags & IORING_CQE_F_MORE == 0 {
            if listeners.stopping {
                listeners.close(index)
                if listeners.open == 0 {
                    unfinished.push(
                        Completion(operation: .acceptEnded, handle: Handle(slot: 0, generation: 0), result: 0, block: 0))
                }
            } else if result == -ENFILE {
                // A full table is the lane's to deal with; nothing is left here to cancel then.
                listeners.close(index)
            } else {
                // Any multishot can end.
                simbench_prep_accept(entry(), listeners[index], token.raw)
            }
        }
        if result == -ECANCELED { return nil }
        return Completion(
            operation: .accepted, handle: Handle(slot: result < 0 ? 0 : UInt32(result), generation: 0), result: result,
            block: 0)
    }
}
