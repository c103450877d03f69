/// What the command line adds to a profile. nil is "not given".
public struct Flags: Equatable, Sendable {
    public var engine: Plan.EngineKind?
    public var fit: Profile.FitChoice?
    /// Users to start instead of the profile's number; phases and workers are scaled to it.
    public var connections: Int?
    /// Replaces the rate of every phase.
    public var rate: Rate?
    public var speedup: Profile.Speedup?
    public var seed: UInt64?
    public var holdSeconds: Double?
    public var network: Plan.NetworkModel?
    /// Somebody else's server instead of a target of our own.
    public var foreign: ForeignTarget?
    /// A command that the lab runs as the target.
    public var targetCommand: String?

    /// Used when `--seed` is not given: runs are repeatable unless asked to differ.
    public static let defaultSeed: UInt64 = 1

    public init(
        engine: Plan.EngineKind? = nil, fit: Profile.FitChoice? = nil, connections: Int? = nil, rate: Rate? = nil,
        speedup: Profile.Speedup? = nil, seed: UInt64? = nil, holdSeconds: Double? = nil,
        network: Plan.NetworkModel? = nil, foreign: ForeignTarget? = nil, targetCommand: String? = nil
    ) {
        self.engine = engine
        self.fit = fit
        self.connections = connections
        self.rate = rate
        self.speedup = speedup
        self.seed = seed
        self.holdSeconds = holdSeconds
        self.network = network
        self.foreign = foreign
        self.targetCommand = targetCommand
    }

    /// Refuses values out of range and flags that contradict each other.
    func check() throws(PlanError) {
        if let connections, !(1...Limits.users).contains(connections) {
            throw .invalid(
                "--connections \(connections) is out of range; allowed is 1 to \(UnitText.count(Limits.users)).")
        }
        if let holdSeconds, !(0...Limits.durationSeconds).contains(holdSeconds) {
            throw .invalid(
                "--hold \(UnitText.decimal(holdSeconds, places: 3)) s is out of range; allowed is 0 s to 30 days.")
        }
        if case .perSecond(let rate)? = rate, !(rate > 0 && rate <= Limits.ratePerSecond) {
            throw .invalid(
                "--rate \(UnitText.rate(rate)) is out of range; allowed is above 0/s to 10,000,000/s, or max.")
        }
        guard case .times(let factor)? = speedup else { return }
        guard Limits.speedup.contains(factor) else {
            throw .invalid("--speedup \(factor) is out of range; allowed is 0.01 to 10,000, or auto.")
        }
        if rate == .max {
            throw .invalid(
                "--rate max and --speedup \(UnitText.decimal(factor, places: 2)) conflict: at max, users start as "
                    + "fast as both ends go and there is no clock to speed up. Leave one of them out.")
        }
    }
}
