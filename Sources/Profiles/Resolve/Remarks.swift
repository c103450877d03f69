/// Expectations in numbers.
enum Expectations {
    /// Resolves `users` and percentages of them. When `--connections` changed the number of users, what is expected of
    /// counts is scaled with it: the profile's own figures would only restate that the run was another size.
    /// The reference is a curve over time: at another rate, or with other users, it is another experiment's.
    static func resolve(
        _ profile: Profile, users: Int, base: Int, isOwnClock: Bool, notes: inout [String]
    ) -> [Plan.Expectation] {
        var scaled: [String] = []
        let expected = profile.expectations.filter { isOwnClock || !$0.figure.hasPrefix("fidelity.") }
        if expected.count < profile.expectations.count {
            notes.append("Nothing is expected of the reference: --rate or --connections make this another experiment.")
        }
        let resolved = expected.map { expectation in
            var value: Double
            switch expectation.value {
            case .ofUsers(let fraction):
                value = fraction == 1 ? Double(users) : (fraction * Double(users)).rounded(.down)
            case .number(let number):
                value = number
                guard users != base, number != 0, Figures.counts.contains(expectation.figure) else { break }
                value = (number * Double(users) / Double(base)).rounded(.down)
                scaled.append("\(expectation.figure) \(expectation.comparison) \(UnitText.number(value, places: 0))")
            }
            return Plan.Expectation(figure: expectation.figure, comparison: expectation.comparison, value: value)
        }
        if !scaled.isEmpty {
            notes.append("Expected counts are scaled with the number of users: \(scaled.joined(separator: ", ")).")
        }
        return resolved
    }
}

/// Source ports that never get an answer, where the plan can give them none.
enum Unanswered {
    /// How long an attempt goes unanswered is a matter of the load's clock, so without one there is nothing to model; and
    /// on loopback there is no address that keeps silent.
    static func settle(
        _ workers: inout [Plan.Worker], isUnpaced: Bool, _ network: Plan.NetworkModel, notes: inout [String],
        degraded: inout [String]
    ) {
        guard workers.contains(where: { $0.unansweredShare > 0 }) else { return }
        if isUnpaced {
            notes.append("At rate max every source port is answered: how long an attempt waits in vain is a matter of the clock.")
        } else if network == .loopback {
            degraded.append("Every source port is answered: on loopback no address keeps silent.")
        } else {
            return
        }
        for index in workers.indices { workers[index].unansweredShare = 0 }
    }
}

/// Remarks for the reader of a plan that changed no number.
enum Remarks {
    /// Below this many users socket buffers are not worth a remark.
    private static let manyUsers = 100_000

    static func all(
        _ profile: Profile, _ workforce: Workforce, workers: [Plan.Worker], arrivals: Arrivals, host: HostFacts
    ) -> [String] {
        ports(workforce, workers) + speedup(profile, arrivals)
            + buffers(arrivals, host)
    }

    /// CPUs are a quota around either side, where its droplets have fewer of them than the host.
    static func processors(_ plan: Plan) -> [String] {
        let host = plan.host
        var sentences: [String] = []
        let unenforced = host.capUnavailableBecause == nil ? nil : "that takes control groups"
        if let cpus = plan.target.droplet.cpus {
            if cpus > host.cpus {
                sentences.append("The target has the \(host.cpus) CPUs of this host, shared with the workers, where its droplet has \(cpus).")
            } else if cpus < host.cpus, let unenforced {
                sentences.append("The target's \(amount(cpus)) not enforced: \(unenforced).")
            }
        }
        guard plan.workers.contains(where: { $0.droplet.cpus != nil }) else { return sentences }
        if let cpus = plan.workersCPUs {
            if cpus >= host.cpus {
                sentences.append("The workers' \(cpus) CPUs are not limited: they share the \(host.cpus) of this host.")
            } else {
                sentences.append(
                    unenforced.map { "The workers' \(amount(cpus)) not enforced: \($0)." }
                        ?? "All workers together have a quota of \(cpus == 1 ? "1 CPU" : "\(cpus) CPUs"): one process carries them.")
            }
        } else {
            sentences.append("The workers' CPUs are not limited: not all of them have a number.")
        }
        return sentences
    }

    private static func amount(_ cpus: Int) -> String { cpus == 1 ? "1 CPU is" : "\(cpus) CPUs are" }

    /// A worker with more users than ports is legal: it may be the experiment.
    private static func ports(_ workforce: Workforce, _ workers: [Plan.Worker]) -> [String] {
        workforce.groups.compactMap { group in
            let most = workers.filter { $0.group == group.group }.map(\.users).max() ?? 0
            let ports = workforce.portCapacity(group)
            guard most > ports else { return nil }
            return "Workers of group \(group.group) start up to \(UnitText.count(most)) users but have "
                + "\(UnitText.count(ports)) source ports: \(UnitText.count(most - ports)) users of each will find "
                + "none (EADDRNOTAVAIL)."
        }
    }

    private static func speedup(_ profile: Profile, _ arrivals: Arrivals) -> [String] {
        guard arrivals.isUnpaced, case .times(let factor) = profile.speedup, factor != 1 else { return [] }
        return [
            "At rate max no clock paces arrivals, so the profile's speedup of "
                + "\(UnitText.decimal(factor, places: 2)) is not used."
        ]
    }

    /// Whether users leave before the run is over.
    static func session(_ plan: Plan) -> [String] {
        guard plan.restsFrom == nil, plan.session.last != .echo else { return [] }
        return [
            "Users come and go: a session thinks for \(UnitText.seconds(plan.session.meanSeconds)) of model time, and the load lasts "
                + "\(UnitText.seconds(plan.loadSeconds)). Then a user closes its connection, which is no error."
        ]
    }

    private static func buffers(_ arrivals: Arrivals, _ host: HostFacts) -> [String] {
        guard arrivals.users >= manyUsers else { return [] }
        return [
            "tcp_mem allows \(UnitText.bytes(host.tcpMemoryBytes)) of socket buffers. Idle connections hold none, so "
                + "the plan does not reckon with it."
        ]
    }
}
