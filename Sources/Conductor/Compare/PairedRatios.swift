import Engine
import Glibc

/// Ratios of a figure in neighbouring runs, and how sure their median is.
///
/// The textbook's percentile bootstrap of the median is too narrow for so few pairs: in simulations of 5 to 20 pairs, 6
/// to 8 of 100 of its 95 % intervals miss (with 5 pairs it is the smallest and the largest ratio, which miss in 6.25 of
/// 100 whatever the distribution). So the interval that decides is another:
/// - with up to 12 pairs, Student's t on the logarithms of the ratios: exact where these are normal, and in simulations
///   within its error rate for distributions with heavy tails and for skewed ones;
/// - with more, order statistics (the sign test's interval): within its error rate for every distribution, where t is not
///   for skewed ones.
/// The bootstrap's is reported beside it.
///
/// Percentiles are told by histogram bucket. Where all runs fall into the same two buckets their ratios are equal, and look
/// as if nothing varied: so t takes the ratios to vary at least as much as rounding alone would make them.
struct PairedRatios {
    typealias Interval = (low: Double, high: Double)

    /// Natural logarithms, ascending.
    let logarithms: [Double]
    /// How wide a bucket is, as a part of the figure; 0 for figures that are not rounded.
    let resolution: Double

    static let mostPairsForT = 12
    static let level = 0.95

    /// Ratios that are not above 0 or not finite are no ratios, and left out.
    init(_ ratios: [Double], resolution: Double = 0) {
        logarithms = ratios.filter { $0 > 0 && $0.isFinite }.map { log($0) }.sorted()
        self.resolution = resolution
    }

    var count: Int { logarithms.count }
    var median: Double? { count > 0 ? exp(Self.median(logarithms)) : nil }

    /// nil when there are too few pairs for any interval of this level.
    func interval(level: Double = level) -> Interval? {
        guard let median, let logs = count <= Self.mostPairsForT ? studentT(level) : orderStatistics(level) else { return nil }
        // The median of a skewed few may lie outside of the interval about their mean.
        return (min(exp(logs.low), median), max(exp(logs.high), median))
    }

    /// How often ratios as far from 1 as these come about by chance where the true one is 1; nil with too few pairs. It is
    /// below 1 − level where the interval of that level misses 1.
    var probability: Double? {
        guard count >= 2 else { return nil }
        guard count <= Self.mostPairsForT else { return signTest }
        let (mean, error) = meanAndError
        guard error > 0 else { return mean == 0 ? 1 : 0 }
        return 1 - StudentT.within(abs(mean) / error, degrees: count - 1)
    }

    private func studentT(_ level: Double) -> Interval? {
        guard count >= 2 else { return nil }
        let (mean, error) = meanAndError
        let half = StudentT.quantile(level, degrees: count - 1) * error
        return (mean - half, mean + half)
    }

    /// The mean of the logarithms and its standard error.
    private var meanAndError: (Double, Double) {
        let mean = logarithms.reduce(0, +) / Double(count)
        let variance = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
        // Either figure of a ratio is off by anything up to half a bucket: a variance of a twelfth of its square each.
        return (mean, (max(variance, resolution * resolution / 6) / Double(count)).squareRoot())
    }

    private var signTest: Double {
        let least = min(logarithms.count { $0 <= 0 }, logarithms.count { $0 >= 0 })
        var term = pow(0.5, Double(count))
        var tail = 0.0
        for below in 0...least {
            tail += term
            term *= Double(count - below) / Double(below + 1)
        }
        return min(1, 2 * tail)
    }

    /// From the k-th smallest to the k-th largest, with the largest k that is sure enough.
    private func orderStatistics(_ level: Double) -> Interval? {
        var below = pow(0.5, Double(count))
        var tail = 0.0
        var k = 0
        while k < count / 2, 2 * (tail + below) <= 1 - level {
            tail += below
            below *= Double(count - k) / Double(k + 1)
            k += 1
        }
        return k > 0 ? (logarithms[k - 1], logarithms[count - k]) : nil
    }

    /// The percentile bootstrap's interval of the median. The same ratios and seed give the same interval.
    func bootstrap(level: Double = level, draws: Int = 4_000, seed: UInt64) -> Interval? {
        guard count >= 2 else { return nil }
        var random = SplitMix64(seed: seed)
        var medians: [Double] = []
        medians.reserveCapacity(draws)
        var sample = logarithms
        for _ in 0..<draws {
            for index in sample.indices { sample[index] = logarithms[Int.random(in: 0..<count, using: &random)] }
            medians.append(Self.median(sample.sorted()))
        }
        medians.sort()
        let cut = Int((Double(draws) * (1 - level) / 2).rounded())
        return (exp(medians[cut]), exp(medians[draws - 1 - cut]))
    }

    /// Of values in ascending order, at least one.
    static func median(_ sorted: [Double]) -> Double {
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
