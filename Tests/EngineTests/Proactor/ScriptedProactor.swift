@testable import Engine

/// Whether receives may wait, as a type: `Proactor` says it for all of an engine's kind. And how many blocks it takes for
/// connections at rest.
protocol ReceiveWay {
    static var mayWait: Bool { get }
    static var lendLimit: Int { get }
}
extension ReceiveWay { static var lendLimit: Int { 0 } }
enum MayWait: ReceiveWay { static var mayWait: Bool { true } }
enum MayNotWait: ReceiveWay { static var mayWait: Bool { false } }
/// Few, so that they are used up at times.
enum MayWaitAtRest: ReceiveWay {
    static var mayWait: Bool { true }
    static var lendLimit: Int { 4 }
}

/// The third engine: the same lanes over a simulated kernel, in each manner. It also checks what a lane owes.
struct ScriptedProactor<Way: ReceiveWay>: Proactor {
    static var receivesMayWait: Bool { Way.mayWait }

    let endpoint: SimulatedEndpoint
    private var kernel: SimulatedKernel { endpoint.kernel }

    init(_ kernel: SimulatedKernel, slots: Int) { endpoint = kernel.endpoint(slots: slots, mayWait: Way.mayWait, lendLimit: Way.lendLimit) }

    /// A simulated kernel is called without one.
    var systemCalls: UInt64 { 0 }

    func accept(from listener: Int32) { endpoint.accept(Int(listener)) }
    func stopAccepting() { endpoint.stopAccepting() }
    func connect(_ handle: Handle, _ options: ConnectOptions) { endpoint.connect(handle, options) }
    func adopt(_ handle: Handle) { endpoint.adopt(handle) }

    func watch(_ handle: Handle, mayReceive: Bool) {
        guard Way.mayWait, let socket = endpoint.socket(handle, "watch") else { return }
        endpoint.watch(socket, receives: mayReceive && Way.lendLimit > 0)
    }

    var blocksLent: Int { endpoint.lent.count }
    var blocksWanted: Int { Way.lendLimit - endpoint.lent.count }

    func lend(_ block: UInt32, _ buffer: UnsafeMutableRawPointer, capacity: Int) {
        endpoint.lend(SimulatedEndpoint.Lent(buffer: buffer, capacity: capacity, block: block))
    }

    func receive(_ handle: Handle, into buffer: UnsafeMutableRawPointer, capacity: Int, block: UInt32, waits: Bool) {
        guard let socket = endpoint.socket(handle, "receive") else { return }
        kernel.forbid(socket.receiving != nil, "receive while one is under way")
        kernel.forbid(socket.isWatched && socket.receivesAtRest, "receive while one waits at rest")
        kernel.forbid(capacity <= 0, "receive into a full buffer")
        kernel.forbid(waits && !Way.mayWait, "a receive that waits where none may")
        socket.receiving = SimulatedSocket.Receive(buffer: buffer, capacity: capacity, block: block, waits: waits)
    }

    func send(_ handle: Handle, from buffer: UnsafeRawPointer, count: Int, block: UInt32) {
        guard let socket = endpoint.socket(handle, "send") else { return }
        kernel.forbid(socket.sending != nil, "send while one is under way")
        kernel.forbid(count <= 0 || count > 64 << 20, "send of \(count) bytes")
        socket.sending = SimulatedSocket.Send(buffer: buffer, count: count, block: block)
    }

    func shutdown(_ handle: Handle) {
        guard let socket = endpoint.socket(handle, "shutdown") else { return }
        kernel.forbid(socket.sending != nil, "shutdown while a send is under way")
        if socket.end != .reset { socket.leave(.finished) }
    }

    func close(_ handle: Handle, watched: Bool, receiving: UInt32, sending: UInt32) {
        guard let socket = endpoint.socket(handle, "close") else { return }
        let isWatched = socket.isWatched || !endpoint.untold(.ready, socket).isEmpty || endpoint.hasReceivedAtRest(socket)
        kernel.forbid(Way.mayWait && watched != isWatched, "close with watched \(watched), which is not so")
        let receives = socket.receiving.map { [$0.block] } ?? endpoint.untold(.received, socket)
        kernel.forbid(receiving != Blocks.none && !receives.contains(receiving), "close names a receive that is not under way")
        kernel.forbid(receiving == Blocks.none && socket.receiving != nil, "close forgets a receive")
        let sends = socket.sending.map { [$0.block] } ?? endpoint.untold(.sent, socket)
        kernel.forbid(sending != Blocks.none && !sends.contains(sending), "close names a send that is not under way")
        kernel.forbid(sending == Blocks.none && socket.sending != nil, "close forgets a send")
        endpoint.close(socket)
    }

    func reset(_ handle: Handle) { endpoint.socket(handle, "reset")?.cut() }
    func abandon() {}
    func listenToBell(_ descriptor: Int32) {}
    func submit(waitNanoseconds: Int64?) { endpoint.submit(waitNanoseconds: waitNanoseconds) }
    func next() -> Completion? { endpoint.next() }
    var room: Int { 512 }
    func clock() -> UInt64 { kernel.time }
}
