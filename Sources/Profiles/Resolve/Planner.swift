/// Turns a profile, the flags and the host's facts into a plan. Pure: the same input gives the same plan.
public enum Planner {
    private static let defaultWindow = 64
    /// A cautious bound, not a measurement: on two CPUs few ramping lanes were a third faster than all at once.
    private static let mostActiveLanes = 16

    /// Resolves every number of a run.
    ///
    /// - Throws: `PlanError.invalid` (exit status 64) when profile and flags contradict themselves or each other,
    ///   `PlanError.hostCannot` (69) when this host cannot run them, with the arithmetic and the way out.
    public static func plan(
        profile given: Profile, flags: Flags, host: HostFacts, version: String
    ) throws(PlanError) -> Plan {
        try flags.check()
        var profile = given
        let disowned = disown(&profile, flags)
        let choices = try Choices(profile, flags, host)
        var placementNotes: [String] = []
        let placement = try Placer(host).place(profile.placement, notes: &placementNotes)
        let workforce = Workforce(groups: profile.workers, targetPortCount: profile.target.portCount)
        let ledger = Costs.ledger(choices.waiting, portsPerUser: workforce.portsPerUser)
        let capacity = try Capacity(
            host: host, engine: choices.engine, activeLanes: activeLanes(profile, host, placement),
            targetLanes: profile.tuning.targetLanes, ledger: ledger)

        var arrivals = try Arrivals(profile, capacity: workforce.capacity) { () throws(PlanError) -> Int in
            guard let connections = flags.connections else { return try hostUsers(capacity, workforce) }
            return min(connections, workforce.capacity ?? connections)
        }
        let base = arrivals.users
        if let connections = flags.connections { arrivals.scale(to: connections) }
        if let rate = flags.rate { arrivals.pace(rate) }
        let droplet = DropletPlan(profile, choices.waiting)
        let fitting = try fitting(profile, flags, host, droplet, capacity, workforce, users: arrivals.users, base: base)
        if fitting.connectionScale < 1 { arrivals.shrink(by: fitting.connectionScale) }

        let counts = workforce.counts(users: arrivals.users, scaledFrom: base)
        try checkWorkers(counts, users: arrivals.users, choices.network)
        var workers = workforce.workers(users: arrivals.users, counts: counts, network: choices.network)
        if let foreign = flags.foreign, !foreign.isOnLoopback {
            for index in workers.indices { workers[index].address = Address.kernelsChoice }
        }
        let workerLanes = LanePlan.lanes(workers, capacity: capacity.workerLane)
        try capacity.checkLanes(workerLanes.count, side: "worker", laneCapacity: capacity.workerLane)
        let isBuiltIn = flags.foreign == nil && profile.target.command == nil
        let targetLanes = isBuiltIn ? try capacity.targetLanes(users: arrivals.users) : 0
        try checkMemory(
            capacity, workforce, users: arrivals.users, base: base, lanes: workerLanes.count + targetLanes,
            workers: workers.count)

        var notes = arrivals.notes + placementNotes
        var degraded = choices.degraded + disowned
        let steering = try Placer.steering(profile.rps, placement, choices.network, host, degraded: &degraded)
        let keepsMixture = fitting.connectionScale == 1 || workforce.keepsMixture(counts, users: arrivals.users, base: base)
        if !keepsMixture {
            degraded.append(
                "Fit footprint takes \(counts.map { String($0) }.joined(separator: " and ")) workers of the groups, which is not quite "
                    + "their mixture: what depends on a group's ports moves on the curve.")
        }
        let speedup = try Choices.speedup(profile, flags, arrivals: arrivals, cpus: host.cpus, notes: &notes)
        let patience = SynPatience.chosen(profile.load.synRetries, speedup: speedup, host: host, notes: &notes)
        let expectations = Expectations.resolve(
            profile, users: arrivals.users, base: base,
            isOwnClock: keepsMixture && flags.rate == nil && (flags.connections == nil || flags.connections == base), notes: &notes)
        notes += Remarks.all(profile, workforce, workers: workers, arrivals: arrivals, host: host)
        Unanswered.settle(&workers, isUnpaced: arrivals.isUnpaced, choices.network, notes: &notes, degraded: &degraded)
        var cap = try droplet.cap(fitting, speedup: speedup, host: host)
        if let cap { notes += DropletPlan.notes(cap) }
        if cap != nil, let reason = host.capUnavailableBecause {
            cap = nil
            degraded.append("The droplet's limits are not enforced. \(reason)")
        }
        if cap != nil, let escape = droplet.escape(host) { degraded.append(escape) }
        if flags.connections == nil, profile.load.phases.contains(where: { $0.users == .host }) {
            notes.append(
                hostNote(
                    capacity, users: arrivals.users, lanes: workerLanes.count + targetLanes, workers: workers.count))
        }

        var plan = Plan(
            version: version, profile: profile.name, about: profile.about, engine: choices.engine, waiting: choices.waiting,
            fit: fitting.fit, speedup: speedup, seed: flags.seed ?? Flags.defaultSeed, interArrival: profile.load.interArrival,
            phases: arrivals.phases, users: arrivals.users, holdSeconds: flags.holdSeconds ?? profile.holdSeconds,
            retries: profile.load.retries, retryWaitMilliseconds: profile.load.retryWaitMilliseconds,
            session: profile.session, network: choices.network, synRetries: patience.retries,
            synLinearTimeouts: patience.linear,
            target: target(profile, flags.foreign, choices.network, lanes: targetLanes, laneCapacity: capacity.targetLane),
            workers: workers, workerLanes: workerLanes, activeLanes: capacity.activeLanes,
            window: profile.tuning.window ?? defaultWindow, samplePeriodSeconds: profile.samplePeriodSeconds,
            ledger: ledger, footprint: Plan.footprint(profile, scale: fitting.footprintScale),
            hibernateAfterSeconds: profile.hibernateAfterSeconds, footprintScale: fitting.footprintScale,
            connectionScale: fitting.connectionScale, cap: cap, cloud: profile.cloud,
            unansweredAddress: workers.contains { $0.unansweredShare > 0 } ? Address.unanswered(choices.network) : nil,
            placement: placement, rps: steering,
            expectations: expectations, referencePath: profile.referencePath, degraded: degraded, notes: notes, host: host)
        plan.predictions = Predictions.all(plan)
        plan.notes += Remarks.processors(plan) + Remarks.session(plan)
        return plan
    }

    /// What is about the built-in target goes where the target is another. Returns sentences on what went.
    private static func disown(_ profile: inout Profile, _ flags: Flags) -> [String] {
        if flags.foreign != nil { return profile.disown() }
        guard let command = flags.targetCommand ?? profile.target.command else { return [] }
        return profile.entrust(to: command)
    }

    /// Where no memory is modelled there is nothing to shrink, and all fits come to the same.
    private static func fitting(
        _ profile: Profile, _ flags: Flags, _ host: HostFacts, _ droplet: DropletPlan, _ capacity: Capacity, _ workforce: Workforce,
        users: Int, base: Int
    ) throws(PlanError) -> Fitting {
        let wish = flags.fit ?? profile.fit
        // What a command holds cannot be scaled.
        if profile.target.command != nil { return .untouched }
        guard !profile.footprint.isEmpty || profile.target.droplet.memoryBytes != nil else {
            guard case .fixed(let fit) = wish else { return .untouched }
            return Fitting(fit: fit, connectionScale: 1, footprintScale: 1)
        }
        return try Fitting(
            wish,
            Fitting.Demand(
                users: users, footprintBytes: profile.footprintBytes, kneeConnections: host.capUnavailableBecause == nil ? droplet.kneeConnections : nil,
                connectionBytes: { users in
                    let workers = workforce.counts(users: users, scaledFrom: base).reduce(0, +)
                    let lanes =
                        workers * workforce.mostUsersPerWorker.dividedRoundingUp(by: capacity.workerLane)
                        + users.dividedRoundingUp(by: capacity.targetLane) + capacity.activeLanes
                    return capacity.neededBytes(users: users, lanes: lanes, workers: workers)
                },
                budget: capacity.budget))
    }

    /// One per CPU, each pinned to its own: on two CPUs faster than two per CPU on io_uring, and no slower on epoll.
    /// `tuning.active_lanes` overrides it.
    private static func activeLanes(_ profile: Profile, _ host: HostFacts, _ placement: Plan.Placement) -> Int {
        profile.tuning.activeLanes ?? min(max(1, placement.mostCPUs ?? host.cpus), mostActiveLanes)
    }

    private static func target(
        _ profile: Profile, _ foreign: ForeignTarget?, _ network: Plan.NetworkModel, lanes: Int, laneCapacity: Int
    ) -> Plan.Target {
        if let foreign {
            return Plan.Target(
                address: foreign.address, port: foreign.url.port, portCount: 1, path: foreign.url.path, lanes: 0, laneCapacity: 0,
                droplet: Plan.Droplet(), host: foreign.url.authority, isForeign: true)
        }
        return Plan.Target(
            address: Address.target(network), port: profile.target.port, portCount: profile.target.portCount,
            path: profile.target.path, lanes: lanes, laneCapacity: laneCapacity, droplet: profile.target.droplet,
            rules: profile.target.rules, command: profile.target.command)
    }

    // MARK: What the host carries

    /// What `users: host` stands for.
    private static func hostUsers(_ capacity: Capacity, _ workforce: Workforce) throws(PlanError) -> Int {
        let most = capacity.mostUsers(
            upTo: min(workforce.capacity ?? Limits.users, Limits.users),
            usersPerWorker: workforce.mostUsersPerWorker
        ) { workforce.counts(users: $0, scaledFrom: nil).reduce(0, +) }
        guard most > 0 else {
            throw .hostCannot(
                "This host has \(UnitText.bytes(capacity.host.memoryAvailableBytes)) of memory available, and "
                    + "\(UnitText.bytes(capacity.reserve)) of it is kept free: nothing is left for connections. Stop "
                    + "what uses the memory, or use a larger host.")
        }
        return most
    }

    private static func hostNote(_ capacity: Capacity, users: Int, lanes: Int, workers: Int) -> String {
        let needed = capacity.neededBytes(users: users, lanes: lanes, workers: workers)
        return "users: host is \(UnitText.count(users)) here: they need \(UnitText.bytes(needed)) of the "
            + "\(UnitText.bytes(capacity.budget)) that this host offers."
    }

    private static func checkWorkers(_ counts: [Int], users: Int, _ network: Plan.NetworkModel) throws(PlanError) {
        let total = counts.reduce(0, +)
        if network == .bridge, total > Limits.bridgeWorkers {
            throw .invalid(
                "\(UnitText.count(users)) users take \(UnitText.count(total)) workers, and a bridge of the kernel's has room for "
                    + "\(UnitText.count(Limits.bridgeWorkers)). Use --network routed or overlay, or raise workers.users.")
        }
        guard total > Limits.workers else { return }
        throw .invalid(
            "\(UnitText.count(users)) users take \(UnitText.count(total)) workers; at most "
                + "\(UnitText.count(Limits.workers)) are allowed. Raise workers.users, or lower --connections.")
    }

    private static func checkMemory(
        _ capacity: Capacity, _ workforce: Workforce, users: Int, base: Int, lanes: Int, workers: Int
    ) throws(PlanError) {
        let needed = capacity.neededBytes(users: users, lanes: lanes, workers: workers)
        guard needed > capacity.budget else { return }
        let most = capacity.mostUsers(upTo: users, usersPerWorker: workforce.mostUsersPerWorker) {
            workforce.counts(users: $0, scaledFrom: base).reduce(0, +)
        }
        let advice =
            most > 0
            ? "Use --connections \(most), which fits, or a host with more memory."
            : "Stop what uses the memory, or use a larger host."
        throw .hostCannot(
            "\(UnitText.count(users)) connections need \(UnitText.bytes(needed)) of memory ("
                + "\(UnitText.count(users)) x \(UnitText.count(Int(capacity.bytesPerPair))) bytes, and "
                + "\(UnitText.bytes(Capacity.fixedBytes(lanes: lanes, workers: workers))) for \(UnitText.count(lanes)) "
                + "lanes and \(UnitText.count(workers)) workers), but this host offers \(UnitText.bytes(capacity.budget)) ("
                + "\(UnitText.bytes(capacity.host.memoryAvailableBytes)) available, less "
                + "\(UnitText.bytes(capacity.reserve)) kept free). \(advice)")
    }
}
