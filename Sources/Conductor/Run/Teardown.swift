import Engine
import Glibc
import Lab
import Profiles

/// The end of a run: both sides gone, their sockets gone, the lab removed.
extension Run {
    /// Sockets of both sides that still exist this long after the processes ended are a leak.
    private static let drainSeconds = 120.0
    /// The target has as long to close what the workers reset.
    private static let closingSeconds = 20.0
    static let exitSeconds = 60.0

    func teardown(_ world: World, _ census: SocketCensus) -> Summary.Teardown {
        let start = monotonicSeconds()
        note("The teardown begins.")
        tell(.tearingDown)
        board[.phase].store(Board.Phase.finish.rawValue, ordering: .releasing)
        waiting.ring()
        var leaks: [String] = []
        // The workers reset their connections, each lane in its own thread, and the target closes its ends meanwhile.
        leaks += end(waiting.workers, "workers", atMost: Run.exitSeconds)
        waiting.workers = nil
        let limit = monotonicSeconds() + Run.closingSeconds
        while tally().served > 0, waiting.target != nil, !isHurried, monotonicSeconds() < limit { heedTeardown(20) }
        board[.phase].store(Board.Phase.release.rawValue, ordering: .releasing)
        waiting.ring()
        leaks += endTarget()
        waiting.target = nil
        drain(census, atMost: Run.drainSeconds)
        if plan.network != .loopback, let left = census.sockets()?.inUse, left > 0 {
            leaks.append("\(left) sockets of the target were still there \(Int(monotonicSeconds() - start)) s after the run.")
        }
        census.close()
        leaks += world.remove()
        self.world = nil
        let seconds = monotonicSeconds() - start
        if plan.network == .loopback {
            degraded.append("On loopback the sockets are among the host's own: that none is left was not checked.")
        }
        note(leaks.isEmpty ? "Nothing is left of the run." : leaks.joined(separator: " "))
        return Summary.Teardown(seconds: seconds, leaks: leaks)
    }

    /// A second signal: what takes time is cut short.
    private var isHurried: Bool { interrupts > 1 }

    /// Waits for one side's process, and ends it when it takes too long or somebody is in a hurry.
    func end(_ child: ChildProcess?, _ side: String, atMost seconds: Double) -> [String] {
        guard let process = child else { return [] }
        let limit = monotonicSeconds() + seconds
        while monotonicSeconds() < limit, !isHurried {
            if process.wait(timeoutMilliseconds: 50) != nil { return [] }
            heedTeardown(0)
        }
        note("The process of the \(side) is killed\(isHurried ? "" : ": it did not end by itself").")
        process.kill()
        if process.wait(timeoutMilliseconds: Int32(Run.exitSeconds * 1_000)) != nil { return [] }
        return ["The process \(process.pid) of the \(side) did not end within \(Int(Run.exitSeconds)) s of being killed."]
    }

    private func heedTeardown(_ milliseconds: Int) {
        switch waiting.next(milliseconds: milliseconds) {
        case .signal: interrupts += 1
        case .targetEnded:
            _ = waiting.target?.wait(timeoutMilliseconds: 1_000)
            waiting.target = nil
        case .workersEnded:
            _ = waiting.workers?.wait(timeoutMilliseconds: 1_000)
            waiting.workers = nil
        case .timeout, .bell: break
        }
    }

    /// Waits until the target's namespace holds no connection any more.
    private func drain(_ census: SocketCensus, atMost seconds: Double) {
        guard plan.network != .loopback else { return }
        let limit = monotonicSeconds() + seconds
        while let left = census.sockets()?.inUse, left > 0, !isHurried, monotonicSeconds() < limit {
            tell(.tearingDown, socketsLeft: Int(left))
            heedTeardown(100)
        }
    }

    // MARK: the record

    func outcome(_ figures: Figures) -> RunOutcome {
        var summary = summarize(figures)
        summary.expectations = Verdict.judge(summary, plan.expectations)
        let failed = summary.expectations.contains { !$0.held }
        var status: Int32
        // Also when everything had been measured: whoever pressed Ctrl-C is told that it was heeded.
        if interrupts > 0 {
            (summary.verdict, status) = ("interrupted", 130)
        } else if broken != nil {
            (summary.verdict, status) = ("broken", 70)
        } else {
            (summary.verdict, status) = failed ? ("failed", 1) : ("passed", 0)
        }
        record.keep(LatencyTable(board))
        summary.degraded += (droplet?.degraded ?? targetGroup?.degraded ?? []) + (workersGroup?.degraded ?? []).map { "Workers: \($0)" } + record.troubles
        note("Verdict: \(summary.verdict).")
        // What the run came to is handed back even when it cannot be kept; but a run without a record has broken.
        do { try record.finish(summary) } catch {
            note("\(error)")
            record.troubles.append("\(error)")
            if status != 130 { status = 70 }
        }
        tell(.done)
        live?.finish(summary, exitStatus: status, elapsedSeconds: monotonicSeconds() - began, event: lastEvent)
        return RunOutcome(
            exitStatus: status, summary: summary, directory: record.directory, troubles: record.troubles)
    }

    private func summarize(_ figures: Figures) -> Summary {
        let tally = figures.final ?? self.tally()
        let joins = Double(figures.rampJoins)
        let seconds = figures.rampSeconds
        return Summary(
            version: plan.version, profile: plan.profile, engine: plan.engine, fit: plan.fit, speedup: plan.speedup,
            seed: plan.seed, digest: tally.digest, degraded: degraded, verdict: "", ceiling: Ceiling.attribute(evidence),
            users: .init(peak: max(peakUsers, tally.started - tally.ended), started: tally.started, finished: tally.finished),
            connected: .init(peak: max(peakConnected, tally.connected), final: tally.connected),
            joined: .init(peak: max(peakJoined, tally.joined), final: tally.joined), verified: figures.verified,
            lost: tally.lost, errors: tally.errors, retries: tally.retries,
            ramp: .init(seconds: seconds, joinsPerSecond: seconds.flatMap { $0 > 0 && joins > 0 ? joins / $0 : nil }),
            latencyUs: .init(board), bytesPerConnection: connectionBytes(figures), cpuUsPerConnection: cpu(figures, joins),
            contextSwitchesPerConnection: work(figures)?.switches, systemCallsPerConnection: work(figures)?.calls,
            traffic: .init(
                bytesIn: tally.bytesIn, bytesOut: tally.bytesOut, messagesSent: tally.messagesSent,
                messagesAnswered: tally.messagesAnswered, messagesRefused: tally.messagesRefused),
            fidelity: fidelity(), droplet: droplet?.summary, interference: interference(figures),
            teardown: figures.teardown, expectations: [], host: plan.host, visitors: visitors, run: course,
            placement: figures.placement)
    }

    private var course: Summary.Course {
        .init(
            startedAt: Record.timestamp(startedAt), seconds: monotonicSeconds() - began,
            endedEarlyBecause: broken ?? (interrupts > 0 ? "The run was interrupted." : nil))
    }

    /// Connections that came through the door.
    private var visitors: Int? {
        board.targetLanes > plan.target.lanes ? Int(board.target(plan.target.lanes)[.accepted]) : nil
    }

    private func fidelity() -> Summary.Fidelity {
        guard let path = plan.referencePath else { return .init() }
        do {
            let model = curve.scaled(by: 1 / plan.connectionScale)
            return Fidelity.compare(model, with: try Reference.load(path: path), users: plan.modelUsers)
        } catch {
            return .init(remark: "Not compared with the reference: \(error)")
        }
    }

    private func connectionBytes(_ figures: Figures) -> Summary.ConnectionBytes {
        guard let before = figures.memoryBefore, let held = figures.memoryHeld else {
            return .init(method: "Nothing was measured: the run ended before its hold.")
        }
        let bytes = Ledger.measure(from: before, to: held, pairs: figures.pairsHeld)
        if plan.target.isForeign { return bytes.withoutTarget }
        return plan.target.hasLanes ? bytes : bytes.withKernelUndivided
    }

    private func cpu(_ figures: Figures, _ joins: Double) -> Summary.CPU {
        guard let before = figures.usageBefore, let after = figures.usageAfter, joins > 0 else {
            return .init(target: nil, workers: nil, softirq: nil, method: "Nothing was measured: nobody joined.")
        }
        return .init(
            target: Usage.seconds(after.target, since: before.target).map { $0 * 1e6 / joins },
            workers: Usage.seconds(after.workers, since: before.workers).map { $0 * 1e6 / joins },
            softirq: after.softirqSeconds(since: before).map { $0 * 1e6 / joins },
            method: "CPU time of both processes and softirq time of the whole host over the ramp, divided by its joins. A kernel that does not account interrupt time apart has charged softirq to the processes as well: do not add the three.")
    }

    private func work(_ figures: Figures) -> (switches: Summary.Work, calls: Summary.Work)? {
        guard let before = figures.workBefore, let after = figures.workAfter else { return nil }
        let joins = Double(figures.rampJoins)
        return (after.switches(since: before, joins: joins), after.calls(since: before, joins: joins, hasTarget: plan.target.hasLanes))
    }

    func interference(_ figures: Figures) -> Summary.Interference {
        guard let before = figures.usageBefore, let after = figures.usageAfter else { return .unmeasured }
        let used = Summary.Interference.Used(
            seconds: after.seconds - before.seconds, hostCPUs: plan.host.cpus,
            idle: Usage.isWholeHost(plan) ? after.idleSeconds(since: before) : nil,
            target: Usage.seconds(after.target, since: before.target), isTargetOurs: !plan.target.isForeign,
            workers: Usage.seconds(after.workers, since: before.workers),
            softirq: after.softirqSeconds(since: before), targetCPUs: figures.targetCPUs, workersCPUs: figures.workersCPUs)
        return .init(used, isPaced: isPaced)
    }
}
