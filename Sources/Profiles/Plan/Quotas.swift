/// What the lab limits of either side beside the target's memory.
extension Plan {
    /// The memory of all workers' droplets together; nil when one of them has no limit, or the host has less anyway.
    public var workersMemoryBytes: UInt64? {
        var sum: UInt64 = 0
        for worker in workers {
            guard let bytes = worker.droplet.memoryBytes else { return nil }
            sum += bytes
        }
        return sum > 0 && sum < host.memoryTotalBytes ? sum : nil
    }

    /// The CPUs of all workers' droplets together; nil when one of them has no number.
    public var workersCPUs: Int? {
        let cpus = workers.compactMap(\.droplet.cpus)
        return cpus.count == workers.count && !cpus.isEmpty ? cpus.reduce(0, +) : nil
    }

    /// In CPUs; nil where the host has no more of them, or none of the target is ours.
    public var targetQuota: Int? { target.isForeign ? nil : quota(target.droplet.cpus) }
    /// For all workers together, which one process carries.
    public var workersQuota: Int? { quota(workersCPUs) }

    private func quota(_ cpus: Int?) -> Int? {
        guard let cpus, cpus < host.cpus, host.capUnavailableBecause == nil else { return nil }
        return cpus
    }
}
