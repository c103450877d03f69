import Foundation
import Testing

@testable import Conductor

/// How sure a median of ratios is, and whether what is said of that is true.
@Suite struct PairedRatiosTests {
    @Test(arguments: [
        // Abramowitz and Stegun, table 26.10: A(t|ν) = 0.95, 0.99 and 0.9999.
        (1, 0.95, 12.706), (2, 0.95, 4.303), (4, 0.95, 2.776), (5, 0.95, 2.571), (10, 0.95, 2.228), (30, 0.95, 2.042), (4, 0.99, 4.604),
        (9, 0.99, 3.250), (4, 0.9999, 15.544), (3, 0.9999, 28.000),
    ]) func quantilesAreThePublishedOnes(_ degrees: Int, _ level: Double, _ t: Double) {
        #expect(abs(StudentT.quantile(level, degrees: degrees) - t) < 0.001)
        #expect(abs(StudentT.within(t, degrees: degrees) - level) < 1e-4)
    }

    /// With the first step of Holm's correction: the hardest.
    private func judged(_ ratios: PairedRatios, among figures: Int) -> Comparison.Judgement {
        ComparisonMaker.judge(ratios, adjusted: ratios.probability.map { min(1, $0 * Double(figures)) })
    }

    @Test func theMedianIsOfTheRatios() {
        #expect(abs((PairedRatios([0.5, 4, 2]).median ?? 0) - 2) < 1e-12)
        #expect(abs((PairedRatios([1, 4]).median ?? 0) - 2) < 1e-12, "halfway between two is their geometric mean")
        #expect(PairedRatios([]).median == nil)
        #expect(PairedRatios([0, -1, .nan, .infinity, 3]).count == 1)
    }

    @Test func anIntervalIsKnownByHand() throws {
        // Logarithms −d, 0, d: standard deviation d, and 4.3027 / √3 of it to each side.
        let d = log(1.1)
        let interval = try #require(PairedRatios([1 / 1.1, 1, 1.1]).interval())
        #expect(abs(log(interval.high) - 4.30265 * d / 3.0.squareRoot()) < 1e-5 && abs(log(interval.low) + log(interval.high)) < 1e-9)
        // 20 pairs: the sign test's interval goes from the 6th to the 15th (0.9586).
        let many = try #require(PairedRatios((1...20).map(Double.init)).interval())
        #expect(abs(many.low - 6) < 1e-9 && abs(many.high - 15) < 1e-9)
    }

    @Test func oneRatioHasNoInterval() {
        #expect(PairedRatios([2]).interval() == nil && PairedRatios([2]).bootstrap(seed: 1) == nil)
        #expect(PairedRatios([2, 3]).interval() != nil)
        #expect(PairedRatios((1...13).map(Double.init)).interval(level: 0.99999) == nil, "no order statistics are that sure")
    }

    @Test func equalRatiosAreAPoint() throws {
        let interval = try #require(PairedRatios([1, 1, 1, 1, 1]).interval())
        #expect(interval == (1, 1))
        #expect(judged(PairedRatios([1, 1, 1]), among: 20) == .noDifference)
    }

    @Test func theBootstrapIsRepeatable() throws {
        let ratios = PairedRatios([0.8, 0.9, 1.1, 1.3, 0.95])
        let (first, again) = (try #require(ratios.bootstrap(seed: 7)), try #require(ratios.bootstrap(seed: 7)))
        #expect(first == again)
        #expect(abs(first.low - 0.8) < 1e-12 && abs(first.high - 1.3) < 1e-12, "of five it is the smallest and the largest")
    }

    // MARK: Error rates

    enum Shape: String, CaseIterable { case normal, heavy, skewed }

    /// Ratios whose true median is 1.
    private func ratios(_ shape: Shape, count: Int, seed: Int) -> [Double] {
        var noise = Noise(seed: seed)
        return (0..<count).map { _ in
            let value = noise.normal()
            switch shape {
            case .normal: return exp(0.1 * value)
            // A quotient of normals far from 0 and of few degrees of freedom: outliers on both sides.
            case .heavy: return exp(0.1 * value / max(0.2, abs(noise.normal())))
            // Exponential of a normal, shifted to median 0: disturbances make a run slower, never faster.
            case .skewed: return exp(0.1 * (exp(0.5 * value) - 1))
            }
        }
    }

    /// Of a thousand samples, how many intervals miss.
    private func misses(_ shape: Shape, count: Int, _ interval: (PairedRatios) -> PairedRatios.Interval?) -> Int {
        (0..<1_000).count { draw in
            guard let interval = interval(PairedRatios(ratios(shape, count: count, seed: draw &* 1_000 &+ count))) else { return true }
            return !(interval.low...interval.high).contains(1)
        }
    }

    /// Of 1,000 intervals of 95 %, 50 miss; up to 70 are within what chance does to a count of that kind (2.9 deviations).
    private static let mostMisses = 70

    @Test(arguments: [3, 5, 8, 12, 13, 20], Shape.allCases) func theErrorRateIsTheNominalOne(_ count: Int, _ shape: Shape) {
        let misses = misses(shape, count: count) { $0.interval() }
        #expect(misses <= Self.mostMisses, "\(misses) of 1,000")
        // Nor is it bought with intervals that are too wide to say anything, where the distribution is what t is made for.
        if shape == .normal, count <= PairedRatios.mostPairsForT { #expect(misses >= 30, "\(misses) of 1,000") }
    }

    /// Why the bootstrap does not decide: its intervals of the same samples miss too often.
    @Test func thePlainBootstrapIsTooNarrow() {
        let rate = misses(.normal, count: 8) { $0.bootstrap(draws: 400, seed: 1) }
        #expect(rate > 60, "\(rate) of 1,000")
    }

    /// 25 figures of two equal variants, corrected for their number: how many of 1,000 comparisons call any of them different.
    private func wrongComparisons(_ shape: Shape, count: Int) -> Int {
        (0..<1_000).count { trial in
            let figures = (0..<25).map { PairedRatios(ratios(shape, count: count, seed: 77_000_000 + trial * 100 + $0)) }
            return zip(figures, Holm.adjusted(figures.map(\.probability))).contains { ($1 ?? 1) <= 0.05 && ComparisonMaker.judge($0, adjusted: $1).isSure }
        }
    }

    @Test(arguments: [5, 8, 20], Shape.allCases) func equalVariantsDifferInOneOfTwentyComparisonsAtMost(_ count: Int, _ shape: Shape) {
        let wrong = wrongComparisons(shape, count: count)
        #expect(wrong <= Self.mostMisses, "\(wrong) of 1,000, where 50 are allowed")
    }

    // MARK: Many figures

    @Test func holmsCorrectionIsKnownByHand() {
        let adjusted = Holm.adjusted([0.01, 0.04, nil, 0.03, 0.005])
        #expect(zip(adjusted, [0.03, 0.06, nil, 0.06, 0.02]).allSatisfy { told, wanted in
            guard let told, let wanted else { return told == nil && wanted == nil }
            return abs(told - wanted) < 1e-12
        }, "\(adjusted)")
        #expect(Holm.adjusted([0.6, 0.7]) == [1, 1] && Holm.adjusted([]).isEmpty && Holm.adjusted([nil, 0.2]) == [nil, 0.2])
    }

    /// An interval misses 1 at a level exactly where the probability is below the rest.
    @Test(arguments: [3, 5, 12, 13, 20]) func probabilityAndIntervalSayTheSame(_ count: Int) throws {
        for draw in 0..<200 {
            let ratios = PairedRatios(ratios(.normal, count: count, seed: 5_000_000 + draw))
            guard let interval = ratios.interval(), let probability = ratios.probability else { continue }
            if !(interval.low...interval.high).contains(1) { #expect(probability <= 0.05) }
            if probability < 0.05 - 1e-9 { #expect(!(interval.low...interval.high).contains(1)) }
        }
        // By hand: logarithms 1, 2, 3 are t = 2 / (1 / √3) = 3.4641 with two degrees of freedom.
        let three = try #require(PairedRatios([exp(1), exp(2), exp(3)]).probability)
        #expect(abs(three - 0.07418) < 1e-4)
        let signs = try #require(PairedRatios((0..<14).map { $0 == 0 ? 0.5 : 2 }).probability)
        #expect(abs(signs - 2 * 15 / 16_384) < 1e-12, "one of 14 against all others")
    }

    @Test func ticksWeighMoreWhereThereAreFewConnections() throws {
        let cpu = try #require(ComparedFigure.all.first { $0.path == "cpu_us_per_connection.target" })
        #expect(cpu.resolution(at: 30, connections: 2_000) == 10_000 / 2_000 / 30.0)
        #expect(cpu.resolution(at: 30, connections: 100_000) < 0.004 && cpu.resolution(at: 0, connections: 5) == 0)
        let latency = try #require(ComparedFigure.all.first { $0.path == "latency_us.join.p99" })
        #expect(latency.resolution(at: 30, connections: 2_000) == 1 / 32.0)
        // 35 µs beside 30 µs in every one of three rounds: one tick apart, which is no proof.
        let ratios = PairedRatios([35 / 30.0, 35 / 30.0, 35 / 30.0], resolution: cpu.resolution(at: 30, connections: 2_000))
        #expect(judged(ratios, among: 20) == .noDifference || judged(ratios, among: 20) == .perhapsMore)
    }

    /// Latencies that fall into the same two buckets every time are no proof; those far apart are.
    @Test func ratiosOfRoundedFiguresVaryByTheRounding() throws {
        let step = 1 + 1.0 / 32
        let (one, six) = (PairedRatios([step, step, step, step, step], resolution: 1 / 32.0), PairedRatios(Array(repeating: pow(step, 6), count: 5), resolution: 1 / 32.0))
        #expect(judged(one, among: 25) == .perhapsMore && judged(six, among: 25) == .more)
        #expect(judged(PairedRatios([step, step, step, step, step]), among: 25) == .more, "what is not rounded does not vary")
        // Medians on the edge of a bucket: each run falls to either side of it.
        let wrong = (0..<1_000).count { trial in
            let figures = (0..<9).map { figure -> PairedRatios in
                var noise = Noise(seed: 91_000_000 + trial * 10 + figure)
                return PairedRatios((0..<3).map { _ in (noise.normal() > 0 ? step : 1) / (noise.normal() > 0 ? step : 1) }, resolution: 1 / 32.0)
            }
            return zip(figures, Holm.adjusted(figures.map(\.probability))).contains { ($1 ?? 1) <= 0.05 && ComparisonMaker.judge($0, adjusted: $1).isSure }
        }
        #expect(wrong <= Self.mostMisses, "\(wrong) of 1,000")
    }

    @Test func aDifferenceIsSeenAndAnUnsureOneIsCalledPerhaps() {
        #expect(judged(PairedRatios([0.8, 0.81, 0.79, 0.8, 0.805]), among: 25) == .less)
        #expect(judged(PairedRatios([1.25, 1.24, 1.26, 1.25, 1.24]), among: 25) == .more)
        #expect(judged(PairedRatios([1.05, 1.02, 1.08, 1.03, 1.01]), among: 25) == .perhapsMore)
        #expect(judged(PairedRatios([0.9, 1.1, 1, 0.95, 1.04]), among: 25) == .noDifference)
        #expect(judged(PairedRatios([0.5]), among: 25) == .tooFew)
    }
}
