import Testing

@testable import Conductor
@testable import Engine

@Suite struct TsungLogTests {
    private func histogram(_ values: [UInt64]) -> HistogramSum {
        Fixture.withBoard { board in
            for value in values { board.worker(0).histogram(.connect).record(microseconds: value) }
            return board.latencies(.connect)
        }
    }

    private func figures(_ connect: [UInt64] = [], _ change: (inout Tally) -> Void) -> TsungLog.Figures {
        TsungLog.Figures(tally: Fixture.tally(change), connect: histogram(connect))
    }

    @Test func dumpsByTheLetter() {
        var log = TsungLog(periodSeconds: 10, startEpoch: 1_465_315_544)
        #expect(log.dump(at: 0, figures { _ in }) == """
            # stats: dump at 1465315544
            stats: users 0 0
            stats: users_count 0 0
            stats: finish_users_count 0 0
            stats: connected 0 0
            stats: websocket_succ 0 0
            stats: size_rcv 0 0
            stats: size_sent 0 0

            """)
        #expect(log.dump(at: 9.99, figures { _ in }) == nil && log.nextSeconds == 10)
        let first = figures([20, 40]) {
            ($0.started, $0.ended, $0.connected, $0.connectedTotal, $0.bytesIn, $0.bytesOut) = (5, 1, 2, 3, 224, 289)
            $0.errors = ["etimedout": 2, "handshake_refused": 1]
        }
        #expect(log.dump(at: 10.01, first) == """
            # stats: dump at 1465315554
            stats: users 4 4
            stats: users_count 5 5
            stats: finish_users_count 1 1
            stats: connect 2 0.030 0.010 0.040 0.020 0.000 0
            stats: connected 2 2
            stats: websocket_succ 3 3
            stats: size_rcv 224 224
            stats: size_sent 289 289
            stats: error_connect_etimedout 2 2
            stats: websocket_fail 1 1

            """)
        // Two periods that nobody looked at, then the end.
        let second = figures([20, 40, 60]) {
            ($0.started, $0.ended, $0.connected, $0.connectedTotal, $0.bytesIn, $0.bytesOut) = (5, 5, 0, 3, 224, 289)
            $0.errors = ["etimedout": 2, "abort_max_conn_retries": 1, "handshake_refused": 1]
        }
        let text = log.dump(at: 35, second) ?? ""
        #expect(text.hasPrefix("# stats: dump at 1465315574\nstats: users 0 4\nstats: users_count 0 5\nstats: finish_users_count 4 5\n"))
        #expect(text.contains("stats: connect 1 0.060 0.000 0.060 0.020 0.030 2\n") && text.contains("stats: connected -2 0\n"))
        #expect(text.contains("stats: error_abort_max_conn_retries 1 1\nstats: error_connect_etimedout 0 2\n"))
        #expect(log.close(second).hasPrefix("# stats: dump at 1465315584\n"))
    }

    @Test func periods() {
        #expect(TsungLog.period(plannedSeconds: 6_000, speedup: 12.7) == 10)
        #expect(TsungLog.period(plannedSeconds: 2, speedup: 1) == 1)
        #expect(TsungLog.period(plannedSeconds: 6_000, speedup: 1_000) == 50)
        #expect(TsungLog.period(plannedSeconds: 2, speedup: 0.01) == 1)
    }

    @Test func spreads() {
        let none = HistogramSum()
        #expect(none.spread(since: none) == nil && none.minimumMicroseconds == nil)
        let some = histogram([10, 20, 30])
        #expect(some.minimumMicroseconds == 10 && some.spread(since: some) == nil)
        #expect(histogram([10, 20, 30, 50, 60]).spread(since: some) == HistogramSpread(count: 2, meanMicroseconds: 55, deviationMicroseconds: 5))
        // Wide buckets: the mean is exact all the same.
        let wide = histogram([1_000_001, 1_000_003]).spread(since: none)
        #expect(wide?.meanMicroseconds == 1_000_002 && wide?.deviationMicroseconds == 0)
        for bucket in 0..<Histogram.bucketCount { #expect(Histogram.bucket(of: Histogram.lowerBound(ofBucket: bucket)) == bucket) }
    }
}
