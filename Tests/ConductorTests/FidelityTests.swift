import Profiles
import Testing

@testable import Conductor

@Suite struct FidelityTests {
    private func line(_ rate: Double, upTo most: Double = 2_400_000, until end: Double = 5_000) -> Curve {
        Curve(stride(from: 0, through: end, by: 10).map { ($0, min(most, rate * $0)) })
    }

    @Test func theReferenceAgreesWithItself() throws {
        let reference = try Fixture.reference()
        let result = Fidelity.compare(Fidelity.curve(reference), with: reference, users: 2_400_000)
        #expect(result.rmsePct == 0 && result.maxDeviationPct == 0 && result.maxRelativeDeviationPct == 0)
        #expect(result.finalDeviationPct == 0 && result.kneeDeviationPct == 0 && result.slopeAfterDeviationPct == 0)
        #expect(result.kneeConnected == result.referenceKneeConnected && result.remark == nil)
        #expect(result.comparedSamples == 446)
        let (from, to) = (try #require(result.comparedFromModelS), try #require(result.comparedToModelS))
        #expect(from >= 500 && from < 510 && abs(to - (5_000 - reference.startSeconds)) < 1e-6)
    }

    /// facts: linear at 500/s to t = 3,940 s of the log and 1.95 M, over to 412/s by 4,000 s; the log is 42.6 s ahead.
    @Test func theReferenceBendsWhereItsSamplesSay() throws {
        let knee = try #require(KneeFit.knee(of: Fidelity.curve(Fixture.reference())))
        #expect(knee.seconds > 3_940 - 43 && knee.seconds < 4_000 - 42)
        #expect(abs(knee.connected - 1_950_000) < 0.01 * 1_950_000)
        #expect(abs(knee.slopeBefore - 500) < 2 && abs(knee.slopeAfter - 412) < 2)
        #expect(knee.interval.upperBound - knee.interval.lowerBound <= 60)
    }

    @Test func aStraightLineFails() throws {
        let reference = try Fixture.reference()
        let result = Fidelity.compare(line(500), with: reference, users: 2_400_000)
        let (final, most) = (try #require(result.finalDeviationPct), try #require(result.maxDeviationPct))
        #expect(abs(final - (2_400_000 - 2_318_816) / 2_318_816 * 100) < 1e-9 && final > 1.5)
        let relative = try #require(result.maxRelativeDeviationPct)
        #expect(most >= final && relative >= most)
        #expect(result.kneeConnected == nil && result.kneeDeviationPct == nil && result.slopeAfterDeviationPct == nil)
        #expect(result.referenceKneeConnected != nil)
    }

    /// The published curve as two lines is within the bounds that a run has to keep.
    @Test func theBrokenLineHolds() throws {
        let stick = Curve(
            stride(from: 0.0, through: 5_000, by: 10).map {
                ($0, min(2_318_816, 499.5 * min($0, 3_930) + 412 * max(0, $0 - 3_930)))
            })
        let result = Fidelity.compare(stick, with: try Fixture.reference(), users: 2_400_000)
        #expect(try #require(result.rmsePct) < 0.5)
        #expect(try #require(result.maxDeviationPct) < 1)
        #expect(try #require(result.finalDeviationPct) < 0.1)
        #expect(try #require(result.kneeDeviationPct) < 1)
        #expect(try #require(result.slopeAfterDeviationPct) < 1)
    }

    @Test func deviationsAreOfTheReferencesFinalValue() throws {
        let csv = "t_s,users_started_total,connected\n0,0,0\n1000,100,100\n2000,200,200\n3000,200,200\n"
        let reference = try Reference(csv: csv, file: "c.csv")
        #expect(reference.startSeconds == 0)
        let run = Curve([(0, 0), (1_000, 110), (2_000, 200), (3_000, 190)])
        let result = Fidelity.compare(run, with: reference, users: 200)
        #expect(result.comparedSamples == 3 && result.comparedFromModelS == 1_000)
        #expect(abs(try #require(result.rmsePct) - (200.0 / 3).squareRoot() / 200 * 100) < 1e-9)
        #expect(result.maxDeviationPct == 5 && result.maxRelativeDeviationPct == 10 && result.finalDeviationPct == 5)
        #expect(result.kneeConnected == nil && result.referenceKneeConnected == nil)
    }

    @Test func aRunThatEndedEarlySaysHowFarItWent() throws {
        let reference = try Fixture.reference()
        let points = Fidelity.curve(reference).points.prefix { $0.seconds < 2_000 }
        let result = Fidelity.compare(
            Curve(points.map { ($0.seconds, $0.connected) }), with: reference, users: 2_400_000)
        #expect(result.rmsePct == 0)
        #expect(try #require(result.comparedToModelS) < 2_000)
        #expect(try #require(result.finalDeviationPct) > 50)
        let short = Fidelity.compare(line(500, until: 400), with: reference, users: 2_400_000)
        #expect(short.rmsePct == nil && short.finalDeviationPct == nil && short.comparedSamples == nil)
    }

    @Test func nothingIsScaled() throws {
        let result = Fidelity.compare(line(50), with: try Fixture.reference(), users: 240_000)
        #expect(result.rmsePct == nil && result.maxDeviationPct == nil && result.finalDeviationPct == nil)
        #expect(result.kneeDeviationPct == nil && result.referenceKneeConnected != nil)
        #expect(try #require(result.remark).contains("2,400,000 users, this plan 240,000"))
    }

    /// A third of the users is a third of the curve, which in model units is all of it.
    @Test func aShrunkenRunIsHeldAgainstTheReferenceInModelUnits() throws {
        let reference = try Fixture.reference()
        let third = Fidelity.curve(reference).scaled(by: 0.333)
        let result = Fidelity.compare(third.scaled(by: 1 / 0.333), with: reference, users: Int((Double(799_200) / 0.333).rounded()))
        #expect(try #require(result.maxRelativeDeviationPct) < 0.01 && result.remark == nil)
    }

    @Test func aReferenceThatDoesNotSayHowManyIsComparedAndSaysSo() throws {
        let reference = try Reference(csv: "t_s,connected\n0,0\n1000,100\n2000,200\n", file: "c.csv")
        let result = Fidelity.compare(line(0.1), with: reference, users: 7)
        #expect(result.rmsePct == 0)
        #expect(try #require(result.remark).contains("as it stands"))
    }
}
