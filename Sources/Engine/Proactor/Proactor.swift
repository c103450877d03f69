/// One connection of a lane, and which use of its slot is meant.
///
/// Slots are reused; a completion of an earlier use carries an earlier generation and is told from the present one by it.
struct Handle: Equatable {
    var slot: UInt32
    var generation: UInt16
}

/// What a completion speaks of, and what an operation was.
enum Operation: UInt8 {
    /// A connection arrived: `handle.slot` is its slot, or `result` the negated errno. Multishot.
    case accepted = 1
    /// A connection attempt ended: 0, or the negated errno.
    case connected = 2
    /// Bytes for a connection at rest are there (or its end): receive. Each change is told once; `result` has
    /// bits of `Completion.endOfStream` when no bytes will follow those that are there.
    case ready = 3
    /// Bytes were put into the buffer: their number, 0 at the peer's end, or the negated errno
    /// (-EAGAIN: none there after all; the watch will tell).
    case received = 4
    /// A whole message was taken by the kernel (its bytes), or the negated errno. Never a part.
    case sent = 5
    /// The slot is free again.
    case closed = 6
    /// The bell was rung.
    case bell = 7
    /// No connection will be accepted any more.
    case acceptEnded = 8
    /// Within an engine only: a step of `connect`, a cancellation.
    case preparing = 9
    case cancelled = 10
    /// Within an engine only: a `shutdown` is done, or may be done by a system call.
    case parted = 11
    case lent = 12
}

/// The end of one operation. `block` is what the lane gave along with it.
struct Completion {
    var operation: Operation
    var handle: Handle
    var result: Int32
    var block: UInt32

    /// POLLERR, POLLHUP and POLLRDHUP, as poll and epoll have them.
    static let endOfStream: Int32 = 0x2018
}

/// How a lane's connections are opened.
struct ConnectOptions {
    /// 0: the kernel chooses.
    var sourcePort: UInt16 = 0
    /// Network byte order; 0: the route decides.
    var sourceAddress: UInt32 = 0
    /// Which of the engine's destinations.
    var destination = 0
}

/// What a lane asks of the kernel, and the two ways to ask it: `RingProactor` (io_uring) and `EpollProactor`.
///
/// The interface is completion-shaped, because a readiness engine can play that part at no cost and not the other way
/// round. What every implementation owes:
/// - operations are taken without blocking and may wait for `submit`; each ends in exactly one completion
///   (`accepted`, `ready` and `bell` in any number), unless its connection is closed first;
/// - a buffer given to `receive` or `send` belongs to the engine until its completion: also when the connection is
///   closed meanwhile, so the completion comes in any case;
/// - `send` takes the whole message or fails; a lane keeps one send in flight per connection;
/// - nothing is allocated after `init`.
///
/// One thread creates, uses and drops an engine.
protocol Proactor: ~Copyable {
    /// Whether `receive` may wait for bytes inside the engine. Where it may not, every open connection is watched from
    /// the start, and the lane receives when `ready` says so.
    static var receivesMayWait: Bool { get }

    /// Takes connections from a listening socket until `stopAccepting`; slots come from the engine.
    mutating func accept(from listener: Int32)
    mutating func stopAccepting()
    /// Opens a connection in a slot of the lane's choice. After an attempt that failed the slot serves the next one; it
    /// is not closed.
    mutating func connect(_ handle: Handle, _ options: ConnectOptions)
    /// A slot that was accepted gets its generation.
    mutating func adopt(_ handle: Handle)
    /// Watches a connection at rest: `ready` comes once, where `receivesMayWait`, and again and again where not.
    ///
    /// With `mayReceive` an engine that blocks were lent to may receive at once what comes: then `received` comes instead,
    /// with one of those blocks, or `Blocks.none` at the end and with errors.
    mutating func watch(_ handle: Handle, mayReceive: Bool)
    /// How many blocks more the engine would take for that; 0 where it only watches.
    var blocksWanted: Int { get }
    /// How many it has now.
    var blocksLent: Int { get }
    /// Lends a block: it is the engine's until a `received` names it.
    mutating func lend(_ block: UInt32, _ buffer: UnsafeMutableRawPointer, capacity: Int)
    /// Receives what is there. With `waits` (only where `receivesMayWait`) the completion comes when something is.
    mutating func receive(_ handle: Handle, into buffer: UnsafeMutableRawPointer, capacity: Int, block: UInt32, waits: Bool)
    mutating func send(_ handle: Handle, from buffer: UnsafeRawPointer, count: Int, block: UInt32)
    /// Nothing will be sent any more, which the peer learns; receiving goes on. No completion tells of it.
    mutating func shutdown(_ handle: Handle)
    /// Closes a connection and ends what is under way for it; `receiving` and `sending` are the blocks of those
    /// operations, or `Blocks.none`.
    mutating func close(_ handle: Handle, watched: Bool, receiving: UInt32, sending: UInt32)
    /// Tells each time the eventfd is written to.
    mutating func listenToBell(_ descriptor: Int32)
    /// Hands over what was asked and waits for a completion: 0 does not wait, nil waits for ever. Nanoseconds.
    mutating func submit(waitNanoseconds: Int64?)
    /// The next completion, or nil when there is none now.
    mutating func next() -> Completion?
    /// Drops a connection with a TCP reset; the slot stays taken.
    mutating func reset(_ handle: Handle)
    /// Lets go of all slots at the end of a run, in the calling thread.
    mutating func abandon()
    /// How many more operations may be asked for before `submit`.
    var room: Int { get }
    /// How many system calls the engine has made, for its lane's operations and for waiting; starting up does not count.
    var systemCalls: UInt64 { get }
    /// The lane's clock, nanoseconds: CLOCK_MONOTONIC, but for a simulated kernel, where waiting takes no time.
    func clock() -> UInt64
}

extension Proactor where Self: ~Copyable {
    @inline(__always) var blocksWanted: Int { 0 }
    @inline(__always) var blocksLent: Int { 0 }
    @inline(__always) mutating func lend(_ block: UInt32, _ buffer: UnsafeMutableRawPointer, capacity: Int) {}
    @inline(__always) func clock() -> UInt64 { monotonicNanoseconds() }
}
