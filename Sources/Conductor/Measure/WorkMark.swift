import Engine
import Lab

/// How often both sides have gone into the kernel and have been taken off their CPUs, at one moment.
struct WorkMark {
    var targetSwitches: ContextSwitches?
    var workersSwitches: ContextSwitches?
    /// Of the lanes' engines.
    var targetCalls: UInt64
    var workersCalls: UInt64

    init(_ board: Board, targetLanes: Int, target: MeasuredProcess?, workers: MeasuredProcess?) {
        targetSwitches = target?.contextSwitches()
        workersSwitches = workers?.contextSwitches()
        targetCalls = (0..<min(targetLanes, board.targetLanes)).reduce(0) { $0 &+ board.target($1)[.systemCalls] }
        workersCalls = (0..<board.workerLanes).reduce(0) { $0 &+ board.worker($1)[.systemCalls] }
    }

    init(targetSwitches: ContextSwitches?, workersSwitches: ContextSwitches?, targetCalls: UInt64, workersCalls: UInt64) {
        self.targetSwitches = targetSwitches
        self.workersSwitches = workersSwitches
        self.targetCalls = targetCalls
        self.workersCalls = workersCalls
    }

    /// Context switches since an earlier moment, per join.
    func switches(since earlier: WorkMark, joins: Double) -> Summary.Work {
        Summary.Work(
            target: Self.growth(targetSwitches?.total, since: earlier.targetSwitches?.total, joins),
            workers: Self.growth(workersSwitches?.total, since: earlier.workersSwitches?.total, joins),
            method: "Voluntary and involuntary switches of all threads of both processes over the ramp, divided by its joins.")
    }

    /// System calls of the engines since an earlier moment, per join.
    func calls(since earlier: WorkMark, joins: Double, hasTarget: Bool) -> Summary.Work {
        Summary.Work(
            target: hasTarget ? Self.growth(targetCalls, since: earlier.targetCalls, joins) : nil,
            workers: Self.growth(workersCalls, since: earlier.workersCalls, joins),
            method: "Counted by the lanes' engines where they make them, over the ramp, divided by its joins. What the kernel does for a "
                + "ring within one call is not a call; what threads do to start up is not counted.")
    }

    private static func growth(_ now: UInt64?, since before: UInt64?, _ joins: Double) -> Double? {
        guard let now, let before, now >= before, joins > 0 else { return nil }
        return Double(now - before) / joins
    }
}

extension ContextSwitches {
    var total: UInt64 { voluntary &+ involuntary }
}
