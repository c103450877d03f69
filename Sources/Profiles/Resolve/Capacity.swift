/// What this host carries: connections per lane by descriptors, and connections in all by memory.
struct Capacity {
    /// Descriptors a worker's lane keeps for itself: rings, timers, the board, standard streams.
    static let workerReserve = 100
    /// Direct descriptors and armed requests per ring: the kernel's cancel hash has no more than 256 buckets.
    static let tableLimit = 65_536
    /// A target's lane stops accepting this long before its table is full, on top of the reserve: accepts in flight
    /// must find room, for the kernel drops a socket that does not.
    static let targetMargin = 1_024

    let host: HostFacts
    let workerLane: Int
    let targetLane: Int
    let activeLanes: Int
    let targetLanesWanted: Int?
    let bytesPerPair: Double

    init(
        host: HostFacts, engine: Plan.EngineKind, activeLanes: Int, targetLanes: Int?, ledger: [Plan.LedgerLine]
    ) throws(PlanError) {
        let table = min(host.descriptorLimit, Self.tableLimit)
        self.host = host
        workerLane =
            engine == .ioUring
            ? table - Self.workerReserve : min(host.descriptorLimit - Self.workerReserve, Self.tableLimit)
        targetLane = table - Self.workerReserve - Self.targetMargin
        self.activeLanes = activeLanes
        targetLanesWanted = targetLanes
        bytesPerPair = ledger.reduce(0) { $0 + $1.bytes }
        guard targetLane > 0 else {
            throw .hostCannot(
                "A process may hold \(UnitText.count(host.descriptorLimit)) descriptors here, and a lane keeps "
                    + "\(UnitText.count(Self.workerReserve + Self.targetMargin)) of its table free. Raise the hard "
                    + "limit (ulimit -Hn, limits.conf or LimitNOFILE=) to 20,000 or more.")
        }
    }

    // MARK: Lanes

    /// Enough lanes for all users, and one more per active lane: accepted connections do not spread evenly, and a lane
    /// that is nearly full must find another that is not.
    func targetLanes(users: Int) throws(PlanError) -> Int {
        let needed = users.dividedRoundingUp(by: targetLane)
        guard let wanted = targetLanesWanted else {
            try checkLanes(needed + activeLanes, side: "target", laneCapacity: targetLane)
            return needed + activeLanes
        }
        // Active lanes fill unevenly: all but one may be barely begun when the last connection comes.
        let least = needed + activeLanes - 1
        guard wanted >= least else {
            throw .invalid(
                "tuning.target_lanes: \(wanted) lanes of \(UnitText.count(targetLane)) connections do not hold "
                    + "\(UnitText.count(users)) users while \(activeLanes) are active; \(least) is the least.")
        }
        return wanted
    }

    func checkLanes(_ lanes: Int, side: String, laneCapacity: Int) throws(PlanError) {
        guard lanes > Limits.lanes else { return }
        throw .hostCannot(
            "With \(UnitText.count(host.descriptorLimit)) descriptors a \(side) lane holds "
                + "\(UnitText.count(laneCapacity)) connections, so \(UnitText.count(lanes)) lanes would be needed and \(UnitText.count(Limits.lanes)) "
                + "are allowed. Raise the hard limit (ulimit -Hn), or start fewer users with --connections.")
    }

    // MARK: Memory

    var reserve: UInt64 { Self.reserve(of: host) }
    var budget: UInt64 { Self.budget(of: host) }

    /// Memory that is kept free.
    static func reserve(of host: HostFacts) -> UInt64 {
        max(Costs.reserveBytes, UInt64(Double(host.memoryTotalBytes) * Costs.reserveFraction))
    }

    /// What is left for a run.
    static func budget(of host: HostFacts) -> UInt64 {
        let reserve = reserve(of: host)
        return host.memoryAvailableBytes > reserve ? host.memoryAvailableBytes - reserve : 0
    }

    /// Of numbers that no host has it is more than any has, rather than beyond 64 bits.
    static func fixedBytes(lanes: Int, workers: Int) -> UInt64 {
        UInt64(min(Double(lanes) * Double(Costs.laneFixedBytes) + Double(workers) * Double(Costs.workerFixedBytes), 1e18))
    }

    func neededBytes(users: Int, lanes: Int, workers: Int) -> UInt64 {
        UInt64((Double(users) * bytesPerPair).rounded(.up)) + Self.fixedBytes(lanes: lanes, workers: workers)
    }

    /// The most users whose memory fits, given how many workers so many users take, rounded down to a readable number.
    ///
    /// Lanes are counted as if every worker were full, so the answer still fits when the plan is made exactly.
    func mostUsers(upTo limit: Int, usersPerWorker: Int, workers: (Int) -> Int) -> Int {
        let lanesPerWorker = usersPerWorker.dividedRoundingUp(by: workerLane)
        func fits(_ users: Int) -> Bool {
            let workers = workers(users)
            let workerLanes = workers * lanesPerWorker
            let targetLanes = users.dividedRoundingUp(by: targetLane) + activeLanes
            return workers <= Limits.workers && workerLanes <= Limits.lanes && targetLanes <= Limits.lanes
                && neededBytes(users: users, lanes: workerLanes + targetLanes, workers: workers) <= budget
        }
        var most = 0
        var tooMany = limit + 1
        while tooMany - most > 1 {
            let middle = most + (tooMany - most) / 2
            if fits(middle) { most = middle } else { tooMany = middle }
        }
        return most >= 10_000 ? most / 1_000 * 1_000 : most
    }
}

extension Int {
    func dividedRoundingUp(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
