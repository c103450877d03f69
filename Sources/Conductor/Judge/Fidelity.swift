import Profiles

/// Holds the curve of a run against a published one, in model time. Pure.
///
/// - Both begin at model time 0: the first arrival of the run, `Reference.startSeconds` of the reference.
/// - They are compared at every sample of the reference from `firstSeconds` on that the run has data for; between the
///   run's samples the line is straight. Where nothing was sampled nothing is compared, and the record says from when to
///   when it was.
/// - Deviations are in percent of the reference's final value, so that they add up over the curve and a second's shift
///   weighs the same everywhere. `maxRelativeDeviationPct` is in percent of the reference at that very sample, which is
///   never smaller while the curve grows: it is the stricter reading of "within 1.5 % at every sample". It is also
///   why the comparison begins late: five minutes in, one second is 0.3 % of so few.
/// - All deviations are magnitudes, so that one expectation bounds them from both sides.
/// - With fit `footprint` the run's connections are divided by the part of the users that really connect, so that both
///   curves are in model units. Nothing else is scaled: a plan with another number of users than the reference run
///   started, as with `--connections`, is another experiment; its own knee is told, the deviations are not, and the remark
///   says why.
enum Fidelity {
    static let firstSeconds = 500.0

    static func compare(_ run: Curve, with reference: Reference, users: Int) -> Summary.Fidelity {
        var result = Summary.Fidelity()
        let knee = KneeFit.knee(of: run)
        result.kneeConnected = knee?.connected
        result.kneeModelS = knee?.seconds
        result.kneeIntervalModelS = knee.map { [$0.interval.lowerBound, $0.interval.upperBound] }
        result.slopeBefore = knee?.slopeBefore
        result.slopeAfter = knee?.slopeAfter
        let published = KneeFit.knee(of: curve(reference))
        result.referenceKneeConnected = published?.connected
        result.referenceKneeModelS = published?.seconds
        result.referenceKneeIntervalModelS = published.map { [$0.interval.lowerBound, $0.interval.upperBound] }
        result.referenceSlopeBefore = published?.slopeBefore
        result.referenceSlopeAfter = published?.slopeAfter
        result.referenceFinalConnected = reference.samples.last?.connected

        if let started = reference.usersStarted, !reference.isComparable(users: users) {
            result.remark =
                "Not compared with the reference: it started \(UnitText.count(Int(started))) users, this plan \(UnitText.count(users)), and nothing is scaled."
            return result
        }
        if reference.usersStarted == nil {
            result.remark = "The reference does not say how many users it started; it is compared as it stands."
        }
        deviations(run, reference, &result)
        result.kneeDeviationPct = apart(knee?.seconds, published?.seconds)
        result.slopeAfterDeviationPct = apart(knee?.slopeAfter, published?.slopeAfter)
        return result
    }

    /// The reference from the start of its load on.
    static func curve(_ reference: Reference) -> Curve { Curve(reference.loadPoints.map { ($0.modelSeconds, $0.connected) }) }

    private static func deviations(_ run: Curve, _ reference: Reference, _ result: inout Summary.Fidelity) {
        guard let end = reference.samples.last, end.connected > 0, let last = run.points.last else { return }
        let final = run.connected(at: end.logSeconds - reference.startSeconds) ?? last.connected
        var (count, squares, most, mostRelative) = (0, 0.0, 0.0, 0.0)
        for sample in reference.samples {
            let seconds = sample.logSeconds - reference.startSeconds
            guard seconds >= firstSeconds, let connected = run.connected(at: seconds) else { continue }
            let deviation = abs(connected - sample.connected)
            count += 1
            squares += deviation * deviation
            most = max(most, deviation)
            if sample.connected > 0 { mostRelative = max(mostRelative, deviation / sample.connected) }
            result.comparedFromModelS = result.comparedFromModelS ?? seconds
            result.comparedToModelS = seconds
        }
        guard count > 0 else { return }
        result.comparedSamples = count
        result.rmsePct = (squares / Double(count)).squareRoot() / end.connected * 100
        result.maxDeviationPct = most / end.connected * 100
        result.maxRelativeDeviationPct = mostRelative * 100
        result.finalDeviationPct = apart(final, end.connected)
    }

    /// How far a figure is from the reference's, in percent of that.
    private static func apart(_ figure: Double?, _ reference: Double?) -> Double? {
        guard let figure, let reference, reference != 0 else { return nil }
        return abs(figure - reference) / abs(reference) * 100
    }
}
