import Glibc

@testable import Engine

/// A kernel in memory, a function of its seed: pairs of byte streams, and faults by plan.
///
/// What it keeps is what `Proactor` promises, no more: completions of one connection keep their order, those of
/// different connections do not; a watch speaks once for each change and not again for what it told already; a buffer is
/// read or written at any moment until its completion. What a lane must not do is noted in `violations`.
final class SimulatedKernel {
    var random: SplitMix64
    var faults: FaultPlan
    /// Nanoseconds. Only waiting makes it pass.
    var time: UInt64 = 1_000_000_000
    private(set) var endpoints: [SimulatedEndpoint] = []
    /// Connections nobody has accepted yet, by destination.
    var backlog: [Int: [SimulatedSocket]] = [:]
    private(set) var violations: [String] = []
    /// Destinations from this one on never answer: an attempt there ends when its SYN's retries are over.
    var unansweredFrom = Int.max
    var synTimeoutNanoseconds: UInt64 = 4_000_000
    /// Source ports that were asked for, with the destination they are used for.
    private var portsInUse: Set<UInt64> = []

    init(seed: UInt64, faults: FaultPlan) {
        random = SplitMix64(seed: seed)
        self.faults = faults
    }

    /// A lane's side of the kernel.
    func endpoint(slots: Int, mayWait: Bool, lendLimit: Int) -> SimulatedEndpoint {
        let endpoint = SimulatedEndpoint(self, slots: slots, mayWait: mayWait, lendLimit: lendLimit)
        endpoints.append(endpoint)
        return endpoint
    }

    func happens(_ chance: UInt64) -> Bool { chance > 0 && random.next() % 1_000 < chance }
    func pick(_ errors: [Int32]) -> Int32 { -errors[Int(random.next() % UInt64(errors.count))] }

    func forbid(_ condition: Bool, _ sentence: @autoclosure () -> String) {
        if condition && violations.count < 5 { violations.append(sentence()) }
    }

    /// Takes the source port that an attempt asked for; false when its connection to the same destination is there.
    func claimPort(_ socket: SimulatedSocket) -> Bool {
        guard socket.sourcePort != 0, !socket.hasPort else { return true }
        socket.hasPort = portsInUse.insert(SimulatedKernel.tuple(socket)).inserted
        return socket.hasPort
    }

    func releasePort(_ socket: SimulatedSocket) {
        if socket.hasPort { portsInUse.remove(SimulatedKernel.tuple(socket)) }
        socket.hasPort = false
    }

    private static func tuple(_ socket: SimulatedSocket) -> UInt64 { UInt64(socket.destination) << 16 | UInt64(socket.sourcePort) }

    /// Makes a pair; the other end waits to be accepted.
    func open(_ socket: SimulatedSocket, destination: Int) {
        let other = SimulatedSocket(Handle(slot: 0, generation: 0), isAdopted: false)
        socket.peer = other
        other.peer = socket
        backlog[destination, default: []].append(other)
    }

    /// A client of the test's own.
    func connect(to destination: Int = 0) -> RawPeer {
        let socket = SimulatedSocket(Handle(slot: 0, generation: 0), isAdopted: true)
        open(socket, destination: destination)
        return RawPeer(socket: socket)
    }

    /// A server of the test's own: takes one connection.
    func accept(from destination: Int = 0) -> RawPeer? {
        guard backlog[destination]?.isEmpty == false else { return nil }
        let socket = backlog[destination]!.removeFirst()
        socket.isAdopted = true
        return RawPeer(socket: socket)
    }

    /// Nothing is under way.
    var isQuiet: Bool { endpoints.allSatisfy(\.isQuiet) }

    func ringBells() { for endpoint in endpoints { endpoint.isBellRung = true } }
}
