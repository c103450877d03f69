/// The part of a plan's text that is about memory: the ledger, the droplet, what is predicted, and what it would take
/// elsewhere.
enum PlanMemory {
    static func sections(_ plan: Plan) -> [[String]] {
        [ledger(plan), footprint(plan), droplet(plan), predictions(plan), elsewhere(plan)]
    }

    // MARK: The ledger

    private static func ledger(_ plan: Plan) -> [String] {
        var rows = [["bytes per connection", "held by", "bytes"]]
        for line in plan.ledger {
            let parts = line.name.split(separator: ".", maxSplits: 1).map(String.init)
            let holder = parts.count > 1 ? parts[0] : ""
            rows.append([parts.last ?? line.name, holder, UnitText.number(line.bytes, places: 1)])
        }
        rows.append(["sum", "pair", UnitText.number(bytesPerPair(plan), places: 1)])
        return ["Memory"] + PlanText.table(rows) + [""] + totals(plan)
    }

    private static func totals(_ plan: Plan) -> [String] {
        let users = UnitText.count(plan.users)
        let pair = bytesPerPair(plan)
        let lanes = plan.workerLanes.count + plan.target.lanes
        let workers = plan.workers.count
        let fixed = Capacity.fixedBytes(lanes: lanes, workers: workers)
        let connections = UInt64((pair * Double(plan.users)).rounded(.up))
        let resident = residentFootprint(plan)
        let available = UnitText.bytes(plan.host.memoryAvailableBytes)
        let reserve = UnitText.bytes(Capacity.reserve(of: plan.host))
        let budget = UnitText.bytes(Capacity.budget(of: plan.host))
        let sum = "\(users) x \(UnitText.number(pair, places: 1)) B = \(UnitText.bytes(connections))"
        let machinery = "\(UnitText.count(lanes)) lanes and \(UnitText.count(workers)) workers"
        var lines = PlanText.field("connections", sum)
        if resident > 0 { lines += PlanText.field("footprint", "\(UnitText.bytes(resident)) in memory at most") }
        lines += PlanText.field("fixed", "\(UnitText.bytes(fixed)) for \(machinery)")
        lines += PlanText.field("needed", UnitText.bytes(connections + resident + fixed))
        return lines + PlanText.field("offered", "\(budget): \(available) available, \(reserve) kept free")
    }

    private static func bytesPerPair(_ plan: Plan) -> Double {
        plan.ledger.reduce(0) { $0 + $1.bytes }
    }

    /// Footprints in memory at the same time: what comes after the knee is in swap, or does not come.
    private static func residentFootprint(_ plan: Plan) -> UInt64 {
        UInt64(min(plan.users, plan.cap?.kneeConnections ?? plan.users)) * plan.footprintBytes
    }

    // MARK: The droplet

    private static func footprint(_ plan: Plan) -> [String] {
        guard !plan.footprint.isEmpty else { return [] }
        var rows = [["footprint per connection", "bytes", "here", "on message", "figure is"]]
        for part in plan.footprint {
            rows.append([
                part.name, UnitText.count(Int(part.modelBytes)), UnitText.count(Int(part.bytes)),
                part.onMessage.rawValue, part.basis.rawValue,
            ])
        }
        let (model, here) = (UnitText.count(Int(plan.modelFootprintBytes)), UnitText.count(Int(plan.footprintBytes)))
        rows.append(["sum", model, here, "", ""])
        return ["Footprint (really allocated)"] + PlanText.table(rows)
    }

    private static func droplet(_ plan: Plan) -> [String] {
        guard let cap = plan.cap else { return [] }
        let model = plan.target.droplet
        if let exact = cap.exactBytes {
            let base = UnitText.bytes(model.baseBytes ?? 0)
            return ["Droplet (enforced)"]
                + PlanText.field("memory", "\(UnitText.bytes(exact)): what the machine has, less \(base) of its system's; what the command takes of it is to be seen")
                + PlanText.field("swap", swap(cap))
        }
        var lines = PlanText.field("modelled", modelled(plan, model))
        if plan.fit == .connections {
            lines += PlanText.field(
                "scaled", "footprint to \(percent(plan.footprintScale)); cap and swap so that they are full at the same connections")
        } else if plan.fit == .footprint {
            lines += PlanText.field("scaled", "users, workers, cap and swap to \(percent(plan.connectionScale))")
        }
        lines += PlanText.field(
            "memory", "\(UnitText.bytes(cap.memoryBytes)): \(UnitText.count(cap.kneeConnections)) x "
                + "\(UnitText.count(Int(cap.chargedBytes))) B charged, and \(UnitText.bytes(cap.baseBytes)) for an empty target")
        return ["Droplet (enforced)"] + lines + PlanText.field("swap", swap(cap))
    }

    private static func modelled(_ plan: Plan, _ droplet: Plan.Droplet) -> String {
        let memory = UnitText.bytes(droplet.memoryBytes ?? 0)
        let base = UnitText.bytes(droplet.baseBytes ?? 0)
        let kernel = Int(Costs.chargedKernelBytes)
        return "\(memory), \(base) of it gone before the first connection; each takes "
            + "\(UnitText.count(Int(plan.modelFootprintBytes))) B of footprint and \(UnitText.count(kernel)) B of kernel"
    }

    private static func swap(_ cap: Plan.Cap) -> String {
        guard let bytes = cap.swapBytes else { return "the host's own" }
        guard bytes > 0 else { return "none" }
        let speed = cap.swapBytesPerSecond.map { ", \(UnitText.bytes(UInt64($0)))/s" } ?? ", as fast as the disk"
        return "\(UnitText.bytes(bytes))\(speed)"
    }

    private static func percent(_ share: Double) -> String { "\(UnitText.decimal(share * 100, places: 1)) %" }

    // MARK: What comes of it

    private static func predictions(_ plan: Plan) -> [String] {
        guard plan.cap != nil || plan.predictions.count > 1 else { return [] }
        return ["Predicted"] + plan.predictions.flatMap {
            PlanText.field(UnitText.count($0.connected), "\($0.cause): \($0.sentence)")
        }
    }

    /// Numbers of connections people ask about.
    private static let dreams = [10_000_000, 100_000_000]

    private static func elsewhere(_ plan: Plan) -> [String] {
        guard plan.cloud != nil || plan.cap != nil else { return [] }
        var lines: [String] = []
        if let cloud = plan.cloud { lines += PlanText.field("rented", rented(cloud)) }
        for dream in dreams {
            lines += PlanText.field(
                UnitText.count(dream), "\(hosts(dream, bytesPerPair(plan), plan)) of this kind for bare connections, "
                    + "\(hosts(dream, bytesPerPair(plan) + Double(plan.modelFootprintBytes), plan)) with the whole footprint")
        }
        return ["Elsewhere"] + lines
    }

    private static func rented(_ cloud: Plan.Cloud) -> String {
        let machines = cloud.machines.map { "\($0.count) x \(UnitText.bytes($0.memoryBytes)) \($0.name)" }.joined(separator: ", ")
        // Added up as doubles: the sum of what may be asked for is beyond 64 bits.
        let memory = UInt64(min(cloud.machines.reduce(0.0) { $0 + Double($1.count) * Double($1.memoryBytes) }, 1e18))
        return "\(machines): \(UnitText.bytes(memory)), \(UnitText.dollars(cloud.dollarsPerHour)) an hour, "
            + "\(UnitText.dollars(cloud.dollars)) for \(UnitText.decimal(cloud.hours, places: 1)) h"
    }

    private static func hosts(_ connections: Int, _ bytes: Double, _ plan: Plan) -> String {
        let each = Double(max(1, Capacity.budget(of: plan.host)))
        let count = Int((Double(connections) * bytes / each).rounded(.up))
        return count == 1 ? "1 host" : "\(UnitText.count(count)) hosts"
    }
}
