/// Connections over model time, in a bounded number of points.
///
/// However long a run is, no more than `pointLimit` points are kept: when they are full every second one goes, and from
/// then on half as many come in. The first and the latest point are always there.
struct Curve: Equatable {
    struct Point: Equatable {
        /// Model seconds since the load began.
        var seconds: Double
        var connected: Double
    }

    static let pointLimit = 4_096

    private(set) var points: [Point] = []
    private var stride = 1
    private var offered = 0
    /// The latest point is not one of every `stride`; the next one takes its place.
    private var isLatestProvisional = false

    init() {}

    /// Of pairs of model seconds and connections.
    init(_ points: some Sequence<(Double, Double)>) {
        for (seconds, connected) in points { append(seconds: seconds, connected: connected) }
    }

    /// Adds the next point. One that is not later than the one before is left out.
    mutating func append(seconds: Double, connected: Double) {
        guard seconds.isFinite, connected.isFinite, seconds > points.last?.seconds ?? -.infinity else { return }
        if isLatestProvisional { points.removeLast() }
        points.append(Point(seconds: seconds, connected: connected))
        isLatestProvisional = offered % stride != 0
        offered += 1
        if points.count == Curve.pointLimit { halve() }
    }

    private mutating func halve() {
        let latest = points[points.count - 1]
        let isLatestKept = (points.count - 1) % 2 == 0
        points = Curve.everyOther(points, step: 2)
        stride *= 2
        isLatestProvisional = isLatestProvisional || !isLatestKept
        if !isLatestKept { points.append(latest) }
    }

    /// The same curve with all connections multiplied.
    func scaled(by factor: Double) -> Curve {
        var curve = self
        for index in curve.points.indices { curve.points[index].connected *= factor }
        return curve
    }

    /// Interpolated linearly; nil before the first point and after the last.
    func connected(at seconds: Double) -> Double? {
        guard let first = points.first, let last = points.last, seconds >= first.seconds, seconds <= last.seconds else {
            return nil
        }
        var (low, high) = (0, points.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if points[middle].seconds <= seconds { low = middle } else { high = middle }
        }
        let (a, b) = (points[low], points[high])
        guard b.seconds > a.seconds else { return a.connected }
        return a.connected + (seconds - a.seconds) / (b.seconds - a.seconds) * (b.connected - a.connected)
    }

    /// The growing part: from 1 % of the highest point to where 99 % of it are first reached, in at most so many points.
    ///
    /// The last percent is left out because arrivals end raggedly (do-64gb's last minute falls from 400/s to none).
    func growth(atMost limit: Int) -> [Point] {
        guard let top = points.map(\.connected).max(), top > 0,
            let first = points.firstIndex(where: { $0.connected >= 0.01 * top }),
            let end = points.firstIndex(where: { $0.connected >= 0.99 * top }), first < end
        else { return [] }
        let growing = Array(points[first..<end])
        return Curve.everyOther(growing, step: (growing.count + limit - 1) / limit)
    }

    private static func everyOther(_ points: [Point], step: Int) -> [Point] {
        Swift.stride(from: 0, to: points.count, by: step).map { points[$0] }
    }
}
