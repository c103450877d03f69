import Testing

@testable import Conductor

@Suite struct KneeFitTests {
    /// 500/s, from `knee` on `after`/s, to 4,800 s, with noise that adds up (as random arrivals do) and noise that does not.
    private func curve(
        seed: Int, step: Double = 40, knee: Double = 3_900, after: Double, arrivals: Double, jitter: Double
    ) -> Curve {
        var noise = Noise(seed: seed)
        var surplus = 0.0
        return Curve(
            stride(from: 0, through: 4_800, by: step).map { seconds in
                surplus += arrivals * noise.normal()
                let line = 500 * min(seconds, knee) + after * max(0, seconds - knee)
                return (seconds, line + surplus + jitter * noise.normal())
            })
    }

    /// Arrivals: 141 is Poisson's own at 20,000 in a step; ten times that is a bad host.
    @Test(arguments: [(0.0, 100.0), (141, 0), (141, 300), (1_000, 1_000), (0, 5_000)])
    func aBrokenStickIsFound(arrivals: Double, jitter: Double) {
        var (inside, wide) = (0, 0.0)
        for seed in 1...200 {
            // Not at a sample, and elsewhere each time.
            let at = 3_000 + Double(seed) * 4.7
            let found = KneeFit.knee(
                of: curve(seed: seed, knee: at, after: 350, arrivals: arrivals, jitter: jitter))
            guard let found else {
                Issue.record("seed \(seed): no knee was found")
                continue
            }
            if found.interval.contains(at) { inside += 1 }
            #expect(found.interval.contains(found.seconds))
            #expect(abs(found.slopeBefore - 500) < 15 && abs(found.slopeAfter - 350) < 40, "\(found)")
            #expect(abs(found.connected - 500 * at) < 0.1 * 500 * at, "\(found)")
            wide = max(wide, found.interval.upperBound - found.interval.lowerBound)
        }
        #expect(inside >= 190)
        #expect(wide < 1_200)
    }

    @Test func aStickWithoutNoiseIsFoundExactly() throws {
        let found = try #require(
            KneeFit.knee(of: curve(seed: 1, step: 10, knee: 3_900, after: 412, arrivals: 0, jitter: 0)))
        #expect(found.seconds == 3_900 && found.connected == 1_950_000)
        #expect(abs(found.slopeBefore - 500) < 1e-6 && abs(found.slopeAfter - 412) < 1e-6)
        #expect(found.interval == 3_890...3_910)
    }

    /// Nominally 1 %, for noise that adds up; rarer with jitter. The bounds are 1 % and three standard errors of 1,000 draws.
    @Test(arguments: [(14_000.0, 0.0), (14_000, 14_000), (0, 14_000), (5_000, 30_000)])
    func aStraightLineHasNoKnee(arrivals: Double, jitter: Double) {
        // So much noise that a change of slope by 2 % is nothing: the criterion alone decides.
        let found = (1...1_000).count { seed in
            KneeFit.knee(of: curve(seed: seed, after: 500, arrivals: arrivals, jitter: jitter)) != nil
        }
        #expect(found <= 20, "\(found) of 1,000")
        if jitter == 0 { #expect(found >= 3, "\(found) of 1,000: the criterion would be stricter than it says") }
    }

    @Test func aStraightLineWithoutNoiseHasNoKnee() {
        #expect(KneeFit.knee(of: curve(seed: 1, after: 500, arrivals: 0, jitter: 0)) == nil)
    }

    /// Significant with so little noise, but nothing that anyone would call a knee.
    @Test func aChangeBelowTwoPercentIsNone() {
        #expect(KneeFit.knee(of: curve(seed: 1, after: 492, arrivals: 1, jitter: 1)) == nil)
        #expect(KneeFit.knee(of: curve(seed: 1, after: 488, arrivals: 1, jitter: 1)) != nil)
    }

    @Test func tooFewSamplesTellNothing() {
        #expect(KneeFit.knee(of: curve(seed: 1, step: 300, after: 100, arrivals: 0, jitter: 0)) == nil)
        #expect(KneeFit.knee(of: Curve()) == nil)
        #expect(KneeFit.knee(of: Curve((0..<100).map { (Double($0), 0) })) == nil)
    }

    @Test func moreSamplesThanAreFittedGiveTheSame() throws {
        let found = try #require(
            KneeFit.knee(of: curve(seed: 3, step: 1, knee: 3_900, after: 412, arrivals: 22, jitter: 50)))
        #expect(found.interval.contains(3_900) && found.interval.upperBound - found.interval.lowerBound < 100)
    }
}
