import Glibc
import Testing

@testable import Engine

/// How many seeds each scripted test plays; SIMBENCH_SEEDS asks for more.
private let seedCount: UInt64 = getenv("SIMBENCH_SEEDS").flatMap { UInt64(String(cString: $0)) } ?? 500

/// Worker and target lanes against each other over a kernel that goes wrong as its seed says.
@Suite struct LanePairTests {
    private static let users = 12
    /// Small, and of every kind.
    private static let footprint = [
        FootprintPart(bytes: 40, access: .none), FootprintPart(bytes: 24, access: .touch, hibernatedBytes: 8),
        FootprintPart(bytes: 200, access: .copy, hibernatedBytes: 0), FootprintPart(bytes: 72, access: .copy),
    ]

    private func setup(_ seed: UInt64) -> (Int, Bool, Int, Int) {
        var random = SplitMix64(seed: seed)
        return (1 + Int(random.next() % 12), random.next() & 1 == 0, 1 + Int(random.next() % 30), 3 * Int(random.next() % 2))
    }

    private func traces<Way: ReceiveWay>(_ way: Way.Type) -> [UInt64] {
        var pair = LanePair<Way>(LanePair<Way>.Setup(users: Self.users))
        pair.play()
        #expect(pair.board[.joined] == UInt64(Self.users) && pair.board[.verified] == UInt64(Self.users))
        #expect(pair.wrongs(traces: pair.traces()) == [])
        return pair.traces()
    }

    private func play<Way: ReceiveWay>(_ way: Way.Type, faults: (UInt64) -> FaultPlan, mustJoinAll: Bool) {
        let traces = traces(way)
        for seed in 1...seedCount {
            let (window, isUnpaced, capacity, retries) = setup(seed)
            var pair = LanePair<Way>(
                LanePair<Way>.Setup(
                    users: Self.users, seed: seed, faults: faults(seed), isUnpaced: isUnpaced, window: window,
                    ports: seed % 3 != 0 ? nil : mustJoinAll ? 1_000...1_011 : 1_000...1_007, retries: retries,
                    unansweredShare: mustJoinAll || seed % 5 != 0 ? 0 : 0.3,
                    capacity: mustJoinAll ? 1_000 : capacity, spareSlots: Int(seed % 4), sweepsUnderFaults: seed % 2 == 0,
                    footprint: seed % 4 == 0 ? Self.footprint : [],
                    hibernateAfterNanoseconds: seed % 8 == 0 ? 3_000_000 : nil))
            pair.play()
            var wrongs = pair.wrongs(traces: traces)
            if mustJoinAll && pair.board[.verified] != UInt64(Self.users) { wrongs.append("not all joined: \(pair.board.causes)") }
            if !wrongs.isEmpty {
                Issue.record("seed \(seed), \(way): \(wrongs.joined(separator: "; "))")
                return
            }
        }
    }

    @Test func piecesDelaysAndIdleReadinessChangeNothing() {
        play(MayWait.self, faults: { _ in .harmless }, mustJoinAll: true)
    }

    @Test func piecesDelaysAndIdleReadinessChangeNothingOnWatches() {
        play(MayNotWait.self, faults: { _ in .harmless }, mustJoinAll: true)
    }

    @Test func piecesDelaysAndIdleReadinessChangeNothingWhereReceivesWaitAtRest() {
        play(MayWaitAtRest.self, faults: { _ in .harmless }, mustJoinAll: true)
    }

    @Test func everyUserJoinsOrEndsForOneCauseWhereReceivesWaitAtRest() {
        play(MayWaitAtRest.self, faults: FaultPlan.drawn, mustJoinAll: false)
    }

    @Test func everyUserJoinsOrEndsForOneCause() {
        play(MayWait.self, faults: FaultPlan.drawn, mustJoinAll: false)
    }

    @Test func everyUserJoinsOrEndsForOneCauseOnWatches() {
        play(MayNotWait.self, faults: FaultPlan.drawn, mustJoinAll: false)
    }
}
