import Testing

@testable import Conductor

@Suite struct CompareOrderTests {
    @Test func twoVariantsTakeTurns() {
        #expect(CompareOrder.rounds(variants: 2, count: 5) == [[0, 1], [1, 0], [1, 0], [0, 1], [0, 1]])
        #expect(CompareOrder.rounds(variants: 2, count: 0).isEmpty)
    }

    @Test(arguments: 2...8) func everyRoundHasEveryVariantOnce(_ variants: Int) {
        let rounds = CompareOrder.rounds(variants: variants, count: 7)
        #expect(rounds.count == 7 && rounds.allSatisfy { $0.sorted() == Array(0..<variants) })
    }

    /// Whatever drifts evenly hits all alike: over each two rounds the places of every variant add up to the same.
    @Test(arguments: 2...8) func twoRoundsAreInBalance(_ variants: Int) {
        let rounds = CompareOrder.rounds(variants: variants, count: 2 * variants)
        for pair in stride(from: 0, to: rounds.count, by: 2) {
            for variant in 0..<variants {
                let places = [rounds[pair], rounds[pair + 1]].compactMap { $0.firstIndex(of: variant) }
                #expect(places.reduce(0, +) == variants - 1)
            }
        }
    }

    @Test(arguments: 2...8) func everyVariantFollowsEveryOtherEquallyOften(_ variants: Int) {
        var follows: [[Int]: Int] = [:]
        for round in CompareOrder.rounds(variants: variants, count: 2 * variants) {
            for (first, second) in zip(round, round.dropFirst()) { follows[[first, second], default: 0] += 1 }
        }
        #expect(Set(follows.values) == [2] && follows.count == variants * (variants - 1))
    }
}
