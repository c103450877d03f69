import Profiles

/// Who used the CPUs that were there, and whether the load rather than the target was the limit.
extension Summary.Interference {
    /// CPU seconds that were used over a stretch of time.
    struct Used {
        /// Wall seconds.
        var seconds: Double
        var hostCPUs: Int
        /// Of the whole host; nil where the run is confined to some of its CPUs, of which idle time does not speak.
        var idle: Double?
        var target: Double?
        /// Not somebody else's, which is counted with the others.
        var isTargetOurs = true
        var workers: Double?
        var softirq: Double?
        /// How many CPUs each side may use.
        var targetCPUs: Int?
        var workersCPUs: Int?
    }

    /// From this share on CPUs count as used up: the scheduler never fills the last percents.
    private static let busyPercent = 95.0

    /// - Parameter isPaced: arrivals follow a clock. At rate max the load is as fast as both ends go: that it leaves no
    ///   CPU idle is meant, and says nothing.
    init(_ used: Used, isPaced: Bool) {
        self.init()
        guard used.seconds > 0 else { return }
        let all = used.seconds * Double(max(1, used.hostCPUs)) / 100
        hostBusyPct = used.idle.map { min(100, max(0, 100 - $0 / all)) }
        idlePct = hostBusyPct.map { 100 - $0 }
        targetPct = used.target.map { $0 / all }
        workersPct = used.workers.map { $0 / all }
        softirqPct = used.softirq.map { $0 / all }
        othersPct = used.isTargetOurs && used.target == nil ? nil : others
        judge(used, isPaced: isPaced)
    }

    /// What is busy and not ours. Where softirq is in the processes' time as well, it is not taken off twice: the sum is
    /// then too much by it, and by more than the readings, which are not of the same moment, account for.
    private var others: Double? {
        guard let busy = hostBusyPct, let workers = workersPct else { return nil }
        let processes = (targetPct ?? 0) + workers
        let softirq = softirqPct ?? 0
        let isCountedTwice = processes + softirq - busy > softirq / 2
        return max(0, busy - (isCountedTwice ? processes : processes + softirq))
    }

    private mutating func judge(_ used: Used, isPaced: Bool) {
        guard let target = targetPct, let workers = workersPct else { return }
        // Workers that have CPUs of their own are the limit when those are used up and the target's are not.
        func fills(_ percent: Double, _ cpus: Int?) -> Bool? {
            guard let cpus, cpus < used.hostCPUs else { return nil }
            return percent * Double(used.hostCPUs) / Double(max(1, cpus)) >= Self.busyPercent
        }
        if let full = fills(workers, used.workersCPUs) {
            let isTargetFull = fills(target, used.targetCPUs) ?? false
            generatorBound = full && !isTargetFull
            verdict = generatorBound == true ? Self.generator : isTargetFull ? Self.server : Self.free
            return
        }
        guard let busy = hostBusyPct else { return }
        if isPaced { generatorBound = busy >= Self.busyPercent && workers > target }
        guard busy >= Self.busyPercent else { return verdict = Self.free }
        verdict = !isPaced ? Self.both : workers > target ? Self.generator : Self.server
    }

    private static let generator = "generator-bound"
    private static let server = "target-bound"
    /// At rate max both sides share all there is.
    private static let both = "cpu-bound"
    private static let free = "not cpu-bound"

    /// The verdict where the workers were the limit, as a sentence for the ceiling.
    var sentence: String? {
        guard generatorBound == true, let target = targetPct, let workers = workersPct else { return nil }
        let busy = hostBusyPct.map { " (\(Self.whole($0)) % busy)" } ?? ""
        return "Generator-bound: the CPUs were used up\(busy), \(Self.whole(workers)) % by the workers and \(Self.whole(target)) % by the "
            + "target, so this is a limit of the load and not of the target."
    }

    private static func whole(_ percent: Double) -> Int { Int(min(max(percent, 0), 1_000_000).rounded()) }
}
