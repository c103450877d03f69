import Engine

extension Summary.Percentiles {
    /// nil when nothing was measured.
    init?(_ sum: HistogramSum) {
        guard let p50 = sum.percentile(0.5), let p90 = sum.percentile(0.9), let p99 = sum.percentile(0.99),
            let p999 = sum.percentile(0.999), let max = sum.maximumMicroseconds
        else { return nil }
        self.init(p50: p50, p90: p90, p99: p99, p999: p999, max: max, count: UInt64(sum.count))
    }
}
