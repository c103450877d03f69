import Glibc
import Testing

@testable import Engine

private let second: UInt64 = 1_000_000_000

private func arrivals(
    _ phases: [Pacer.Phase], _ spacing: Pacer.Spacing = .exponential, seed: UInt64 = 1, worker: UInt32 = 0, skip: Int = 0
) -> [Pacer.Arrival] {
    phases.withUnsafeBufferPointer { phases in
        var pacer = Pacer(phases: phases.baseAddress!, count: phases.count, spacing: spacing, seed: seed, worker: worker)
        pacer.skip(skip)
        var out: [Pacer.Arrival] = []
        while let next = pacer.next() { out.append(next) }
        let beyond = pacer.next()
        #expect(beyond == nil)
        return out
    }
}

@Suite struct PacerTests {
    /// The original's single phase on one of its forty workers.
    private let original = [
        Pacer.Phase(durationNanoseconds: 6_000 * second, ratePerSecond: 12.5, maximumUsers: 60_000)
    ]

    @Test func originalWorkerStartsAllItsUsersInEightyMinutes() {
        let due = arrivals(original, seed: 42, worker: 3).map(\.dueNanoseconds)
        #expect(due.count == 60_000)
        #expect(zip(due, due.dropFirst()).allSatisfy(<=))
        // 60,000 gaps of mean 80 ms: 4,800 s, give or take 0.4 % (one standard deviation is 20 s).
        #expect(abs(Double(due.last!) / 1e9 - 4_800) < 80)
        // Exponential: variance is the square of the mean, and 36.8 % of the gaps are longer than the mean.
        let gaps = zip(due.dropFirst(), due).map { Double($0 - $1) / 8e7 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        #expect(abs(mean - 1) < 0.02 && abs(variance - 1) < 0.04)
        #expect(abs(Double(gaps.count { $0 > 1 }) / Double(gaps.count) - 0.3679) < 0.01)
    }

    @Test func sameSeedSameSchedule() {
        let sum = arrivals(original, seed: 42, worker: 3).reduce(UInt64(0)) { $0 &* 31 &+ $1.dueNanoseconds }
        #expect(sum == 5237262536404736874)
        #expect(arrivals(original, seed: 42, worker: 4).first != arrivals(original, seed: 42, worker: 3).first)
        #expect(arrivals(original, seed: 43, worker: 3).first != arrivals(original, seed: 42, worker: 3).first)
    }

    @Test func skippingIsTheSameAsDroppingTheFirst() {
        for spacing in [Pacer.Spacing.exponential, .uniform] {
            let all = arrivals(original, spacing)
            #expect(arrivals(original, spacing, skip: 20_000) == Array(all[20_000...]))
            #expect(arrivals(original, spacing, skip: 60_000).isEmpty)
            #expect(arrivals(original, spacing, skip: 1_000_000).isEmpty)
        }
    }

    @Test func uniformGapsAreEqualAndWorkersAreSpread() {
        let phases = [Pacer.Phase(durationNanoseconds: 100 * second, ratePerSecond: 10, maximumUsers: .max)]
        var firsts = Set<UInt64>()
        for worker in 0..<40 as Range<UInt32> {
            let due = arrivals(phases, .uniform, worker: worker).map(\.dueNanoseconds)
            #expect(due.count == 1_000)
            #expect(zip(due.dropFirst(), due).allSatisfy { abs(Int64($0 - $1) - 100_000_000) <= 1 })
            firsts.insert(due[0])
        }
        #expect(firsts.count == 40 && firsts.allSatisfy { $0 <= second / 10 })
    }

    /// The staged variant of the original: every phase waits out its 400 s though its users are started in 250.
    @Test func phasesLastTheirWholeDuration() {
        let phases = [Pacer.Phase](
            repeating: Pacer.Phase(durationNanoseconds: 400 * second, ratePerSecond: 25, maximumUsers: 6_250), count: 4)
        let due = arrivals(phases).map { Double($0.dueNanoseconds) / 1e9 }
        #expect(due.count == 25_000)
        for phase in 0..<4 {
            let mine = due[(phase * 6_250)..<((phase + 1) * 6_250)]
            #expect(mine.first! >= Double(phase) * 400 && mine.first! < Double(phase) * 400 + 1)
            #expect(abs(mine.last! - Double(phase) * 400 - 250) < 15)
        }
    }

    @Test func durationEndsAPhaseBeforeItsUsersDo() {
        let phases = [
            Pacer.Phase(durationNanoseconds: 10 * second, ratePerSecond: 1_000, maximumUsers: .max),
            Pacer.Phase(durationNanoseconds: 5 * second, ratePerSecond: 0, maximumUsers: 100),
            Pacer.Phase(durationNanoseconds: 10 * second, ratePerSecond: 100, maximumUsers: .max),
        ]
        let due = arrivals(phases).map { Double($0.dueNanoseconds) / 1e9 }
        let first = due.count { $0 < 10 }, last = due.count { $0 >= 15 && $0 < 25 }
        #expect(first + last == due.count)
        #expect(abs(first - 10_000) < 400 && abs(last - 1_000) < 130)
    }

    @Test func maximumRateIsDueAtOnce() {
        let phases = [
            Pacer.Phase(durationNanoseconds: 3 * second, ratePerSecond: .infinity, maximumUsers: 5),
            Pacer.Phase(durationNanoseconds: second, ratePerSecond: .infinity, maximumUsers: 2),
        ]
        let expected = [0, 0, 0, 0, 0, 3 * second, 3 * second].map { Pacer.Arrival(dueNanoseconds: $0, isImmediate: true) }
        #expect(arrivals(phases) == expected)
        #expect(arrivals([]).isEmpty)
    }

    @Test func logarithmIsTheLibrarys() {
        #expect(Pacer.minusLogarithm(1) == 0)
        #expect(Pacer.unit(0) > 0 && Pacer.unit(.max) == 1)
        var random = SplitMix64(seed: 1)
        for _ in 0..<100_000 {
            let x = Pacer.unit(random.next() >> (random.next() % 50))
            let expected = -log(x)
            guard abs(Pacer.minusLogarithm(x) - expected) <= 4e-16 * max(expected, 1e-16) + 0x1p-1000 else {
                Issue.record("\(x): \(Pacer.minusLogarithm(x)) and not \(expected)")
                return
            }
        }
    }
}
