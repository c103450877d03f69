import Conductor
import Foundation

/// The curves of a run so far, in a bounded number of points, so that a page that is opened late shows all of it.
///
/// However long a run is, no more than `pointLimit` points are kept: when they are full neighbours are laid together, and
/// from then on twice as many states go into a point. What is kept of two is the higher one, so peaks stay.
struct History: Equatable, Sendable {
    struct Point: Equatable, Sendable {
        var modelSeconds: Double
        var users: Int
        var connected: Int
        var joined: Int
        var joinsPerSecond: Double
        var errors: Int
        var memoryBytes: UInt64?
        var swapBytes: UInt64?
        var pressurePercent: Double?
        var cpuTarget: Double?
        var cpuWorkers: Double?
        var cpuSoftirq: Double?
    }

    static let pointLimit = 2_000
    /// The names of a point's figures, in the order of its row.
    static let columns = [
        "model_s", "users", "connected", "joined", "joins_per_second", "errors", "memory", "swap", "pressure", "cpu_target",
        "cpu_workers", "cpu_softirq",
    ]

    private(set) var points: [Point] = []
    private var stride = 1
    /// How many states the last point is made of.
    private var inLast = 0

    /// Takes a state in, if it belongs to a curve: before the ramp there is none, and the teardown is not the run's.
    mutating func append(_ state: LiveState) {
        guard let point = Point(state) else { return }
        if inLast > 0, inLast < stride, let last = points.last {
            points[points.count - 1] = last.merged(with: point)
            inLast += 1
            return
        }
        if points.count == Self.pointLimit { halve() }
        points.append(point)
        inLast = 1
    }

    private mutating func halve() {
        points = Swift.stride(from: 0, to: points.count, by: 2).map { index in
            index + 1 < points.count ? points[index].merged(with: points[index + 1]) : points[index]
        }
        stride *= 2
    }

    /// `[[…],…]`, as JSON.
    var json: String { "[" + points.map(\.json).joined(separator: ",") + "]" }
}

extension History.Point {
    init?(_ state: LiveState) {
        guard let seconds = state.modelSeconds, [.ramping, .holding, .sweeping].contains(state.stage) else { return nil }
        self.init(
            modelSeconds: seconds, users: state.users, connected: state.connected, joined: state.joined,
            joinsPerSecond: state.joinsPerSecond, errors: state.errorsTotal, memoryBytes: state.memory.chargedBytes,
            swapBytes: state.memory.swapBytes, pressurePercent: state.memory.pressurePercent, cpuTarget: state.cpu.target,
            cpuWorkers: state.cpu.workers, cpuSoftirq: state.cpu.softirq)
    }

    /// The higher of two neighbours by what is connected, with the highest of the figures that come and go.
    func merged(with later: Self) -> Self {
        var point = later.connected >= connected ? later : self
        point.joinsPerSecond = max(joinsPerSecond, later.joinsPerSecond)
        point.pressurePercent = highest(pressurePercent, later.pressurePercent)
        point.cpuTarget = highest(cpuTarget, later.cpuTarget)
        point.cpuWorkers = highest(cpuWorkers, later.cpuWorkers)
        point.cpuSoftirq = highest(cpuSoftirq, later.cpuSoftirq)
        return point
    }

    private func highest(_ a: Double?, _ b: Double?) -> Double? { a.map { a in b.map { max(a, $0) } ?? a } ?? b }

    var json: String {
        let fields: [String?] = [
            text(modelSeconds), String(users), String(connected), String(joined), text(joinsPerSecond), String(errors),
            memoryBytes.map { String($0) }, swapBytes.map { String($0) }, text(pressurePercent), text(cpuTarget), text(cpuWorkers),
            text(cpuSoftirq),
        ]
        return "[" + fields.map { $0 ?? "null" }.joined(separator: ",") + "]"
    }

    /// To a thousandth; null for what is no number.
    private func text(_ value: Double?) -> String? {
        guard let value, value.isFinite else { return nil }
        return "\((value * 1_000).rounded() / 1_000)"
    }
}
