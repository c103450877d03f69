import Engine
import Glibc
import Lab
import Profiles

/// The phases of a run in their order: ramp, hold, sweep, and what is concluded before anything is taken down.
extension Run {
    func ramp(_ figures: inout Figures) {
        figures.memoryBefore = memoryMark()
        figures.targetCPUs = usableCPUs(waiting.target, quota: plan.targetQuota)
        figures.workersCPUs = usableCPUs(waiting.workers, quota: plan.workersQuota)
        figures.workBefore = workMark()
        figures.usageBefore = Usage(target: waiting.target?.measured, workers: waiting.workers?.measured)
        let start = monotonicSeconds() + 0.001
        board[.start].store(UInt64(start * 1e9), ordering: .relaxed)
        sampler?.start = start
        nextSample = start
        beginTsungLog()
        enter(.ramp, "The ramp begins: \(UnitText.count(plan.users)) users.")
        // A paced load may rest between its arrivals; it stands still only after the last one.
        let scheduled = isPaced ? start + plan.phases.reduce(0) { $0 + $1.durationSeconds } / plan.speedup : start
        var moved = start
        var lastJoin = start
        var before = -1
        var joined = 0
        while isGoingOn {
            let tally = step(.ramping, until: monotonicSeconds() + Run.memoryPeriodSeconds)
            if tally.openedTotal > joined { (joined, lastJoin) = (tally.openedTotal, monotonicSeconds()) }
            if tally.ramping == 0 { break }
            // Whoever is still trying has been refused by every port that answers: two patiences long nobody got through.
            if isPaced, tally.started == plan.users, monotonicSeconds() - lastJoin > 2 * plan.synPatienceSeconds {
                note("Nobody joins any more; \(tally.onTheirWay) users are still without a connection and go on trying.")
                break
            }
            let progress = tally.openedTotal + tally.ended + tally.started
            if progress != before || monotonicSeconds() < scheduled { moved = monotonicSeconds() }
            before = progress
            if monotonicSeconds() - moved > Run.stallSeconds {
                evidence.stalledSeconds = monotonicSeconds() - moved
                note("The ramp stands still; the run goes on with what there is.")
                break
            }
            if let left = memoryLeft(), left < Run.memoryReserveBytes {
                evidence.memoryLeftBytes = left
                note("The ramp is stopped: \(left >> 20) MiB of the host's memory are left.")
                break
            }
        }
        figures.rampSeconds = (joined > 0 ? lastJoin : moved) - start
        figures.rampJoins = tally().openedTotal
        figures.usageAfter = Usage(target: waiting.target?.measured, workers: waiting.workers?.measured)
        figures.workAfter = workMark()
    }

    /// Those it may run on, or as many as its quota comes to.
    private func usableCPUs(_ process: ChildProcess?, quota: Int?) -> Int? {
        process?.measured.allowedCPUs().map { min($0, quota ?? $0) }
    }

    private func workMark() -> WorkMark {
        WorkMark(board, targetLanes: plan.target.lanes, target: waiting.target?.measured, workers: waiting.workers?.measured)
    }

    /// What memory can still be had, looked at no more often than every `memoryPeriodSeconds`.
    private func memoryLeft() -> UInt64? {
        let now = monotonicSeconds()
        guard now >= nextMemoryLook else { return nil }
        nextMemoryLook = now + Run.memoryPeriodSeconds
        return HostReadings.memory().flatMap(MemoryLeft.bytes)
    }

    var isPaced: Bool { plan.phases.contains { $0.ratePerSecond != nil } }

    func hold(_ figures: inout Figures) {
        enter(.hold, "The hold begins: \(UnitText.count(tally().present(plan))) \(plan.joins ? "joined" : "connected").")
        let end = monotonicSeconds() + plan.holdSeconds
        // Freed handshake memory and deferred work settle before memory is measured.
        let settled = monotonicSeconds() + min(plan.holdSeconds / 2, 5)
        while isGoingOn, monotonicSeconds() < end {
            let tally = step(.holding, until: figures.memoryHeld == nil ? settled : end, secondsLeft: end - monotonicSeconds())
            if tally.started == plan.users, tally.ended == tally.started {
                note("Every user has left: there is nothing to hold.")
                break
            }
            if figures.memoryHeld == nil, monotonicSeconds() >= settled { measure(&figures) }
        }
        if figures.memoryHeld == nil { measure(&figures) }
    }

    private func measure(_ figures: inout Figures) {
        figures.memoryHeld = memoryMark()
        figures.placement = placementMeasured()
        let tally = self.tally()
        figures.pairsHeld = tally.present(plan)
        droplet?.measure(footprintBytes: tally.footprintBytes, connections: tally.present(plan))
    }

    private func memoryMark() -> MemoryMark {
        MemoryMark(target: waiting.target?.measured, workers: waiting.workers?.measured, footprintBytes: tally().footprintBytes)
    }

    func sweep() -> Summary.Verified {
        let asked = tally().present(plan)
        let start = monotonicSeconds()
        enter(.sweep, "The sweep begins: \(asked) connections are asked for a \(plan.joins ? "heartbeat" : "pong").")
        var moved = start
        var before = -1
        while isGoingOn {
            let tally = step(.sweeping)
            if tally.sweeping == 0 { break }
            if tally.verified != before { moved = monotonicSeconds() }
            before = tally.verified
            if monotonicSeconds() - moved > Run.sweepStallSeconds {
                note("The sweep stands still: \(asked - tally.verified) answers are missing.")
                break
            }
        }
        let tally = self.tally()
        // Users that came or went when the sweep began were counted by their lanes.
        let (all, replied) = (tally.sweeping == 0 ? tally.asked : asked, tally.verified)
        note("The sweep is over: \(replied) of \(all) answered.")
        return Summary.Verified(asked: all, replied: replied, missing: all - replied, seconds: monotonicSeconds() - start)
    }

    func conclude(_ figures: inout Figures, _ census: SocketCensus) {
        let tally = self.tally()
        figures.final = tally
        evidence.tally = tally
        endTsungLog()
        evidence.interrupted = interrupts > 0
        evidence.ended = evidence.ended ?? broken
        evidence.target = census.counters().flatMap { now in figures.counters.map { now.since($0) } }
        if let now = SoftnetStat.current(), let before = figures.softnet {
            var growth = now
            growth.dropped = now.dropped >= before.dropped ? now.dropped - before.dropped : 0
            evidence.softnet = growth
        }
        evidence.lanesFull = tally.acceptTableFull > 0
        evidence.targetTable = plan.target.command.flatMap { _ in waiting.target?.measured.fullestTable() }
        _ = droplet?.read()
        evidence.droplet = droplet?.summary
        evidence.onsets = onsets
        evidence.peakConnected = peakConnected
        evidence.interference = interference(figures)
        evidence.knee = isPaced ? KneeFit.knee(of: curve) : nil
        if let stage = live?.last?.stage { tellLive(stage, isForced: true) }
    }
}
