/// Makes plans of what was asked for. The profile and the host come from outside, so that tests have their own.
public struct PlanMaker {
    /// Reads the profile with these values laid over it.
    private let load: (_ overrides: [String]) throws -> Profile
    /// The host's facts; of these network models it is tried whether the kernel can make their links.
    private let facts: (_ networks: [Plan.NetworkModel]) throws -> HostFacts
    private let version: String

    public init(
        version: String, load: @escaping (_ overrides: [String]) throws -> Profile,
        facts: @escaping (_ networks: [Plan.NetworkModel]) throws -> HostFacts
    ) {
        self.version = version
        self.load = load
        self.facts = facts
    }

    public func plan(_ flags: Flags, overrides: [String]) throws -> Plan {
        let profile = try load(overrides)
        return try Planner.plan(profile: profile, flags: flags, host: facts([flags.network ?? profile.network]), version: version)
    }

    /// A plan for each value of a variation, all of them before any is run: what one value lacks must be known before another
    /// has run for an hour. All are made for the host at the same moment, so that they differ in the value alone.
    ///
    /// - Parameters:
    ///   - flag: the variation's key as a flag with this value; nil where it is no flag but a key of the profile.
    ///   - settle: waits until the host has come to rest. Before it all values have been planned once: what is wrong with one
    ///     is said at once.
    /// - Throws: `VariantRefusal` with the first value that cannot be run here.
    public func plans(
        _ variation: Variation, _ flags: Flags, overrides: [String], flag: (String) throws -> Flags?, settle: () -> Void = {}
    ) throws -> [Plan] {
        let wishes = try variation.values.map { value in
            try refusing(variation, value) {
                let laid = try flag(value)
                let own = laid == nil ? [variation.override(value)] : []
                return Wish(value: value, flags: flags.overlaid(by: laid ?? Flags()), profile: try load(overrides + own))
            }
        }
        let networks = wishes.map { $0.flags.network ?? $0.profile.network }
        func all() throws -> [Plan] {
            let host = try facts(networks)
            return try wishes.map { wish in
                try refusing(variation, wish.value) {
                    try Planner.plan(profile: wish.profile, flags: wish.flags, host: host, version: version)
                }
            }
        }
        do { _ = try all() } catch let refusal as VariantRefusal where (refusal.reason as? PlanError)?.kind == .hostCannot {}
        settle()
        let plans = try all()
        try checkThatTheyDiffer(plans, variation)
        return plans
    }

    private struct Wish {
        var value: String
        var flags: Flags
        var profile: Profile
    }

    private func refusing<Made>(_ variation: Variation, _ value: String, _ make: () throws -> Made) throws -> Made {
        do { return try make() } catch { throw VariantRefusal(variation, value, error) }
    }

    private func checkThatTheyDiffer(_ plans: [Plan], _ variation: Variation) throws {
        for first in plans.indices {
            for second in plans.indices where second > first && variation.values[first] != variation.values[second] && plans[first].isSameRun(as: plans[second]) {
                let given = plans[first].degraded.isEmpty ? "" : " Here: \(plans[first].degraded.joined(separator: " "))"
                throw VariantRefusal(
                    PlanError.invalid(
                        "--vary \(variation.key): \(variation.values[first]) and \(variation.values[second]) come to the same plan, so there is "
                            + "nothing to compare. To see how much equal runs differ, give one value twice.\(given)"))
            }
        }
    }
}

/// A value of a variation that cannot be run, and why.
public struct VariantRefusal: Error {
    /// What the flag and the value are called in front of the reason; nil where the reason says it.
    public let subject: String?
    public let reason: any Error
    /// How a profile's refusal of the value begins: it speaks of a --set that nobody gave.
    private let set: String

    init(_ variation: Variation, _ value: String, _ reason: any Error) {
        subject = "--vary \(variation.key)=\(value): "
        set = "--set \(variation.override(value)): "
        self.reason = reason
    }

    init(_ reason: PlanError) {
        subject = nil
        set = ""
        self.reason = reason
    }

    /// The reason's own sentence, in the words of the verb.
    public func blame(_ sentence: String) -> String {
        guard let subject else { return sentence }
        return subject + (sentence.hasPrefix(set) ? String(sentence.dropFirst(set.count)) : sentence)
    }
}
