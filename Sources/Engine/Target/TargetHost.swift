import CLab
import Glibc

/// What the process that carries the target's lanes is told.
public struct TargetOrders {
    public var usesRing: Bool
    public var board: Board
    public var bell: Int32
    /// The network namespace to listen in; nil is this process's own.
    public var namespace: Int32?
    public var address: String
    public var port: UInt16
    public var portCount: Int
    public var path: String
    public var laneCapacity: Int
    /// Size of a lane's descriptor table.
    public var laneSlots: Int
    /// The CPU of each chain of lanes; as many chains as CPUs here.
    public var chainCPUs: [Int32]
    /// Memory that the modelled server holds for each connection, part by part.
    public var footprint: [FootprintPart]
    /// A connection without a message for so long hibernates, wall time; nil: none does.
    public var hibernateAfterNanoseconds: UInt64?
    public var rules: TargetRules
    /// A listening socket of the host's own network, through which people reach the chat page during a run; nil: none.
    /// A lane of its own serves it: the board's last target lane.
    public var door: Int32?
    /// A ring receives at rest instead of polling.
    public var receivesAtRest: Bool

    public init(
        usesRing: Bool, board: Board, bell: Int32, namespace: Int32?, address: String, port: UInt16, portCount: Int,
        path: String, laneCapacity: Int, laneSlots: Int, chainCPUs: [Int32], footprint: [FootprintPart],
        hibernateAfterNanoseconds: UInt64?, rules: TargetRules = TargetRules(), door: Int32? = nil,
        receivesAtRest: Bool = false
    ) {
        self.usesRing = usesRing
        self.board = board
        self.bell = bell
        self.namespace = namespace
        self.address = address
        self.port = port
        self.portCount = portCount
        self.path = path
        self.laneCapacity = laneCapacity
        self.laneSlots = laneSlots
        self.chainCPUs = chainCPUs
        self.footprint = footprint
        self.hibernateAfterNanoseconds = hibernateAfterNanoseconds
        self.rules = rules
        self.door = door
        self.receivesAtRest = receivesAtRest
    }
}

/// Carries the target's lanes: opens the listening sockets, starts a lane's thread shortly before it is needed.
public enum TargetHost {
    /// Returns when the board says that the run is over, or with a sentence that says what failed.
    public static func serve(_ orders: TargetOrders) -> String? {
        if let namespace = orders.namespace {
            let error = simbench_enter_network_namespace(namespace)
            if error < 0 { return "The target could not enter its network namespace (errno \(-error))." }
        }
        // Sockets that share a port would also share it with another run's on the same host.
        var lone = orders
        lone.chainCPUs = [-1]
        if orders.namespace == nil, orders.chainCPUs.count > 1 {
            switch Listening.open(lone) {
            case .success(let trial): trial.forEach { close($0) }
            case .failure(let failure): return failure.description
            }
        }
        let listeners: [Int32]
        switch Listening.open(orders) {
        case .success(let opened): listeners = opened
        case .failure(let failure): return failure.description
        }
        let board = orders.board
        for chain in 0..<orders.chainCPUs.count {
            board.chain(chain).pointee.store(UInt64(chain + 1), ordering: .releasing)
        }
        board[.targetLanesTaken].store(UInt64(orders.chainCPUs.count), ordering: .releasing)
        let shared = Shared(orders)
        let laneCount = board.targetLanes - (orders.door == nil ? 0 : 1)
        if let door = orders.door,
            let failure = start(settings(laneCount, orders, listeners, shared, laneCount, door: door), orders) {
            return failure
        }
        let watch = BellWatch(orders.bell)
        var started = 0
        while board.phase != .release {
            // One lane more than is needed now, so that a full lane finds its successor ready.
            let wanted = min(laneCount, Int(board[.targetLanesTaken].load(ordering: .acquiring)) + 1)
            while started < wanted {
                if let failure = start(settings(started, orders, listeners, shared, laneCount, door: nil), orders) { return failure }
                started += 1
            }
            if board[.targetReady].load(ordering: .relaxed) == 0 { board[.targetReady].store(1, ordering: .releasing) }
            watch.wait(nanoseconds: nil)
        }
        return nil
    }

    /// What all lanes have in common, made once.
    private struct Shared {
        let path: StaticBytes
        let page: StaticBytes
        let origins: OriginCheck?
        let broadcasts = BroadcastLog.open()

        init(_ orders: TargetOrders) {
            path = StaticBytes(orders.path)
            page = StaticBytes(ChatPage.response(socketPath: orders.path))
            // A list with an entry that is no host admits nobody, rather than everybody.
            origins = orders.rules.origins.flatMap { OriginCheck(hosts: $0) ?? OriginCheck(hosts: []) }
        }
    }

    private static func settings(
        _ lane: Int, _ orders: TargetOrders, _ listeners: [Int32], _ shared: Shared, _ laneCount: Int, door: Int32?
    ) -> TargetLaneSettings {
        TargetLaneSettings(
            lane: lane, capacity: door == nil ? orders.laneCapacity : doorCapacity,
            slots: door == nil ? orders.laneSlots : doorCapacity + 64, listeners: listeners, portCount: orders.portCount,
            chainCount: orders.chainCPUs.count, path: shared.path, bell: orders.bell, laneCount: laneCount, door: door,
            rules: orders.rules, origins: shared.origins, page: shared.page, broadcasts: shared.broadcasts)
    }

    /// People at the host's door, at once.
    private static let doorCapacity = 1_024

    /// Starts a lane's thread; a sentence says why not.
    private static func start(_ settings: TargetLaneSettings, _ orders: TargetOrders) -> String? {
        let error = LaneThread.start { run(settings, orders) }
        return error < 0 ? "The thread of target lane \(settings.lane) was refused (errno \(-error)): threads or memory are used up." : nil
    }

    private static func run(_ settings: TargetLaneSettings, _ orders: TargetOrders) {
        let engine = EngineSettings(
            slots: settings.slots, destinations: [], defersHandshakeAcknowledgement: false, hasSocketCommands: false,
            receivesAtRest: orders.receivesAtRest)
        do {
            let footprint = try Footprint(
                orders.footprint, slots: settings.slots, hibernateAfterNanoseconds: orders.hibernateAfterNanoseconds,
                lane: settings.lane, board: orders.board.target(settings.lane))
            if orders.usesRing {
                var lane = TargetLane(
                    engine: try RingProactor(engine), settings: settings, run: orders.board, cpus: orders.chainCPUs,
                    footprint: footprint)
                lane.serve()
            } else {
                let error = simbench_unshare_files()
                guard error == 0 else {
                    throw EngineError("Giving target lane \(settings.lane) a descriptor table of its own", error, hint: "Memory may be used up.")
                }
                var lane = TargetLane(
                    engine: try EpollProactor(engine), settings: settings, run: orders.board, cpus: orders.chainCPUs,
                    footprint: footprint)
                lane.serve()
            }
        } catch {
            LaneThread.complain("Target lane \(settings.lane): \(error)")
            orders.board[.failures].wrappingAdd(1, ordering: .relaxed)
        }
        // The process ends now, and what is still open with it.
        while true { pause() }
    }
}

/// The target's listening sockets.
enum Listening {
    /// For each chain one socket for each port. Sockets of one port share it (SO_REUSEPORT), and with SO_INCOMING_CPU a
    /// connection goes to the chain of the CPU its SYN was handled on: on one machine that is the worker lane's own.
    static func open(_ orders: TargetOrders) -> Result<[Int32], EngineError> {
        var sockets: [Int32] = []
        for cpu in orders.chainCPUs {
            for offset in 0..<orders.portCount {
                let port = orders.port &+ UInt16(offset)
                guard var endpoint = EngineSettings.endpoint(orders.address, port: port) else {
                    return .failure(EngineError("Reading the target's address \(orders.address)", EINVAL, hint: "It must be a dotted IPv4 address."))
                }
                let socket = Glibc.socket(AF_INET, SocketOptions.stream | SocketOptions.nonBlocking, 0)
                guard socket >= 0 else { return .failure(EngineError("Opening a listening socket", errno, hint: "RLIMIT_NOFILE may be reached.")) }
                set(socket, SO_REUSEADDR, 1)
                if orders.chainCPUs.count > 1 {
                    set(socket, SO_REUSEPORT, 1)
                    if cpu >= 0 { set(socket, incomingCPU, cpu) }
                }
                // Accepted sockets inherit both. No small message waits for the answer to the one before, as under cowboy
                // (ranch sets nodelay): what is said in the lobby comes at once.
                set(socket, SocketOptions.tcpLevel, SocketOptions.noDelay, 1)
                // Closing resets, so that millions of connections end within seconds.
                var reset = linger(l_onoff: 1, l_linger: 0)
                setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
                let bound = withUnsafePointer(to: &endpoint) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                guard bound == 0, listen(socket, 65_535) == 0 else {
                    return .failure(EngineError("Listening on \(orders.address):\(port)", errno, hint: "Another server may hold that port, or the address is not this host's."))
                }
                sockets.append(socket)
            }
        }
        return .success(sockets)
    }

    private static let incomingCPU: Int32 = 49

    private static func set(_ socket: Int32, _ option: Int32, _ value: Int32) { set(socket, SOL_SOCKET, option, value) }

    private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
