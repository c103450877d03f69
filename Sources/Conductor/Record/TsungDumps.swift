import Engine
import Foundation
import Profiles

/// When a run writes to its `tsung.log`: at whole periods of model time, and once more at its end.
extension Run {
    func beginTsungLog() {
        let arrivals = plan.phases.reduce(0) { $0 + $1.durationSeconds }
        let planned = arrivals + plan.holdSeconds * plan.speedup
        tsungLog = TsungLog(
            periodSeconds: TsungLog.period(plannedSeconds: planned, speedup: plan.speedup),
            startEpoch: Int(Date().timeIntervalSince1970))
    }

    /// CLOCK_MONOTONIC seconds of the next dump; infinite before the ramp.
    var nextTsungDump: Double {
        guard let log = tsungLog, let start = sampler?.start else { return .infinity }
        return start + log.nextSeconds / plan.speedup
    }

    func dumpForTsung() {
        guard let start = sampler?.start else { return }
        let model = (monotonicSeconds() - start) * plan.speedup
        if model >= 0, let text = tsungLog?.dump(at: model, tsungFigures()) { record.append(dump: text) }
    }

    func endTsungLog() {
        if let text = tsungLog?.close(tsungFigures()) { record.append(dump: text) }
    }

    private func tsungFigures() -> TsungLog.Figures {
        TsungLog.Figures(tally: Tally(board, targetLanes: plan.target.lanes), connect: board.latencies(.connect), join: board.latencies(.join))
    }
}
