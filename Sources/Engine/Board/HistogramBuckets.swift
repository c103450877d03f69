/// A bucket of a histogram that counted something, with its bounds in microseconds, both of them within it.
public struct HistogramBucket: Equatable, Sendable {
    public var fromMicroseconds: UInt64
    public var toMicroseconds: UInt64
    public var count: UInt64

    public init(fromMicroseconds: UInt64, toMicroseconds: UInt64, count: UInt64) {
        self.fromMicroseconds = fromMicroseconds
        self.toMicroseconds = toMicroseconds
        self.count = count
    }
}

extension HistogramSum {
    /// The buckets that counted something, from the lowest to the highest; percentiles can be told from them as well as here.
    public var buckets: [HistogramBucket] {
        counts.indices.filter { counts[$0] > 0 }.map { index in
            HistogramBucket(
                fromMicroseconds: UInt64(Histogram.lowerBound(ofBucket: index)),
                toMicroseconds: UInt64(Histogram.upperBound(ofBucket: index)), count: counts[index])
        }
    }
}
