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
        /// How many CPUs each side may use, by where it may run or by its quota.
        var targetCPUs: Int?
        var workersCPUs: Int?
    }

    /// From this share on CPUs count as used up: the scheduler never fills the last percents.
    private static let busyPercent = 95.0

    /// - Parameter isPaced: arrivals follow a clock. At rate max the load is as fast as both ends go: that it leaves no
    ///   CPU idle is meant, and says nothing.
    init(_ used: Used, isPaced: Bool) {
        self.init()
        method = Self.method(used, isPaced: isPaced)
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
        return max(0, busy - (isSoftirqCountedTwice ? processes : processes + (softirqPct ?? 0)))
    }

    /// Whether the kernel has softirq in the processes' time as well.
    private var isSoftirqCountedTwice: Bool {
        guard let busy = hostBusyPct, let softirq = softirqPct else { return false }
        return (targetPct ?? 0) + (workersPct ?? 0) + softirq - busy > softirq / 2
    }

    private mutating func judge(_ used: Used, isPaced: Bool) {
        guard let target = targetPct, let workers = workersPct else { return }
        // A side that has CPUs of its own, or a quota, is the limit when it has used them up.
        func fills(_ percent: Double, _ cpus: Int?) -> Bool? {
            guard let cpus, cpus < used.hostCPUs else { return nil }
            return percent * Double(used.hostCPUs) / Double(max(1, cpus)) >= Self.busyPercent
        }
        let isTargetFull = fills(target, used.targetCPUs)
        if let isFull = fills(workers, used.workersCPUs) {
            generatorBound = isFull && isTargetFull != true
            return verdict = isTargetFull == true ? Self.server : isFull ? Self.generator : Self.free
        }
        if isTargetFull == true {
            generatorBound = false
            return verdict = Self.server
        }
        guard let busy = hostBusyPct else { return }
        if isPaced { generatorBound = busy >= Self.busyPercent && workers > target }
        guard busy >= Self.busyPercent else { return verdict = Self.free }
        verdict = !isPaced ? Self.both : workers > target ? Self.generator : Self.server
    }

    /// Of a run whose ramp did not come to its end.
    static var unmeasured: Self {
        var gauge = Self()
        gauge.method = "Nothing was measured: there was no ramp, or it did not come to its end."
        return gauge
    }

    private static func method(_ used: Used, isPaced: Bool) -> String {
        func own(_ side: String, _ cpus: Int?) -> String {
            cpus.flatMap { $0 < used.hostCPUs ? " The \(side) may use \($0) of the host's \(used.hostCPUs) CPUs." : nil } ?? ""
        }
        return "CPU time over the ramp, in percent of all the host's: idle time and softirq from /proc/stat, the sides' from their processes; "
            + "others is what is busy and neither. CPUs count as used up from \(Int(busyPercent)) % on: a side's own, where it has its own or a "
            + "quota, else the host's." + own("target", used.targetCPUs) + own("workers", used.workersCPUs)
            + " Generator-bound: the workers had used theirs up and the target had not, or both share them and the workers took more."
            + (isPaced ? "" : " At rate max the load is meant to take all that both share: that is called cpu-bound.")
            + " Work in softirq is under no quota."
    }

    private static let generator = "generator-bound"
    private static let server = "target-bound"
    /// At rate max both sides share all there is.
    private static let both = "cpu-bound"
    private static let free = "not cpu-bound"

    /// The verdict where the workers were the limit, as a sentence.
    public var sentence: String? {
        guard generatorBound == true, let target = targetPct, let workers = workersPct else { return nil }
        let busy = hostBusyPct.map { ", and \(Self.whole($0)) % were busy in all" } ?? ""
        return "Generator-bound: the CPUs that the workers may use were used up. Of the host's they took \(Self.whole(workers)) % and the target "
            + "\(Self.whole(target)) %\(busy): this is a limit of the load and not of the target."
    }

    /// What the verdict means; nil without one.
    public var explanation: String? {
        switch verdict {
        case Self.generator:
            "The CPUs that the workers may use were used up, more of them by the workers than by the target: the load, not the target, may have been the limit."
        case Self.server:
            "The CPUs that the target may use were used up, no less of them by the target than by the workers: the target, not the load, may have been the limit."
        case Self.both: "The CPUs were used up. At rate max that is meant: both sides take what there is."
        case Self.free where (hostBusyPct ?? 0) >= Self.busyPercent: "Neither side used up the CPUs that it may use, though the host's were used up."
        case Self.free: "There was CPU left: it was not what limited the run."
        default: nil
        }
    }

    /// The parts of the host's CPU time, percent, as far as they were measured. With idle time among them they make up 100
    /// together, and a little more where readings of different moments overlap.
    ///
    /// Softirq is a part of its own only where the kernel does not have it in the time of the processes as well.
    public var parts: [(name: String, percent: Double)] {
        let parts: [(String, Double?)] = [
            ("target", targetPct), ("workers", workersPct), ("softirq", isSoftirqCountedTwice ? nil : softirqPct), ("others", othersPct), ("idle", idlePct),
        ]
        return parts.compactMap { name, percent in percent.map { (name, $0) } }
    }

    private static func whole(_ percent: Double) -> Int { Int(min(max(percent, 0), 1_000_000).rounded()) }
}
