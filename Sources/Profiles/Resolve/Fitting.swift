/// How a profile larger than the host is made to fit.
///
/// - `full`: everything as the profile has it.
/// - `connections`: every connection stays real; the footprint shrinks to what memory is left beside them.
/// - `footprint`: bytes per connection stay real; fewer connect, and the droplet shrinks with them.
///
/// `auto` takes the first of the three that the host can hold. A profile that models no memory has nothing to shrink.
struct Fitting: Equatable {
    let fit: Plan.Fit
    /// The part of the users that really connect.
    let connectionScale: Double
    /// The part of the footprint that is really allocated.
    let footprintScale: Double

    /// A footprint that shrinks to less than this per connection says little about a heap any more.
    static let leastFootprintBytes = 64.0
    /// The share of the memory left beside the connections that a shrunken footprint takes: what is measured during a run
    /// differs from the plan by some percent, and page tables and the swap's cache need room as well.
    static let footprintShare = 0.75
    static let untouched = Fitting(fit: .full, connectionScale: 1, footprintScale: 1)

    /// What the sizes in question are, before anything is shrunk.
    struct Demand {
        var users: Int
        /// Modelled server memory per connection, bytes.
        var footprintBytes: UInt64
        /// Connections with which the modelled machine's memory is full; what comes after them is in swap, or nowhere.
        var kneeConnections: Int?
        /// Memory of the host that so many users take, footprint apart.
        var connectionBytes: (Int) -> UInt64
        var budget: UInt64

        /// Footprints that are in memory at the same time.
        func residentFootprints(_ users: Int) -> Int { min(users, kneeConnections ?? users) }

        func bytes(_ users: Int, scale: Double = 1) -> UInt64 {
            // The knee shrinks with the users.
            let resident = Double(residentFootprints(self.users)) * scale * Double(footprintBytes)
            return connectionBytes(users) + UInt64(resident)
        }
    }

    init(fit: Plan.Fit, connectionScale: Double, footprintScale: Double) {
        self.fit = fit
        self.connectionScale = connectionScale
        self.footprintScale = footprintScale
    }

    init(_ wish: Profile.FitChoice, _ demand: Demand) throws(PlanError) {
        let choices: [Plan.Fit]
        switch wish {
        case .auto: choices = [.full, .connections, .footprint]
        case .fixed(let fit): choices = [fit]
        }
        for fit in choices {
            if let fitting = Self.fitting(fit, demand) {
                self = fitting
                return
            }
        }
        throw Self.refusal(choices[choices.count - 1], demand)
    }

    private static func fitting(_ fit: Plan.Fit, _ demand: Demand) -> Fitting? {
        switch fit {
        case .full:
            return demand.bytes(demand.users) <= demand.budget ? .untouched : nil
        case .connections:
            guard let bytes = footprintThatFits(demand) else { return nil }
            let scale = demand.footprintBytes > 0 ? min(1, bytes / Double(demand.footprintBytes)) : 1
            return Fitting(fit: fit, connectionScale: 1, footprintScale: scale)
        case .footprint:
            guard let scale = connectionsThatFit(demand) else { return nil }
            return Fitting(fit: fit, connectionScale: scale, footprintScale: 1)
        }
    }

    /// Footprint bytes per connection beside all connections; nil when there is no room for a footprint worth its name.
    private static func footprintThatFits(_ demand: Demand) -> Double? {
        let connections = demand.connectionBytes(demand.users)
        guard connections <= demand.budget else { return nil }
        let room = Double(demand.budget - connections) * footprintShare
        let bytes = room / Double(max(1, demand.residentFootprints(demand.users)))
        return bytes >= min(leastFootprintBytes, Double(demand.footprintBytes)) ? bytes : nil
    }

    /// The largest part of the users, in thousandths, that fits with all that belongs to them.
    private static func connectionsThatFit(_ demand: Demand) -> Double? {
        func fits(_ thousandths: Int) -> Bool {
            let scale = Double(thousandths) / 1_000
            return demand.bytes(Int(Double(demand.users) * scale), scale: scale) <= demand.budget
        }
        guard let most = (1...1_000).last(where: fits), Int(Double(demand.users) * Double(most) / 1_000) > 0 else { return nil }
        return Double(most) / 1_000
    }

    private static func refusal(_ fit: Plan.Fit, _ demand: Demand) -> PlanError {
        let users = UnitText.count(demand.users)
        let offer = "this host offers \(UnitText.bytes(demand.budget))"
        let connections = UnitText.bytes(demand.connectionBytes(demand.users))
        switch fit {
        case .full:
            let resident = demand.residentFootprints(demand.users)
            let footprint = UInt64(resident) * demand.footprintBytes
            return .hostCannot(
                "Fit full: \(users) connections need \(connections) of memory and their footprint "
                    + "\(UnitText.bytes(footprint)) (\(UnitText.count(resident)) x \(UnitText.count(Int(demand.footprintBytes))) "
                    + "bytes at most in memory), but \(offer). Use --fit connections or --fit footprint, or a larger host.")
        case .connections:
            return .hostCannot(
                "Fit connections: \(users) connections need \(connections) of memory, and \(offer), of which at least "
                    + "\(UnitText.count(Int(leastFootprintBytes))) bytes a connection are for the footprint. "
                    + "Use --fit footprint, fewer --connections, or a larger host.")
        case .footprint:
            return .hostCannot(
                "Fit footprint: not even a thousandth of the \(users) connections fits with \(UnitText.count(Int(demand.footprintBytes))) "
                    + "bytes of footprint each, for \(offer). Stop what uses the memory, or use a larger host.")
        }
    }
}
