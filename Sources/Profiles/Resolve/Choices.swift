/// The choices between a profile's wishes, the flags and what the host allows: engine, network, speedup.
struct Choices {
    let engine: Plan.EngineKind
    let waiting: Plan.Waiting
    let network: Plan.NetworkModel
    private(set) var degraded: [String] = []

    init(_ profile: Profile, _ flags: Flags, _ host: HostFacts) throws(PlanError) {
        var degraded: [String] = []
        engine = try Self.engine(profile, flags, host, &degraded)
        waiting = profile.tuning.waiting ?? .usual(engine)
        network = try Self.network(profile, flags, host, &degraded)
        self.degraded = degraded
    }

    private static func engine(
        _ profile: Profile, _ flags: Flags, _ host: HostFacts, _ degraded: inout [String]
    ) throws(PlanError) -> Plan.EngineKind {
        let waiting = profile.tuning.waiting
        let wanted = flags.engine ?? profile.engine ?? waiting?.engine ?? .ioUring
        if let waiting, waiting.engine != wanted {
            let own = Plan.Waiting.allCases.filter { $0.engine == wanted }.map(\.rawValue).joined(separator: " or ")
            throw .invalid(
                "tuning.waiting is \(waiting.rawValue), which is \(waiting.engine.rawValue)'s way, and the engine is \(wanted.rawValue). "
                    + "\(wanted.rawValue) waits by \(own): say that, or leave tuning.waiting out.")
        }
        guard wanted == .ioUring, let reason = host.ioUringUnavailableBecause else { return wanted }
        let cause = sentence(reason)
        if let waiting {
            throw .hostCannot(
                "tuning.waiting is \(waiting.rawValue), which is io_uring's way, and io_uring does not work here. \(cause) "
                    + "Leave tuning.waiting out, and the engine is epoll.")
        }
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
        // Somebody else's server is on the host's own network, and so are the workers.
        if flags.foreign != nil { return .loopback }
        let wanted = flags.network ?? profile.network
        if let cause = host.unavailableNetworks?[wanted.rawValue], host.privilege != .none {
            let asked = flags.network == nil ? "network.model of profile \(profile.name)" : "--network"
            throw .hostCannot(
                "\(asked) is \(wanted.rawValue), which this kernel cannot make. \(sentence(cause)) Or use --network routed.")
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

    private static func sentence(_ text: String) -> String {
        text.isEmpty || text.hasSuffix(".") ? text : text + "."
    }
}
