import CLab
import Glibc
import Synchronization
import Testing

@testable import Engine

@Suite struct PortsTests {
    @Test func aSequenceGoesFromFirstToLastAndRoundAgain() {
        let memory = BoardMemory(targetLanes: 0, workerLanes: 2)
        let ports = memory.ports(65_533...65_535)
        #expect((0..<7).map { _ in ports.take() } == [65_533, 65_534, 65_535, 65_533, 65_534, 65_535, 65_533])
        #expect(ports.isSequence && !Ports.kernel.isSequence && Ports.kernel.take() == Ports.kernelsChoice)
        let single = Ports(first: 7, last: 7, cursor: memory.board.portCursor(ofWorkerWithFirstLane: 1))
        #expect(single.take() == 7 && single.take() == 7 && ports.take() == 65_534, "each worker has a cursor of its own")
    }

    /// Two lanes take in turns, as the scheduler has it, until the range is used up.
    @Test func lanesOfAWorkerNeverTakeTheSamePortInOneRound() {
        let memory = BoardMemory(targetLanes: 0, workerLanes: 2)
        let cursor = memory.board.portCursor(ofWorkerWithFirstLane: 0)
        let count = 64_511
        final class Lane: @unchecked Sendable {
            var taken: [UInt16] = []
        }
        let lanes = [Lane(), Lane()]
        let done = Atomic<Int>(0)
        for lane in lanes {
            let error = LaneThread.start {
                let ports = Ports(first: 1_025, last: 65_535, cursor: cursor)
                for _ in 0..<(count / 2) { lane.taken.append(ports.take()) }
                done.add(1, ordering: .releasing)
            }
            #expect(error == 0)
        }
        while done.load(ordering: .acquiring) < 2 { sched_yield() }
        let all = lanes[0].taken + lanes[1].taken
        #expect(all.count == count - 1 && Set(all).count == all.count, "no port twice")
        #expect(all.allSatisfy { $0 >= 1_025 })
    }

    // MARK: ports without an answer

    @Test func theShareOfPortsIsTheOneAskedFor() {
        for (seed, worker) in [(1, 0), (1, 1), (42, 7), (9_999_999, 39)] as [(UInt64, UInt32)] {
            let quarter = Unanswered(share: 0.25, seed: seed, worker: worker)
            let bad = (1_025...65_535 as ClosedRange<UInt16>).filter(quarter.takes)
            #expect(Double(bad.count) / 64_511 > 0.24 && Double(bad.count) / 64_511 < 0.26, "\(bad.count) of 64,511")
            let again = Unanswered(share: 0.25, seed: seed, worker: worker)
            #expect(bad.allSatisfy(again.takes), "a port is bad for the whole run")
            let half = Unanswered(share: 0.5, seed: seed, worker: worker)
            #expect(bad.allSatisfy(half.takes), "a larger share has all ports of a smaller one")
            let other = Unanswered(share: 0.25, seed: seed, worker: worker + 1)
            let both = bad.count { other.takes(port: $0) }
            #expect(both > bad.count / 5 && both < bad.count / 3, "workers' ports have nothing to do with each other")
        }
    }

    @Test func nothingAndEverythingAreSharesToo() {
        for share in [0, -1, Double.nan] {
            let none = Unanswered(share: share, seed: 3, worker: 0)
            #expect(none.isNone && !(0...UInt16.max).contains { none.takes(port: $0) })
        }
        for share in [1, 2] as [Double] {
            let all = Unanswered(share: share, seed: 3, worker: 0)
            #expect(!all.isNone && (0...UInt16.max).allSatisfy { all.takes(port: $0) })
        }
    }

    /// Where the kernel chooses the port, each attempt draws anew.
    @Test func attemptsDrawAnew() {
        let quarter = Unanswered(share: 0.25, seed: 5, worker: 0)
        var bad = 0
        for user in 0..<UInt64(10_000) {
            for attempt in 0..<UInt16(4) where quarter.takes(user: user, attempt: attempt) { bad += 1 }
        }
        #expect(bad > 9_600 && bad < 10_400)
        let always = (0..<UInt64(10_000)).count { user in (0..<UInt16(4)).allSatisfy { quarter.takes(user: user, attempt: $0) } }
        #expect(always > 10 && always < 100, "one in 256 draws badly four times")
    }

    // MARK: where attempts go

    private func orders(_ memory: BoardMemory, target: String, dead: String) -> WorkerOrders {
        WorkerOrders(
            usesRing: false, board: memory.board, bell: -1, targetAddress: target, deadAddress: dead, port: 4_000,
            portCount: 3, path: TestUsers.path, seed: 1, speedup: 1, isExponential: true, activeLanes: 1, window: 1,
            retries: 0, retryWaitMilliseconds: 10, hasSocketCommands: false, session: SessionStep.published, phases: [[]], lanes: [])
    }

    @Test func theAddressThatNeverAnswersFollowsTheTargets() throws {
        let memory = BoardMemory(targetLanes: 0, workerLanes: 1)
        func destinations(_ share: Double, target: String = "198.18.0.1", dead: String = "198.18.255.1") throws -> [String] {
            let settings = TestUsers.worker(users: 1, seed: 1, unansweredShare: share)
            return try WorkerHost.destinations(settings, orders(memory, target: target, dead: dead)).map {
                "\(UInt32(bigEndian: $0.sin_addr.s_addr) & 0xFFFF):\(UInt16(bigEndian: $0.sin_port))"
            }
        }
        let answering = ["1:4000", "1:4001", "1:4002"]
        #expect(try destinations(0) == answering)
        #expect(try destinations(0, dead: "nowhere") == answering, "nobody asks for it")
        #expect(try destinations(0.1) == answering + ["65281:4000", "65281:4001", "65281:4002"])
        #expect(throws: EngineError.self) { try destinations(0.1, dead: "nowhere") }
        #expect(throws: EngineError.self) { try destinations(0, target: "::1") }
    }
}
