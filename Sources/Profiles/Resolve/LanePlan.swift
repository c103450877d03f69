/// Splits workers into lanes.
enum LanePlan {
    /// Every worker's users in equal lanes, as few as their capacity allows, grouped by worker.
    ///
    /// Grouped, because a paced worker fills its lanes in turn while all workers ramp at once; when arrivals are not
    /// paced, lanes run one after another whatever their order.
    static func lanes(_ workers: [Plan.Worker], capacity: Int) -> [Plan.WorkerLane] {
        workers.flatMap { worker in
            let count = worker.users.dividedRoundingUp(by: capacity)
            let share = worker.users / count
            let longer = worker.users % count
            return (0..<count).map { lane in
                Plan.WorkerLane(
                    worker: worker.index, firstUser: lane * share + min(lane, longer),
                    users: share + (lane < longer ? 1 : 0))
            }
        }
    }
}
