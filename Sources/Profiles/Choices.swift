/// The choices between a profile's wishes, the flags and what the host allows: engine, network, fit, speedup.
struct Choices {
    let engine: Plan.EngineKind
    let network: Plan.NetworkModel
    let fit: Plan.Fit
    private(set) var degraded: [String] = []
    private(set) var notes: [String] = []

    init(_ profile: Profile, _ flags: Flags, _ host: HostFacts) throws(PlanError) {
        var degraded: [String] = []
        var notes: [String] = []
        engine = try Self.engine(profile, flags, host, &degraded)
        network = try Self.network(profile, flags, host, &degraded)
        fit = try Self.fit(profile, flags, &notes)
        self.degraded = degraded
        self.notes = notes
    }

    private static func engine(
        _ profile: Profile, _ flags: Flags, _ host: HostFacts, _ degraded: inout [String]
    ) throws(PlanError) -> Plan.EngineKind {
        let wanted = flags.engine ?? profile.engine ?? .ioUring
        guard wanted == .ioUring, let reason = host.ioUringUnavailableBecause else { return wanted }
        let cause = sentence(reason)
        if flags.engine == .ioUring {
            throw .hostCannot(
                "--engine io_uring: io_uring does not work here. \(cause) Use --engine epoll, or leave --engine out.")
        }
        degraded.append("The engine is epoll, because io_uring does not work here. \(cause)")
        return .epoll
    }

    private static func network(
        _ profile: Profile, _ flags: Flags, _ host: HostFacts, _ degraded: inout [String]
    ) throws(PlanError) -> Plan.NetworkModel {
        let wanted = flags.network ?? profile.network
        guard Planner.supportedNetworks.contains(wanted) else {
            let asked = flags.network == nil ? "network.model of profile \(profile.name)" : "--network"
            let supported = Planner.supportedNetworks.map(\.rawValue).joined(separator: ", ")
            throw .invalid("\(asked) is \(wanted.rawValue); the network models of this version are \(supported).")
        }
        let reason = host.privilegeLimitedBecause.map { " " + sentence($0) } ?? ""
        switch host.privilege {
        case .root:
            return wanted
        case .userNamespace:
            degraded.append(
                "Global kernel settings (such as net.core.netdev_max_backlog) cannot be changed without root, so "
                    + "bursts may lose packets and the ramp may be slower.\(reason)")
            return wanted
        case .none:
            if flags.network != nil && wanted != .loopback {
                throw .hostCannot(
                    "--network \(wanted.rawValue) needs network namespaces, which this user may not make.\(reason) "
                        + "Run as root (sudo), allow user namespaces, or use --network loopback.")
            }
            degraded.append(
                "Workers are loopback addresses instead of machines of their own, because network namespaces cannot "
                    + "be made here.\(reason) No kernel setting is changed: source ports, SYN retries "
                    + "and queues are the host's."
            )
            return .loopback
        }
    }

    /// Nothing of a profile is scaled or allocated beyond connections yet, so only those fits are given that are true.
    private static func fit(_ profile: Profile, _ flags: Flags, _ notes: inout [String]) throws(PlanError) -> Plan.Fit
    {
        let modelsMemory =
            !profile.footprint.isEmpty || profile.target.droplet != Plan.Droplet()
            || profile.workers.contains { $0.droplet != Plan.Droplet() }
        let truth: Plan.Fit = modelsMemory ? .connections : .full
        if modelsMemory {
            notes.append(
                "Droplet limits and footprint are shown but not enforced by this version: no memory cap, no CPU "
                    + "quota, no footprint. Connections are all real (fit connections).")
        }
        guard case .fixed(let wanted) = flags.fit ?? profile.fit else { return truth }
        // Where no memory is modelled there is nothing to shrink, and all fits come to the same.
        if wanted == truth || !modelsMemory { return wanted }
        throw .invalid(
            "Fit \(wanted.rawValue) needs droplet limits and a footprint to be enforced, which this version does not "
                + "do. Use --fit connections or --fit auto.")
    }

    /// Wall arrivals per second per CPU that `auto` plans for: a quarter of what two ends on two CPUs were measured to
    /// do (40,000/s), so that the target's CPUs are never what bends a curve.
    private static let autoRatePerCPU = 5_000.0

    /// Model seconds per wall second. Arrivals that follow no clock have nothing to speed up.
    static func speedup(
        _ profile: Profile, _ flags: Flags, arrivals: Arrivals, cpus: Int, notes: inout [String]
    ) throws(PlanError) -> Double {
        guard !arrivals.isUnpaced else {
            if case .times(let factor)? = flags.speedup {
                throw .invalid(
                    "--speedup \(UnitText.decimal(factor, places: 2)) conflicts with profile \(profile.name): its "
                        + "rate is max, which no clock paces. Leave --speedup out, or give a --rate such as 500/s.")
            }
            return 1
        }
        switch flags.speedup ?? profile.speedup {
        case .times(let factor):
            return factor
        case .auto:
            let fastest = arrivals.phases.compactMap(\.ratePerSecond).max() ?? 1
            let factor = (autoRatePerCPU * Double(max(1, cpus)) / fastest).rounded(.down)
            let chosen = min(max(1, factor), Limits.speedup.upperBound)
            notes.append(
                "Speedup auto is \(UnitText.decimal(chosen, places: 2)): \(UnitText.rate(fastest * chosen)) of wall "
                    + "clock at most, for \(UnitText.count(cpus)) CPUs at \(UnitText.count(Int(autoRatePerCPU)))/s each.")
            return chosen
        }
    }

    /// SYN retries whose total patience in wall time comes nearest to the profile's in model time.
    ///
    /// The kernel waits 1, 2, 4 … s, so n retries give up after 2^(n + 1) − 1 s, and no speedup changes that clock.
    static func synRetries(_ profile: Int, speedup: Double, notes: inout [String]) -> Int {
        guard speedup > 1 else { return profile }
        func patience(_ retries: Int) -> Double { Double((UInt64(1) << UInt64(min(retries + 1, 40))) - 1) }
        let wanted = patience(profile) / speedup
        let chosen = (1...max(1, profile)).min { abs(patience($0) - wanted) < abs(patience($1) - wanted) } ?? 1
        if chosen != profile {
            notes.append(
                "tcp_syn_retries is \(chosen) instead of \(profile): an unanswered connect gives up after "
                    + "\(UnitText.seconds(patience(chosen))) of wall clock, where \(UnitText.seconds(patience(profile))) "
                    + "of model time at speedup \(UnitText.decimal(speedup, places: 2)) would be "
                    + "\(UnitText.seconds(wanted)).")
        }
        return chosen
    }

    private static func sentence(_ text: String) -> String {
        text.isEmpty || text.hasSuffix(".") ? text : text + "."
    }
}
