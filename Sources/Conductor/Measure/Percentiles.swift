import Engine

extension Summary.Percentiles {
    /// nil when nothing was measured.
    init?(_ sum: HistogramSum) {
        guard let p50 = sum.p50, let p90 = sum.p90, let p99 = sum.p99, let p999 = sum.p999, let max = sum.maximumMicroseconds
        else { return nil }
        self.init(p50: p50, p90: p90, p99: p99, p999: p999, max: max, count: sum.count)
    }
}

extension Summary.Latency {
    /// What all lanes have measured so far.
    init(_ board: Board) {
        self.init(
            connect: .init(board.latencies(.connect)), join: .init(board.latencies(.join)), heartbeat: .init(board.latencies(.heartbeat)),
            broadcast: .init(board.latencies(.broadcast)), reply: .init(board.latencies(.reply)))
    }
}
