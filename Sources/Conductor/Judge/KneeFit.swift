/// Where a curve bends: two straight lines that meet.
struct Knee: Equatable {
    /// Model seconds.
    var seconds: Double
    /// At least 95 % sure to hold the break, if the curve is two lines and noise.
    var interval: ClosedRange<Double>
    /// Read off the curve at `seconds`.
    var connected: Double
    /// Connections per model second.
    var slopeBefore: Double
    var slopeAfter: Double
}

/// Fits a continuous broken line to the growing part of a curve by generalised least squares, exactly for every
/// candidate break, which are the samples.
///
/// What noise a curve has decides what a bend is. Arrivals are random, so a surplus once gained stays: such noise adds up
/// along the curve (a random walk), and ordinary least squares on the curve would find a "significant" bend in two
/// straight lines of three. Jitter in the moment of sampling does not add up. Both are in a curve, so the fit is made on
/// increments, whitened as the sum of the two is (a moving average: u[i] = increment[i] + theta * u[i-1], where theta is 0
/// for a random walk alone and nears 1 for jitter alone). In increments a broken line is a step from one rate to another.
///
/// Two lines count when, against one,
///   F = ((RSS1 - RSS2) / 2) / (RSS2 / (n - 3)) > 7,
/// where n is the number of increments. F has no F distribution here, for the break is searched for; 7 is the 99th
/// percentile measured on simulated straight lines of 40 to 400 samples with random-walk noise (6.1 to 7.2; with
/// any jitter it is lower, so false knees are rarer then). And the slope must change by 2 %: with millions of connections
/// far less is significant, but nobody would call it a knee.
///
/// The interval holds the breaks with (RSS - RSS2) / (RSS2 / (n - 3)) <= 7.35, the 95 % point of the likelihood ratio
/// for the place of a step (Hansen 2000), and then one sample more on either side, because a break lies between samples.
enum KneeFit {
    static let significantF = 7.0
    static let leastChange = 0.02
    static let intervalRatio = 7.35
    static let fewestPoints = 20
    /// More points are thinned to this: the cost is quadratic.
    static let mostPoints = 512

    /// nil when the curve is too short to tell, or one straight line does as well as two.
    static func knee(of curve: Curve) -> Knee? {
        let points = curve.growth(atMost: mostPoints)
        guard points.count >= fewestPoints else { return nil }
        let steps = Steps(points)
        guard let rough = steps.fit(theta: 0) else { return nil }
        guard let fit = steps.fit(theta: steps.theta(rough)), fit.f > significantF else { return nil }
        guard abs(fit.change) >= leastChange * max(abs(fit.slope), abs(fit.slope + fit.change)) else { return nil }
        let seconds = points[fit.place].seconds
        return Knee(
            seconds: seconds, interval: points[fit.range.lowerBound - 1].seconds...points[fit.range.upperBound + 1].seconds,
            connected: points[fit.place].connected, slopeBefore: fit.slope, slopeAfter: fit.slope + fit.change)
    }

    /// The best broken line for one theta.
    private struct Fit {
        /// Index of the sample it breaks at, and the range of those it could.
        var place: Int
        var range: ClosedRange<Int>
        var slope: Double
        var change: Double
        var f: Double
    }

    /// The increments of a curve.
    private struct Steps {
        let seconds: [Double]
        let connected: [Double]

        init(_ points: [Curve.Point]) {
            seconds = zip(points.dropFirst(), points).map { $0.seconds - $1.seconds }
            connected = zip(points.dropFirst(), points).map { $0.connected - $1.connected }
        }

        /// The share of the previous innovation that an increment takes back, from the correlation of neighbouring
        /// residuals. It errs towards the random walk (by 1.5 standard errors), which only makes knees harder to find.
        func theta(_ fit: Fit) -> Double {
            var (sum, product, before) = (0.0, 0.0, 0.0)
            for index in seconds.indices {
                let slope = index < fit.place ? fit.slope : fit.slope + fit.change
                let residual = connected[index] - slope * seconds[index]
                sum += residual * residual
                product += residual * before
                before = residual
            }
            guard sum > 0 else { return 0 }
            let correlation = product / sum + 1.5 / Double(seconds.count).squareRoot()
            if correlation >= 0 { return 0 }
            if correlation <= -0.5 { return 0.9 }
            return min(0.9, (-1 + (1 - 4 * correlation * correlation).squareRoot()) / (2 * correlation))
        }

        /// nil when one line fits without any rest.
        func fit(theta: Double) -> Fit? {
            let time = whitened(seconds, theta)
            let growth = whitened(connected, theta)
            let timeSquares = dot(time, time)
            let slope = dot(time, growth) / timeSquares
            let rest = zip(growth, time).map { $0 - slope * $1 }
            let one = dot(rest, rest)
            // Below this there is only rounding.
            let rounding = 1e-18 * dot(growth, growth)
            guard one > rounding else { return nil }

            let count = seconds.count
            let margin = max(3, count / 20)
            let places = margin...(count - margin)
            var profile: [(residual: Double, change: Double, overlap: Double)] = []
            for place in places {
                // The time after the break, whitened from there on.
                var (state, squares, overlap, explained) = (0.0, 0.0, 0.0, 0.0)
                for index in place..<count {
                    state = seconds[index] + theta * state
                    squares += state * state
                    overlap += state * time[index]
                    explained += state * rest[index]
                }
                let free = squares - overlap * overlap / timeSquares
                let change = explained / free
                profile.append((max(0, one - explained * change), change, overlap))
            }
            return best(profile, places, one, slope, timeSquares, rounding)
        }

        private func best(
            _ profile: [(residual: Double, change: Double, overlap: Double)], _ places: ClosedRange<Int>, _ one: Double,
            _ slope: Double, _ timeSquares: Double, _ rounding: Double
        ) -> Fit? {
            guard let index = profile.indices.min(by: { profile[$0].residual < profile[$1].residual }) else { return nil }
            let found = profile[index]
            let variance = max(found.residual, rounding) / Double(seconds.count - 3)
            let possible = profile.indices.filter { profile[$0].residual - found.residual <= intervalRatio * variance }
            let (low, high) = (possible.first ?? index, possible.last ?? index)
            return Fit(
                place: places.lowerBound + index, range: places.lowerBound + low...places.lowerBound + high,
                slope: slope - found.change * found.overlap / timeSquares, change: found.change,
                f: (one - found.residual) / 2 / variance)
        }

        private func whitened(_ values: [Double], _ theta: Double) -> [Double] {
            var state = 0.0
            return values.map { value in
                state = value + theta * state
                return state
            }
        }

        private func dot(_ left: [Double], _ right: [Double]) -> Double {
            var sum = 0.0
            for index in left.indices { sum += left[index] * right[index] }
            return sum
        }
    }
}
