import Synchronization

/// A latency histogram over raw memory, as it lies on the board: microseconds, 32 buckets for each power of two.
///
/// From 0 to 63 µs every value has a bucket of its own; above, a bucket is at most 1/32 (3.1 %) of its values wide. It
/// reaches to 2^32 - 1 µs, 71 minutes, and takes what is longer as that. One thread records; any number read meanwhile.
public struct Histogram {
    static let subBucketBits: UInt32 = 5
    /// 64 single values, then 26 powers of two of 32 buckets each.
    public static let bucketCount = 896
    /// Two 64-bit words (sum, maximum), then the counts.
    public static let byteCount = 16 + bucketCount * 4

    private let base: UnsafeMutableRawPointer

    /// Uses `byteCount` zeroed bytes at `base`, aligned to 8: the board's memory, which outlives this.
    public init(at base: UnsafeMutableRawPointer) {
        assert(UInt(bitPattern: base) % 8 == 0, "words on the board are aligned")
        self.base = base
    }

    /// Counts one value. Only the owner of this memory calls it: each step is a plain load and store.
    @inline(__always) func record(microseconds value: UInt64) {
        let value = UInt32(clamping: value)
        let count = word32(Histogram.bucket(of: value))
        count.pointee.store(count.pointee.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        let sum = word64(0)
        sum.pointee.store(sum.pointee.load(ordering: .relaxed) &+ UInt64(value), ordering: .relaxed)
        let maximum = word64(8)
        if UInt64(value) > maximum.pointee.load(ordering: .relaxed) {
            maximum.pointee.store(UInt64(value), ordering: .relaxed)
        }
    }

    var sumMicroseconds: UInt64 { word64(0).pointee.load(ordering: .relaxed) }
    var maximumMicroseconds: UInt64 { word64(8).pointee.load(ordering: .relaxed) }
    func count(inBucket bucket: Int) -> UInt32 { word32(bucket).pointee.load(ordering: .relaxed) }

    @inline(__always) static func bucket(of value: UInt32) -> Int {
        if value < 32 { return Int(value) }
        let shift = 31 &- subBucketBits &- UInt32(truncatingIfNeeded: value.leadingZeroBitCount)
        return Int(shift &* 32 &+ value &>> shift)
    }

    /// The largest value that `bucket` counts.
    static func upperBound(ofBucket bucket: Int) -> UInt32 {
        if bucket < 64 { return UInt32(bucket) }
        let shift = UInt32(bucket / 32 - 1)
        let first = UInt32(bucket % 32 + 32) << shift
        return first + ((1 << shift) - 1)
    }

    @inline(__always) private func word32(_ bucket: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (base + (16 &+ bucket &* 4)).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    @inline(__always) private func word64(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// What many histograms say together: the reader's side, a copy of its own.
public struct HistogramSum: Equatable, Sendable {
    public private(set) var count: UInt64 = 0
    private(set) var sumMicroseconds: UInt64 = 0
    private var maximum: UInt64 = 0
    private(set) var counts = [UInt64](repeating: 0, count: Histogram.bucketCount)

    public init() {}

    /// Adds what `histogram` holds now. Its buckets are read one by one while its owner goes on counting, so the
    /// percentiles are those of a moment; the count is that of the buckets read and always fits them.
    public mutating func add(_ histogram: Histogram) {
        for bucket in 0..<Histogram.bucketCount {
            let more = UInt64(histogram.count(inBucket: bucket))
            counts[bucket] += more
            count += more
        }
        sumMicroseconds += histogram.sumMicroseconds
        maximum = max(maximum, histogram.maximumMicroseconds)
    }

    /// Null, not zero, when nothing was measured.
    public var maximumMicroseconds: UInt64? { count == 0 ? nil : maximum }
    public var meanMicroseconds: Double? { count == 0 ? nil : Double(sumMicroseconds) / Double(count) }

    public var p50: UInt64? { percentile(0.50) }
    public var p90: UInt64? { percentile(0.90) }
    public var p99: UInt64? { percentile(0.99) }
    public var p999: UInt64? { percentile(0.999) }

    /// The value that a share of all values does not pass, by nearest rank: the upper end of its bucket, so at most 3.2 %
    /// too high and never too low.
    public func percentile(_ share: Double) -> UInt64? {
        if count == 0 { return nil }
        let rank = min(max(UInt64((share * Double(count)).rounded(.up)), 1), count)
        var below: UInt64 = 0
        for bucket in 0..<Histogram.bucketCount {
            below += counts[bucket]
            if below >= rank { return min(UInt64(Histogram.upperBound(ofBucket: bucket)), maximum) }
        }
        return maximum
    }
}
