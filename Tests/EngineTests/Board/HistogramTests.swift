import Testing

@testable import Engine

@Suite struct HistogramTests {
    private func sum(_ groups: [[UInt64]]) -> HistogramSum {
        var sum = HistogramSum()
        for values in groups {
            withUnsafeTemporaryAllocation(byteCount: Histogram.byteCount, alignment: 8) { memory in
                memory.initializeMemory(as: UInt8.self, repeating: 0)
                let histogram = Histogram(at: memory.baseAddress!)
                for value in values { histogram.record(microseconds: value) }
                sum.add(histogram)
            }
        }
        return sum
    }

    @Test func bucketsCoverEverythingOnce() {
        #expect(Histogram.bucket(of: .max) == Histogram.bucketCount - 1)
        #expect(Histogram.upperBound(ofBucket: Histogram.bucketCount - 1) == .max)
        var lower: UInt64 = 0
        for bucket in 0..<Histogram.bucketCount {
            let upper = Histogram.upperBound(ofBucket: bucket)
            #expect(Histogram.bucket(of: UInt32(lower)) == bucket && Histogram.bucket(of: upper) == bucket)
            #expect(Double(UInt64(upper) - lower) <= 0.032 * Double(lower) || lower < 64)
            lower = UInt64(upper) + 1
        }
        #expect(lower == 1 << 32)
    }

    @Test func emptyIsNothingAndNotZero() {
        let empty = sum([[], []])
        #expect(empty.count == 0 && empty.p50 == nil && empty.p999 == nil)
        #expect(empty.maximumMicroseconds == nil && empty.meanMicroseconds == nil)
        let zero = sum([[0]])
        #expect(zero.p50 == 0 && zero.maximumMicroseconds == 0 && zero.meanMicroseconds == 0)
    }

    @Test func longestIsTakenAsTheLast() {
        let sum = sum([[.max, 1 << 40]])
        #expect(sum.maximumMicroseconds == UInt64(UInt32.max) && sum.p50 == UInt64(UInt32.max))
    }

    /// Log-uniform values in several histograms, merged, against the sorted array of all.
    @Test func percentilesAreThoseOfTheSortedArray() {
        var random = SplitMix64(seed: 9)
        for size in [1, 2, 10, 999, 20_000] {
            let values = (0..<size).map { _ in random.next() >> (32 + random.next() % 32) }
            let merged = sum([Array(values[..<(size / 3)]), Array(values[(size / 3)...])])
            let sorted = values.sorted()
            #expect(merged.count == UInt64(size) && merged.maximumMicroseconds == sorted.last)
            #expect(merged.meanMicroseconds == Double(sorted.reduce(0, +)) / Double(size))
            for share in [0, 0.5, 0.9, 0.99, 0.999, 1] {
                let exact = sorted[max(0, Int((share * Double(size)).rounded(.up)) - 1)]
                let got = merged.percentile(share)!
                #expect(got >= exact && Double(got) <= Double(exact) * 1.032, "\(share) of \(size)")
            }
        }
    }
}
