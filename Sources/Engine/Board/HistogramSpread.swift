/// What was added to a latency's values between two looks at them, in a few figures.
public struct HistogramSpread: Equatable, Sendable {
    public var count: UInt64
    /// From the sums, so exact but for values recorded during the looks; kept within the values' buckets.
    public var meanMicroseconds: Double
    /// From the middles of buckets that are at most 3.1 % wide: values closer together than that show as equal.
    public var deviationMicroseconds: Double
}

extension HistogramSum {
    /// Nil when nothing was added since `earlier`, an older look at the same histograms.
    public func spread(since earlier: HistogramSum) -> HistogramSpread? {
        guard count > earlier.count else { return nil }
        let added = Double(count - earlier.count)
        var sum = 0.0, squares = 0.0, lowest: Double?, highest = 0.0
        for bucket in 0..<Histogram.bucketCount where counts[bucket] > earlier.counts[bucket] {
            let share = Double(counts[bucket] - earlier.counts[bucket])
            let first = Double(Histogram.lowerBound(ofBucket: bucket)), last = Double(Histogram.upperBound(ofBucket: bucket))
            let middle = (first + last) / 2
            sum += share * middle
            squares += share * middle * middle
            lowest = lowest ?? first
            highest = last
        }
        let middle = sum / added
        let exact = Double(sumMicroseconds &- earlier.sumMicroseconds) / added
        return HistogramSpread(
            count: count - earlier.count, meanMicroseconds: min(max(exact, lowest ?? 0), highest),
            deviationMicroseconds: max(0, squares / added - middle * middle).squareRoot())
    }

    /// The lower end of the lowest bucket that counted something; nil when nothing was measured.
    public var minimumMicroseconds: UInt64? {
        counts.firstIndex { $0 > 0 }.map { UInt64(Histogram.lowerBound(ofBucket: $0)) }
    }
}

extension Histogram {
    /// The smallest value that `bucket` counts.
    static func lowerBound(ofBucket bucket: Int) -> UInt32 { bucket == 0 ? 0 : upperBound(ofBucket: bucket - 1) + 1 }
}
