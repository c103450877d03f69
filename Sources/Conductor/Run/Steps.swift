import Engine
import Glibc
import Lab
import Profiles

/// What a run does from moment to moment: waits for the next thing to happen, samples, tells, heeds what it hears.
extension Run {
    func enter(_ phase: Board.Phase, _ sentence: String) {
        note(sentence)
        board[.phase].store(phase.rawValue, ordering: .releasing)
        waiting.ring()
    }

    /// Waits for the next thing to happen, samples when it is time, and says where the run stands.
    func step(_ stage: Progress.Stage, until: Double? = nil, secondsLeft: Double? = nil) -> Tally {
        let now = monotonicSeconds()
        let next = min(nextSample, nextTsungDump, live?.dueSeconds ?? .infinity, until ?? .infinity)
        heed(waiting.next(milliseconds: Int(((next - now) * 1_000).rounded(.up))))
        if monotonicSeconds() >= nextSample { sample(stage, secondsLeft) }
        tellLive(stage, secondsLeft: secondsLeft)
        dumpForTsung()
        let tally = self.tally()
        notePeaks(tally)
        return tally
    }

    func sample(_ stage: Progress.Stage, _ secondsLeft: Double?) {
        guard let sample = sampler?.sample() else { return }
        let before = last
        last = sample
        record.append(sample)
        curve.append(seconds: sample.modelSeconds, connected: Double(sample.tally.connected))
        if stage == .ramping { onsets.note(sample, swapBytes: plan.cap?.swapBytes, cpus: plan.host.cpus) }
        nextSample = max(nextSample + plan.samplePeriodSeconds, monotonicSeconds())
        notePeaks(sample.tally)
        let seconds = sample.wallSeconds - (before?.wallSeconds ?? 0)
        let rate = seconds > 0 ? Double(sample.tally.openedTotal - (before?.tally.openedTotal ?? 0)) / seconds : 0
        onProgress(
            Progress(
                stage: stage, elapsedSeconds: monotonicSeconds() - began, modelSeconds: sample.modelSeconds,
                usersStarted: sample.tally.started, usersPlanned: plan.users, connected: sample.tally.connected,
                joined: sample.tally.present(plan), joinsPerSecond: rate,
                memoryUsedBytes: sample.memoryAvailableBytes.map { plan.host.memoryTotalBytes > $0 ? plan.host.memoryTotalBytes - $0 : 0 },
                memoryTotalBytes: plan.host.memoryTotalBytes, errors: sample.tally.errorCount, lost: sample.tally.lost,
                verified: stage == .sweeping ? sample.tally.verified : nil,
                secondsLeft: secondsLeft ?? estimate(stage, sample, rate), chatURL: chatURL))
    }

    func notePeaks(_ tally: Tally) {
        peakUsers = max(peakUsers, tally.started - tally.ended)
        peakConnected = max(peakConnected, tally.connected)
        peakJoined = max(peakJoined, tally.joined)
    }

    func estimate(_ stage: Progress.Stage, _ sample: Sample, _ rate: Double) -> Double? {
        guard stage == .ramping else { return nil }
        let left = Double(plan.users - sample.tally.started + sample.tally.onTheirWay)
        return rate > 0 ? left / rate + plan.holdSeconds : nil
    }

    /// Hands the whole state to whoever watches, when it is due.
    func tellLive(_ stage: Progress.Stage, secondsLeft: Double? = nil, socketsLeft: Int? = nil, isForced: Bool = false) {
        guard let live, isForced || live.isDue(stage) else { return }
        let rate = live.last?.joinsPerSecond ?? 0
        let moment = LiveTeller.Moment(
            stage: stage, elapsedSeconds: monotonicSeconds() - began, startSeconds: sampler?.start,
            secondsLeft: secondsLeft ?? last.flatMap { estimate(stage, $0, rate) }, socketsLeft: socketsLeft,
            target: waiting.target?.measured, workers: waiting.workers?.measured, droplet: droplet,
            knee: evidence.knee.map { LiveState.Knee(modelSeconds: $0.seconds, connected: $0.connected) }, event: lastEvent,
            chatURL: stage == .building ? nil : chatURL)
        self.live?.tell(moment, board)
    }

    func tell(_ stage: Progress.Stage, socketsLeft: Int? = nil) {
        if stage != .done { tellLive(stage, socketsLeft: socketsLeft) }
        onProgress(
            Progress(
                stage: stage, elapsedSeconds: monotonicSeconds() - began, usersPlanned: plan.users,
                memoryTotalBytes: plan.host.memoryTotalBytes, socketsLeft: socketsLeft))
    }

    /// Notes what an event means for the run.
    func heed(_ event: Event) {
        switch event {
        case .timeout, .bell: break
        case .signal(let number):
            interrupts += 1
            note("Signal \(number): the run ends\(interrupts > 1 ? " at once" : "").")
        case .targetEnded:
            evidence.targetEnded = true
            targetEnded("The target's process ended before the run did\(ending(waiting.target)).\(lastWordsSentence)")
            waiting.target = nil
        case .workersEnded:
            breakOff("The workers' process ended before the run did\(ending(waiting.workers)).")
            waiting.workers = nil
        }
        let failures = board[.failures].load(ordering: .relaxed)
        if failures > 0 { breakOff("\(failures) of the lanes failed; \(record.directory)/events.log says why.") }
    }

    /// The run cannot go on. The first reason is the one that counts.
    func breakOff(_ sentence: String) {
        guard broken == nil else { return }
        broken = sentence
        note(sentence)
    }

    /// A target that its droplet was too small for is a result where the profile expects one, and else the end of the run.
    func targetEnded(_ sentence: String) {
        notePeaksBeforeTheEnd()
        let isKilled = droplet.flatMap { $0.read().oomKills } ?? 0 > 0
        if isKilled, plan.expectations.contains(where: { $0.figure == "droplet.oom_kills" }) {
            stopped = stopped ?? sentence
            note("\(sentence) The profile's expectations say what that is worth.")
        } else {
            breakOff(sentence)
        }
        evidence.ended = sentence
    }

    /// When a target dies its connections end within moments, but the totals only grow: what was joined since the last
    /// sample was joined on top of it.
    func notePeaksBeforeTheEnd() {
        guard let before = last?.tally else { return }
        let now = tally()
        peakJoined = max(peakJoined, now.joinedTotal - (before.joinedTotal - before.joined))
        peakConnected = max(peakConnected, now.connectedTotal - (before.connectedTotal - before.connected))
    }

    func ending(_ child: ChildProcess?) -> String {
        guard let exit = child?.wait(timeoutMilliseconds: 1_000) else { return "" }
        if let signal = exit.signal { return ", killed by signal \(signal)\(signal == SIGKILL ? " (out of memory?)" : "")" }
        return " with status \(exit.code ?? 0)"
    }

    func kill() {
        waiting.target?.kill()
        waiting.workers?.kill()
        _ = waiting.target?.wait(timeoutMilliseconds: 60_000)
        _ = waiting.workers?.wait(timeoutMilliseconds: 60_000)
        waiting.target = nil
        waiting.workers = nil
    }
}
