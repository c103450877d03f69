import Engine
import Profiles

/// What all lanes of both sides have counted by now.
struct Tally {
    var started = 0
    var ended = 0
    var connected = 0
    var connectedTotal = 0
    var joined = 0
    var joinedTotal = 0
    /// Users whose opening was done: the first join answered, or the WebSocket open where a session joins nothing.
    var openedTotal = 0
    /// Users whose session was played to its end.
    var finished = 0
    /// Messages of sessions.
    var messagesSent: UInt64 = 0
    var messagesAnswered: UInt64 = 0
    var messagesRefused: UInt64 = 0
    var retries = 0
    var lost = 0
    /// Connections that the lanes asked in the sweep, or are going to.
    var asked = 0
    var verified = 0
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0
    /// By the name of the cause; what did not happen is not there.
    var errors: [String: Int] = [:]
    var digestLow: UInt64 = 0
    var digestHigh: UInt64 = 0
    var digestUsers: UInt64 = 0
    /// Worker lanes that have not finished their ramp, or their sweep.
    var ramping = 0
    var sweeping = 0
    /// Connections the target holds.
    var served = 0
    var acceptTableFull = 0
    /// Modelled server memory that is allocated now.
    var footprintBytes: UInt64 = 0

    static let causes = Counter.allCases.filter { $0.cause != nil }

    /// The names of all causes of failure, in the order of their counters.
    static let causeNames = causes.compactMap(\.cause)

    /// Before anything was counted.
    static let none = Tally()

    private init() {}

    /// - Parameter targetLanes: the plan's own; a lane behind them serves people who look in, and is not counted.
    init(_ board: Board, targetLanes: Int? = nil) {
        for index in 0..<board.workerLanes { add(worker: board.worker(index)) }
        for index in 0..<min(board.targetLanes, targetLanes ?? .max) {
            let lane = board.target(index)
            served += Int(lane[.openNow])
            acceptTableFull += Int(lane[.acceptTableFull])
            footprintBytes &+= lane[.footprintBytes]
        }
    }

    private mutating func add(worker lane: LaneBoard) {
        started += Int(lane[.usersStarted])
        ended += Int(lane[.usersEnded])
        connected += Int(lane[.connectedNow])
        connectedTotal += Int(lane[.connected])
        joined += Int(lane[.joinedNow])
        joinedTotal += Int(lane[.joined])
        openedTotal += Int(lane[.opened])
        finished += Int(lane[.finished])
        messagesSent &+= lane[.messagesSent]
        messagesAnswered &+= lane[.messagesAnswered]
        messagesRefused &+= lane[.messagesRefused]
        retries += Int(lane[.retries])
        lost += Int(lane[.lost])
        asked += Int(lane[.sweepAsked])
        verified += Int(lane[.verified])
        bytesIn &+= lane[.bytesIn]
        bytesOut &+= lane[.bytesOut]
        digestLow &+= lane[.digestLow]
        digestHigh &+= lane[.digestHigh]
        digestUsers &+= lane[.digestUsers]
        if lane[.rampState] != 2 { ramping += 1 }
        if lane[.sweepState] != 2 { sweeping += 1 }
        for cause in Tally.causes where lane[cause] > 0 { errors[cause.cause ?? "", default: 0] += Int(lane[cause]) }
    }

    /// Users that have started and neither opened nor given up yet.
    var onTheirWay: Int { started - openedTotal - (ended - finished - lost) }

    /// Users that are there: with a topic joined, or connected where the session joins nothing.
    func present(_ plan: Plan) -> Int { plan.joins ? joined : connected }

    var errorCount: Int { errors.values.reduce(0, +) }
    var digest: String? {
        guard digestUsers > 0 else { return nil }
        return hex(digestLow) + hex(digestHigh) + "-\(digestUsers)"
    }

    private func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Board {
    /// All lanes' latencies of one kind.
    func latencies(_ latency: Latency) -> HistogramSum {
        var sum = HistogramSum()
        for index in 0..<workerLanes { sum.add(worker(index).histogram(latency)) }
        return sum
    }
}
