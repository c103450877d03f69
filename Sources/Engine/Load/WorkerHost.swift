import CLab
import Glibc

/// What one worker lane is told.
public struct WorkerLaneOrder {
    /// The worker's network namespace; nil is this process's own.
    public var namespace: Int32?
    /// The worker's own address where it shares a namespace with others, dotted.
    public var sourceAddress: String?
    public var worker: Int
    /// Users of the whole run before this lane's first.
    public var firstUser: UInt64
    public var users: Int
    /// Users of the same worker before this lane's first.
    public var arrivalsBefore: Int
    public var firstPort: UInt16
    public var lastPort: UInt16
    /// Walk the range, together with the worker's other lanes, instead of leaving the choice to the kernel.
    public var portsInSequence: Bool
    /// The share of the worker's source ports whose attempts never get an answer, 0 to 1. Such an attempt goes to the
    /// orders' `deadAddress`.
    public var unansweredShare: Double
    public var cpu: Int32

    public init(
        namespace: Int32?, sourceAddress: String?, worker: Int, firstUser: UInt64, users: Int, arrivalsBefore: Int,
        firstPort: UInt16, lastPort: UInt16, portsInSequence: Bool, unansweredShare: Double, cpu: Int32
    ) {
        self.namespace = namespace
        self.sourceAddress = sourceAddress
        self.worker = worker
        self.firstUser = firstUser
        self.users = users
        self.arrivalsBefore = arrivalsBefore
        self.firstPort = firstPort
        self.lastPort = lastPort
        self.portsInSequence = portsInSequence
        self.unansweredShare = unansweredShare
        self.cpu = cpu
    }
}

/// One worker's share of an arrival phase.
public struct WorkerPhase {
    public var durationSeconds: Double
    /// nil is as fast as both ends go.
    public var ratePerSecond: Double?
    public var users: Int

    public init(durationSeconds: Double, ratePerSecond: Double?, users: Int) {
        self.durationSeconds = durationSeconds
        self.ratePerSecond = ratePerSecond
        self.users = users
    }
}

/// What the process that carries worker lanes is told.
public struct WorkerOrders {
    public var usesRing: Bool
    public var board: Board
    public var bell: Int32
    public var targetAddress: String
    /// A dotted IPv4 address to which SYNs are sent and nobody answers; only lanes with an `unansweredShare` use it.
    public var deadAddress: String
    public var port: UInt16
    public var portCount: Int
    public var path: String
    public var seed: UInt64
    public var speedup: Double
    public var isExponential: Bool
    public var activeLanes: Int
    public var window: Int
    public var retries: Int
    public var retryWaitMilliseconds: Int
    public var hasSocketCommands: Bool
    /// What every user plays.
    public var session: [SessionStep]
    /// By worker.
    public var phases: [[WorkerPhase]]
    public var lanes: [WorkerLaneOrder]
    /// What the handshakes' Host header names; nil is the target's address and port.
    public var host: String?
    /// A ring receives at rest instead of polling.
    public var receivesAtRest: Bool

    public init(
        usesRing: Bool, board: Board, bell: Int32, targetAddress: String, deadAddress: String, port: UInt16,
        portCount: Int, path: String, seed: UInt64, speedup: Double, isExponential: Bool, activeLanes: Int, window: Int,
        retries: Int, retryWaitMilliseconds: Int, hasSocketCommands: Bool, session: [SessionStep],
        phases: [[WorkerPhase]], lanes: [WorkerLaneOrder], host: String? = nil,
        receivesAtRest: Bool = false
    ) {
        self.usesRing = usesRing
        self.board = board
        self.bell = bell
        self.targetAddress = targetAddress
        self.deadAddress = deadAddress
        self.port = port
        self.portCount = portCount
        self.path = path
        self.seed = seed
        self.speedup = speedup
        self.isExponential = isExponential
        self.activeLanes = activeLanes
        self.window = window
        self.retries = retries
        self.retryWaitMilliseconds = retryWaitMilliseconds
        self.hasSocketCommands = hasSocketCommands
        self.session = session
        self.phases = phases
        self.lanes = lanes
        self.host = host
        self.receivesAtRest = receivesAtRest
    }

    var isUnpaced: Bool { phases.allSatisfy { $0.allSatisfy { $0.ratePerSecond == nil } } }
}

/// Carries the workers' lanes: starts a lane's thread shortly before its first arrival or its turn.
public enum WorkerHost {
    /// A paced lane is made ready this long before its first arrival.
    private static let headStartNanoseconds: UInt64 = 1_000_000_000

    /// Returns when the board says that the run is over, or with a sentence that says what failed.
    public static func serve(_ orders: WorkerOrders) -> String? {
        guard let first = UpgradeTemplate(orders) else {
            return "The handshake for host \(orders.targetAddress) and path \(orders.path) cannot be written: a character is not allowed there, or it is too long."
        }
        let script: Script
        do {
            script = try Script(orders.session, lastUser: orders.lanes.map { $0.firstUser + UInt64($0.users) }.max() ?? 0)
        } catch {
            return "The session cannot be played. \(error)"
        }
        let board = orders.board
        let phases = orders.phases.map(allocate)
        let firstDue = orders.isUnpaced ? [] : orders.lanes.map { due($0, orders, phases) }
        let watch = BellWatch(orders.bell)
        var isStarted = [Bool](repeating: false, count: orders.lanes.count)
        var earliest = 0
        var isSweepPrepared = false
        while !board.isOver {
            var wait: Int64?
            let phase = board.phase
            let now = monotonicNanoseconds()
            // In a full ramp the lanes follow one another: one more than may run is kept ready.
            let turn = Int(board[.rampReleased].load(ordering: .acquiring)) + orders.activeLanes + 1
            for lane in earliest..<orders.lanes.count where !isStarted[lane] {
                if orders.isUnpaced {
                    guard lane < turn, phase == .preparing || phase == .ramp else { break }
                } else {
                    guard phase == .ramp else { break }
                    let due = board[.start].load(ordering: .relaxed) &+ UInt64(Double(firstDue[lane]) / orders.speedup)
                    guard due <= now &+ headStartNanoseconds else {
                        wait = min(wait ?? .max, Int64(clamping: due &- now &- headStartNanoseconds))
                        continue
                    }
                }
                let settings = laneSettings(lane, orders, phases, first.request, script)
                let error = LaneThread.start { run(settings, orders) }
                if error < 0 { return "The thread of worker lane \(lane) was refused (errno \(-error)): threads or memory are used up." }
                isStarted[lane] = true
            }
            if phase == .sweep && !isSweepPrepared {
                isSweepPrepared = true
                // Lanes that never began have nobody to ask: their turn passes at once.
                for lane in 0..<orders.lanes.count where !isStarted[lane] {
                    board.worker(lane).set(.sweepState, 2)
                    board[.sweepReleased].wrappingAdd(1, ordering: .acquiringAndReleasing)
                }
                var one: UInt64 = 1
                _ = write(orders.bell, &one, 8)
            }
            while earliest < isStarted.count && isStarted[earliest] { earliest += 1 }
            if board[.workersReady].load(ordering: .relaxed) == 0 { board[.workersReady].store(1, ordering: .releasing) }
            watch.wait(nanoseconds: wait)
        }
        let started = UInt64(isStarted.count { $0 })
        while board[.workerLanesClosed].load(ordering: .acquiring) < started { watch.wait(nanoseconds: nil) }
        return nil
    }

    private static func allocate(_ phases: [WorkerPhase]) -> UnsafeMutablePointer<Pacer.Phase> {
        let memory = UnsafeMutablePointer<Pacer.Phase>.allocate(capacity: max(1, phases.count))
        for (index, phase) in phases.enumerated() {
            (memory + index).initialize(
                to: Pacer.Phase(
                    durationNanoseconds: UInt64(phase.durationSeconds * 1e9), ratePerSecond: phase.ratePerSecond ?? .infinity,
                    maximumUsers: UInt32(clamping: phase.users)))
        }
        return memory
    }

    private static func pacer(
        _ order: WorkerLaneOrder, _ orders: WorkerOrders, _ phases: [UnsafeMutablePointer<Pacer.Phase>]
    ) -> Pacer {
        var pacer = Pacer(
            phases: phases[order.worker], count: orders.phases[order.worker].count,
            spacing: orders.isExponential ? .exponential : .uniform, seed: orders.seed, worker: UInt32(order.worker))
        pacer.skip(order.arrivalsBefore)
        return pacer
    }

    private static func due(
        _ order: WorkerLaneOrder, _ orders: WorkerOrders, _ phases: [UnsafeMutablePointer<Pacer.Phase>]
    ) -> UInt64 {
        var pacer = pacer(order, orders, phases)
        return pacer.next()?.dueNanoseconds ?? 0
    }

    private static func laneSettings(
        _ lane: Int, _ orders: WorkerOrders, _ phases: [UnsafeMutablePointer<Pacer.Phase>], _ request: UpgradeRequest,
        _ script: Script
    ) -> WorkerLaneSettings {
        let order = orders.lanes[lane]
        let source = order.sourceAddress.flatMap { EngineSettings.endpoint($0, port: 0)?.sin_addr.s_addr } ?? 0
        return WorkerLaneSettings(
            lane: lane, firstUser: order.firstUser, users: order.users, seed: orders.seed,
            worker: UInt32(order.worker), arrivalsBefore: order.arrivalsBefore, phases: phases[order.worker],
            phaseCount: orders.phases[order.worker].count, spacing: orders.isExponential ? .exponential : .uniform,
            speedup: orders.speedup, isUnpaced: orders.isUnpaced, activeLanes: orders.activeLanes, window: orders.window,
            ports: ports(lane, orders),
            unanswered: Unanswered(share: order.unansweredShare, seed: orders.seed, worker: UInt32(order.worker)),
            destinationCount: orders.portCount, sourceAddress: source,
            retry: RetryPolicy(retries: orders.retries, waitMilliseconds: orders.retryWaitMilliseconds),
            request: request, bell: orders.bell, script: script)
    }

    /// All lanes of a worker walk one range with one cursor.
    private static func ports(_ lane: Int, _ orders: WorkerOrders) -> Ports {
        let order = orders.lanes[lane]
        guard order.portsInSequence else { return Ports.kernel }
        let firstLane = orders.lanes.firstIndex { $0.worker == order.worker } ?? lane
        return Ports(
            first: order.firstPort, last: order.lastPort,
            cursor: orders.board.portCursor(ofWorkerWithFirstLane: firstLane))
    }

    /// The target's ports, and behind them the same ports of the address that never answers, where a lane needs it.
    static func destinations(_ settings: WorkerLaneSettings, _ orders: WorkerOrders) throws(EngineError) -> [sockaddr_in] {
        var all: [sockaddr_in] = []
        for address in settings.unanswered.isNone ? [orders.targetAddress] : [orders.targetAddress, orders.deadAddress] {
            for offset in 0..<orders.portCount {
                guard let endpoint = EngineSettings.endpoint(address, port: orders.port &+ UInt16(offset)) else {
                    throw EngineError("Reading the address \(address)", EINVAL, hint: "It must be a dotted IPv4 address.")
                }
                all.append(endpoint)
            }
        }
        return all
    }

    private static func run(_ settings: WorkerLaneSettings, _ orders: WorkerOrders) {
        let order = orders.lanes[settings.lane]
        do {
            if let namespace = order.namespace {
                let error = simbench_enter_network_namespace(namespace)
                guard error == 0 else {
                    throw EngineError("Entering the network namespace of worker \(order.worker)", error, hint: "The lab may have been removed meanwhile.")
                }
            }
            if order.cpu >= 0 {
                var cpu = order.cpu
                _ = simbench_set_affinity(&cpu, 1)
            }
            let engine = EngineSettings(
                slots: settings.users, destinations: try destinations(settings, orders),
                defersHandshakeAcknowledgement: true, hasSocketCommands: orders.hasSocketCommands,
                receivesAtRest: orders.receivesAtRest)
            if orders.usesRing {
                var lane = WorkerLane(engine: try RingProactor(engine), settings: settings, run: orders.board)
                lane.serve()
            } else {
                let error = simbench_unshare_files()
                guard error == 0 else {
                    throw EngineError("Giving worker lane \(settings.lane) a descriptor table of its own", error, hint: "Memory may be used up.")
                }
                // The copy holds every worker's namespace; this table's places are for connections.
                for namespace in Set(orders.lanes.compactMap(\.namespace)) { close(namespace) }
                var lane = WorkerLane(engine: try EpollProactor(engine), settings: settings, run: orders.board)
                lane.serve()
            }
        } catch {
            LaneThread.complain("Worker lane \(settings.lane): \(error)")
            orders.board[.failures].wrappingAdd(1, ordering: .relaxed)
        }
        orders.board[.workerLanesClosed].wrappingAdd(1, ordering: .acquiringAndReleasing)
        var one: UInt64 = 1
        _ = write(orders.bell, &one, 8)
        while true { pause() }
    }
}

/// The handshake's bytes, prepared once for the process.
private struct UpgradeTemplate {
    let request: UpgradeRequest

    init?(_ orders: WorkerOrders) {
        let host = orders.host ?? (orders.port == 80 ? orders.targetAddress : "\(orders.targetAddress):\(orders.port)")
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: Blocks.bytes, alignment: 8)
        guard let request = UpgradeRequest(host: host, path: orders.path, storage: storage) else {
            storage.deallocate()
            return nil
        }
        self.request = request
    }
}
