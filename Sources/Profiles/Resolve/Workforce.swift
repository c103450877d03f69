/// The workers: how many of each group, how many users each starts, and where they live.
struct Workforce {
    let groups: [Profile.WorkerGroup]
    let targetPortCount: Int

    var hasAuto: Bool { groups.contains { $0.count == .auto } }

    /// Users all workers start at most; nil when a group's count is auto.
    var capacity: Int? {
        hasAuto ? nil : fixedCapacity
    }

    private var fixedCapacity: Int { zip(groups, fixedCounts).reduce(0) { $0 + $1.0.users * $1.1 } }

    private var fixedCounts: [Int] {
        groups.map { if case .fixed(let count) = $0.count { count } else { 0 } }
    }

    var mostUsersPerWorker: Int { groups.map(limit).max() ?? 1 }

    /// Connections a worker's ports carry: each source port serves each target port once.
    func portCapacity(_ group: Profile.WorkerGroup) -> Int {
        (Int(group.ports.upperBound) - Int(group.ports.lowerBound) + 1) * targetPortCount
    }

    /// Source ports used per user where they are used most sparingly: below 1 only when ports are shared.
    var portsPerUser: Double {
        guard targetPortCount > 1 else { return 1 }
        return groups.map { min(1, Double(portCapacity($0) / targetPortCount) / Double(limit($0))) }.max() ?? 1
    }

    /// A group of fixed size may ask for more users than it has ports: that is an experiment, and the kernel's to
    /// refuse. A group that the planner sizes is given no more than its ports carry.
    private func limit(_ group: Profile.WorkerGroup) -> Int {
        group.count == .auto ? min(group.users, portCapacity(group)) : group.users
    }

    /// Workers per group for so many users.
    ///
    /// - Parameter base: the profile's own number of users when `--connections` asks for another: groups without
    ///   `auto` then grow or shrink in proportion, so that users per worker and the mixture of groups stay.
    func counts(users: Int, scaledFrom base: Int?) -> [Int] {
        if let auto = groups.firstIndex(where: { $0.count == .auto }) {
            var counts = fixedCounts
            let rest = max(0, users - fixedCapacity)
            counts[auto] = max(rest.dividedRoundingUp(by: limit(groups[auto])), groups.count == 1 ? 1 : 0)
            return counts
        }
        guard let base, base != users else { return fixedCounts }
        return fixedCounts.map { ($0 * users).dividedRoundingUp(by: base) }
    }

    /// How far a group's part of the workers may be off, and still be the profile's.
    private static let mixtureTolerance = 0.02

    /// Whether so many workers for so many users are the profile's mixture of groups, in the profile's proportion to users.
    func keepsMixture(_ counts: [Int], users: Int, base: Int) -> Bool {
        zip(self.counts(users: base, scaledFrom: nil), counts).allSatisfy { all, part in
            abs(Double(part) - Double(all) * Double(users) / Double(base)) <= Self.mixtureTolerance * Double(part)
        }
    }

    /// The workers, with users spread as evenly as their limits allow. Workers that would start nobody are left out.
    func workers(users: Int, counts: [Int], network: Plan.NetworkModel) -> [Plan.Worker] {
        let members = zip(groups, counts).flatMap { group, count in Array(repeating: group, count: count) }
        let shares = Self.shares(of: users, limits: members.map(limit))
        let busy = zip(members, shares).filter { $0.1 > 0 }
        return busy.enumerated().map { index, member in
            let (group, share) = member
            return Plan.Worker(
                index: index, group: group.group, address: Address.worker(index, network: network), users: share,
                firstPort: group.ports.lowerBound, lastPort: group.ports.upperBound, portOrder: group.portOrder,
                droplet: group.droplet, unansweredShare: group.unansweredShare)
        }
    }

    /// Fills all to one level, like water; what remains goes to the first that have room for one more.
    static func shares(of users: Int, limits: [Int]) -> [Int] {
        var level = 0
        var tooHigh = (limits.max() ?? 0) + 1
        while tooHigh - level > 1 {
            let middle = level + (tooHigh - level) / 2
            if limits.reduce(0, { $0 + min($1, middle) }) <= users { level = middle } else { tooHigh = middle }
        }
        var rest = users - limits.reduce(0) { $0 + min($1, level) }
        return limits.map { limit in
            guard limit > level, rest > 0 else { return min(limit, level) }
            rest -= 1
            return level + 1
        }
    }
}

/// Where the machines of the lab live.
///
/// Routed: 198.18.0.0/15 is set aside for benchmarks (RFC 2544). The target is 198.18.0.1; worker i owns the /30 at
/// 198.19.0.0 + 4 (i + 1), its gateway being the first address and the worker the second. Bridge and overlay: the same
/// addresses, in one subnet without gateways.
enum Address {
    /// The kernel chooses.
    static let kernelsChoice = "0.0.0.0"

    static func target(_ network: Plan.NetworkModel) -> String {
        network == .loopback ? "127.0.0.1" : "198.18.0.1"
    }

    /// An address of the target's network that nobody has. The target's machine forwards nothing, so a SYN to it
    /// arrives there and is dropped without a word. On loopback every address answers.
    static func unanswered(_ network: Plan.NetworkModel) -> String? {
        network == .loopback ? nil : "198.18.0.2"
    }

    static func worker(_ index: Int, network: Plan.NetworkModel) -> String {
        if network == .loopback { return "127.1.\(index / 250).\(index % 250 + 1)" }
        let offset = 4 * (index + 1) + 2
        return "198.19.\(offset / 256).\(offset % 256)"
    }
}
