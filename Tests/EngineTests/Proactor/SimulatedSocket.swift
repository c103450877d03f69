@testable import Engine

/// One end of a connection in a simulated kernel.
final class SimulatedSocket {
    struct Receive {
        var buffer: UnsafeMutableRawPointer
        var capacity: Int
        var block: UInt32
        var waits: Bool
    }

    struct Send {
        var buffer: UnsafeRawPointer
        var count: Int
        var block: UInt32
        var isTaken = false
    }

    enum End { case finished, reset }

    var handle: Handle
    var peer: SimulatedSocket?
    /// Accepted sockets are the lane's only once it adopted them.
    var isAdopted: Bool
    let isAccepted: Bool
    var isConnecting = false
    var isClosed = false
    /// Sent by the peer and not here yet, its end included.
    var wire: [UInt8] = []
    var endOnWire: End?
    /// Here, and not received.
    var inbox: [UInt8] = []
    var end: End?
    var isWatched = false
    /// The watch takes what comes by itself.
    var receivesAtRest = false
    /// Something happened that the watch has not told yet: an edge.
    var isAnnounced = false
    var receiving: Receive?
    var sending: Send?
    /// Completions of this connection, in their order, on their way to the lane.
    var outbox: [Completion] = []
    var destination = 0
    var sourcePort: UInt16 = 0
    /// It holds its source port.
    var hasPort = false
    /// When the attempt began.
    var began: UInt64 = 0

    init(_ handle: Handle, isAdopted: Bool) {
        self.handle = handle
        self.isAdopted = isAdopted
        isAccepted = !isAdopted
    }

    var hasSomethingToReceive: Bool { !inbox.isEmpty || end != nil }

    /// Nothing will happen here unless somebody does something.
    var isQuiet: Bool {
        outbox.isEmpty && wire.isEmpty && endOnWire == nil && !isConnecting && sending == nil && !(isWatched && (receivesAtRest ? hasSomethingToReceive : isAnnounced))
            && (receiving.map { $0.waits && !hasSomethingToReceive } ?? true)
    }

    func complete(_ operation: Operation, _ result: Int32, block: UInt32 = 0) {
        outbox.append(Completion(operation: operation, handle: handle, result: result, block: block))
    }

    /// What this end sends, as its peer will get it.
    func transmit(_ bytes: some Collection<UInt8>) {
        guard let peer, !peer.isClosed, peer.end != .reset else { return }
        peer.wire.append(contentsOf: bytes)
    }

    /// This end is over; the peer learns it after what was sent before.
    func leave(_ how: End) {
        peer?.endOnWire = how
    }

    /// The connection is gone, at once and at both ends, and what was under way with it.
    func cut() {
        for socket in [self, peer] {
            socket?.wire = []
            socket?.endOnWire = nil
            socket?.end = .reset
            socket?.isAnnounced = true
        }
    }
}

/// An end of a connection that a test holds itself, to say what no lane would.
struct RawPeer {
    let socket: SimulatedSocket

    func write(_ bytes: some Collection<UInt8>) { socket.transmit(bytes) }
    func finish() { socket.leave(.finished) }
    func reset() { socket.cut() }

    /// All that has come so far and was not read yet.
    func read() -> [UInt8] {
        let all = socket.inbox + socket.wire
        socket.inbox = []
        socket.wire = []
        return all
    }

    /// The other side has closed.
    var isOver: Bool { socket.endOnWire != nil || socket.end != nil }
}
