/// Where a plan expects the curve to bend and to end, from the profile's figures alone. No run and no reference goes into it.
enum Predictions {
    static func all(_ plan: Plan) -> [Plan.Prediction] {
        var predictions = ports(plan)
        if let cap = plan.cap, cap.exactBytes == nil {
            predictions.append(
                Plan.Prediction(
                    cause: "memory", connected: cap.kneeConnections,
                    sentence: "The droplet's memory is full; more goes \(cap.swapBytes == 0 ? "nowhere: it has no swap" : "to swap")."))
            if let ceiling = cap.ceilingConnections, ceiling > cap.kneeConnections {
                predictions.append(
                    Plan.Prediction(cause: "swap", connected: ceiling, sentence: "Its swap is full too, or nothing is left that can go there."))
            }
        }
        predictions.sort { ($0.connected, $0.cause) < ($1.connected, $1.cause) }
        let carried = plan.workers.reduce(0) { $0 + min($1.users, portCapacity($1, plan)) }
        let end = min(carried, plan.cap?.ceilingConnections ?? carried)
        predictions.append(
            Plan.Prediction(
                cause: "end", connected: end,
                sentence: end < carried ? "The droplet holds no more." : "All users have arrived."))
        return predictions.filter { $0.cause == "end" || $0.connected < plan.users }
    }

    /// All workers start users at the same rate, so when the smallest range is used up, each has as many connections.
    private static func ports(_ plan: Plan) -> [Plan.Prediction] {
        var seen: Set<String> = []
        return plan.workers.compactMap { worker in
            let capacity = portCapacity(worker, plan)
            guard capacity < worker.users, seen.insert(worker.group).inserted else { return nil }
            let unanswered = worker.unansweredShare > 0 ? ", for \(UnitText.decimal(worker.unansweredShare * 100, places: 1)) % of them get no answer" : ""
            return Plan.Prediction(
                cause: "ports", connected: plan.workers.reduce(0) { $0 + min($1.users, capacity) },
                sentence: "Workers of group \(worker.group) have used up their source ports: \(UnitText.count(capacity)) of "
                    + "\(UnitText.count(Int(worker.lastPort) - Int(worker.firstPort) + 1)) can connect\(unanswered).")
        }
    }

    private static func portCapacity(_ worker: Plan.Worker, _ plan: Plan) -> Int {
        let ports = (Int(worker.lastPort) - Int(worker.firstPort) + 1) * plan.target.portCount
        return Int((Double(ports) * (1 - worker.unansweredShare)).rounded())
    }
}
