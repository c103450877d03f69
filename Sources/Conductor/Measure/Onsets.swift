/// When each thing that can slow growth down began, told from the samples as they come.
///
/// A cause that began long before the curve bent did not bend it, and one that began after it neither. So the first
/// sample in which a cause shows is kept with its place on the curve, and `Ceiling` compares that with the knee.
struct Onsets {
    struct Mark: Equatable {
        var modelSeconds: Double
        var connected: Int
    }

    /// By the ceiling's cause.
    private(set) var marks: [String: Mark] = [:]
    private var last: Sample?

    /// Failures count from this share of the period's arrivals on: a handful is an accident.
    private static let leastShare = 0.01
    /// Of the swap, in use.
    private static let fullSwap = 0.95
    /// Of the host's CPUs, busy with anything.
    private static let busyShare = 0.95

    /// - Parameters:
    ///   - swapBytes: the swap's size; nil when it is not the droplet's own.
    ///   - cpus: how many CPUs the host has.
    mutating func note(_ sample: Sample, swapBytes: UInt64?, cpus: Int) {
        defer { last = sample }
        guard let last else { return }
        let arrivals = max(1, sample.tally.started - last.tally.started)
        for (cause, error) in [("ports", "eaddrnotavail"), ("timeouts", "etimedout"), ("descriptors", "descriptors")] {
            let failures = sample.tally.errors[error, default: 0] - last.tally.errors[error, default: 0]
            if Double(failures) > Self.leastShare * Double(arrivals) { mark(cause, sample) }
        }
        if let hits = sample.limitHits, hits > last.limitHits ?? 0 { mark("memory", sample) }
        if let swap = swapBytes, swap > 0, let used = sample.targetSwapBytes, Double(used) > Self.fullSwap * Double(swap) {
            mark("swap", sample)
        }
        if let idle = sample.cpuIdle, idle < (1 - Self.busyShare) * Double(cpus) { mark("cpu", sample) }
    }

    private mutating func mark(_ cause: String, _ sample: Sample) {
        guard marks[cause] == nil else { return }
        marks[cause] = Mark(modelSeconds: sample.modelSeconds, connected: sample.tally.connected)
    }

    /// The cause that began nearest to a knee, if any began near it.
    ///
    /// Near is within the knee's own interval, widened by a twentieth of its time: causes show in the sample after they
    /// began, and a knee of rounded shape lies where both lines meet, not where the rounding starts.
    func nearest(to knee: Knee) -> String? {
        let margin = knee.seconds / 20
        let reach = (knee.interval.lowerBound - margin)...(knee.interval.upperBound + margin)
        return marks.filter { reach.contains($0.value.modelSeconds) }
            .min { (abs($0.value.modelSeconds - knee.seconds), $0.key) < (abs($1.value.modelSeconds - knee.seconds), $1.key) }?.key
    }
}
