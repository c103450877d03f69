/// The arrival phases in numbers: users resolved, scaled to `--connections`, paced by `--rate`.
struct Arrivals {
    private(set) var phases: [Plan.Phase]
    private(set) var notes: [String] = []

    var users: Int { phases.reduce(0) { $0 + $1.users } }
    /// Nothing here follows a clock.
    var isUnpaced: Bool { phases.allSatisfy { $0.ratePerSecond == nil } }

    /// The phases as the profile has them.
    ///
    /// - Parameters:
    ///   - capacity: users all workers start at most, nil when the planner chooses the number of workers.
    ///   - hostUsers: what `users: host` stands for.
    init(_ profile: Profile, capacity: Int?, hostUsers: () throws(PlanError) -> Int) throws(PlanError) {
        phases = []
        var left = capacity
        for (index, phase) in profile.load.phases.enumerated() {
            let place = "load.phases.\(index) of profile \(profile.name)"
            let users: Int
            if phase.users == .host {
                users = try hostUsers()
            } else {
                users = try Self.users(phase, left: left, place: place, notes: &notes)
            }
            left = left.map { $0 - users }
            guard left ?? 0 >= 0 else { throw Self.tooMany(profile, capacity: capacity ?? 0) }
            var rate: Double?
            if case .perSecond(let perSecond) = phase.rate { rate = perSecond }
            phases.append(
                Plan.Phase(durationSeconds: phase.durationSeconds ?? 0, ratePerSecond: rate, users: users))
        }
        guard users <= Limits.users else {
            throw .invalid(
                "The phases of profile \(profile.name) start \(UnitText.count(users)) users; at most "
                    + "\(UnitText.count(Limits.users)) are allowed.")
        }
    }

    private static func users(
        _ phase: Profile.Phase, left: Int?, place: String, notes: inout [String]
    ) throws(PlanError) -> Int {
        var wanted: Int?
        if case .count(let count)? = phase.users { wanted = count }
        guard case .perSecond(let rate) = phase.rate, let duration = phase.durationSeconds else {
            if let wanted { return wanted }
            if let left, left > 0 { return left }
            throw .invalid(
                "\(place) says neither how many users it starts nor leaves it to the workers: give it users, or give "
                    + "the workers a fixed count.")
        }
        let bound = Int(min(rate * duration, Double(Limits.users)))
        guard bound > 0 else {
            throw .invalid("\(place) starts nobody: \(UnitText.rate(rate)) for \(UnitText.seconds(duration)).")
        }
        if let wanted {
            if wanted > bound {
                notes.append(
                    "\(place) asks for \(UnitText.count(wanted)) users, but \(UnitText.rate(rate)) for "
                        + "\(UnitText.seconds(duration)) starts \(UnitText.count(bound)).")
            }
            return min(wanted, bound)
        }
        guard let left, left < bound else { return bound }
        notes.append(
            "\(place): \(UnitText.rate(rate)) for \(UnitText.seconds(duration)) would start \(UnitText.count(bound)) "
                + "users; the workers start \(UnitText.count(left)).")
        guard left > 0 else { throw .invalid("\(place) starts nobody: earlier phases use up the workers' users.") }
        return left
    }

    private static func tooMany(_ profile: Profile, capacity: Int) -> PlanError {
        let workers = profile.workers.compactMap { group -> String? in
            guard case .fixed(let count) = group.count else { return nil }
            return "\(count) x \(UnitText.count(group.users))"
        }
        return .invalid(
            "The phases of profile \(profile.name) start more users than its workers do, which is "
                + "\(workers.joined(separator: " + ")) = \(UnitText.count(capacity)). Raise workers.count or "
                + "workers.users, lower load.phases.users, or use --connections, which adds workers.")
    }

    // MARK: Flags

    /// As many users as `--connections` says, spread over the phases as before, at the same rates.
    mutating func scale(to connections: Int) {
        let base = users
        guard base != connections else { return }
        let factor = Double(connections) / Double(base)
        notes.append(
            "--connections \(connections): phases, their durations and the number of workers are scaled from "
                + "\(UnitText.count(base)) users by \(UnitText.decimal(factor, places: 4)).")
        let shares = Self.proportional(phases.map(\.users), total: connections)
        for index in phases.indices {
            phases[index].users = shares[index]
            guard phases[index].ratePerSecond != nil else { continue }
            phases[index].durationSeconds = max(phases[index].durationSeconds * factor, phases[index].secondsNeeded)
        }
        phases.removeAll { $0.users == 0 }
    }

    /// Fewer users in the same time: rates shrink with them, so that the curve keeps its shape.
    mutating func shrink(by factor: Double) {
        let shares = Self.proportional(phases.map(\.users), total: Int(Double(users) * factor))
        for index in phases.indices {
            phases[index].users = shares[index]
            phases[index].ratePerSecond = phases[index].ratePerSecond.map { $0 * factor }
        }
        phases.removeAll { $0.users == 0 }
    }

    /// Replaces every phase's rate. The number of users stays, so phases last as long as it then takes.
    mutating func pace(_ rate: Rate) {
        for index in phases.indices {
            switch rate {
            case .max:
                if phases[index].ratePerSecond != nil { phases[index].durationSeconds = 0 }
                phases[index].ratePerSecond = nil
            case .perSecond(let perSecond):
                phases[index].ratePerSecond = perSecond
                phases[index].durationSeconds = max(phases[index].durationSeconds, phases[index].secondsNeeded)
            }
        }
    }

    /// Whole numbers in the proportion of `parts` that add up to `total`: rounded down, the rest to the largest
    /// remainders.
    private static func proportional(_ parts: [Int], total: Int) -> [Int] {
        let sum = parts.reduce(0, +)
        var shares = parts.map { $0 * total / sum }
        let byRemainder = parts.indices.sorted {
            let (left, right) = (parts[$0] * total % sum, parts[$1] * total % sum)
            return left == right ? $0 < $1 : left > right
        }
        for index in byRemainder.prefix(total - shares.reduce(0, +)) { shares[index] += 1 }
        return shares
    }
}

extension Plan.Phase {
    /// Six standard deviations of a Poisson process: chance does not cut off the last arrivals.
    private static let deviations = 6.0

    /// Seconds within which all users arrive at this rate, whatever the seed.
    fileprivate var secondsNeeded: Double {
        guard let ratePerSecond else { return 0 }
        let users = Double(users)
        return ((users + Self.deviations * users.squareRoot() + 1) / ratePerSecond).rounded(.up)
    }
}
