import Foundation
import Profiles
import Testing

@testable import Conductor
@testable import Dashboard
@testable import Engine

@Suite struct LiveStateTests {
    @Test func figuresAreThoseOfTheTally() throws {
        let plan = try Fixture.plan()
        let (state, tally) = Fixture.withBoard(plan) { board in
            for lane in 0..<plan.workerLanes.count {
                let counters = board.worker(lane)
                counters.add(.usersStarted, 900 + UInt64(lane))
                counters.add(.usersEnded, 3)
                counters.add(.connectedNow, 800 + UInt64(lane))
                counters.add(.joinedNow, 700 + UInt64(lane))
                counters.add(.joined, 705)
                counters.add(.opened, 705)
                counters.add(.errorTimedOut, 2)
                counters.add(.errorReset, UInt64(lane))
                counters.add(.lost, 4)
                counters.add(.retries, 6)
                counters.histogram(.join).record(microseconds: 40 + UInt64(lane))
            }
            return (Fixture.state(plan, board), Tally(board))
        }
        let live = try #require(state)
        #expect(live.usersStarted == tally.started && live.users == tally.started - tally.ended)
        #expect(live.connected == tally.connected && live.joined == tally.joined)
        #expect(live.errors == tally.errors && live.errorsTotal == tally.errorCount)
        #expect(live.lost == tally.lost && live.retries == tally.retries)
        #expect(live.workers.count == plan.workers.count)
        #expect(live.workers.reduce(0) { $0 + $1.started } == tally.started)
        #expect(live.workers.reduce(0) { $0 + $1.connected } == tally.connected)
        #expect(live.workers.reduce(0) { $0 + $1.joined } == tally.joined)
        #expect(live.workers.reduce(0) { $0 + $1.errors } == tally.errorCount)
        #expect(live.latencyUs.join?.count == UInt64(plan.workerLanes.count) && live.latencyUs.connect == nil)
        #expect(live.joinsPerSecond > 0)
    }

    @Test func theLastStateHasTheSummarysFigures() throws {
        let plan = try Fixture.plan()
        var told: [LiveState] = []
        var teller = LiveTeller(plan) { told.append($0) }
        Fixture.withBoard(plan) { board in
            board.worker(0).add(.joinedNow, 9)
            teller.tell(LiveTeller.Moment(stage: .holding, elapsedSeconds: 1, startSeconds: monotonicSeconds() - 1), board)
            board.worker(0).subtract(.joinedNow, 9)
            teller.tell(LiveTeller.Moment(stage: .tearingDown, elapsedSeconds: 2), board)
        }
        var summary = Self.summary(plan)
        summary.joined.final = 9
        summary.errors = ["etimedout": 5, "econnreset": 2]
        summary.interference = .init(hostBusyPct: 40, targetPct: 10, workersPct: 20, idlePct: 60, verdict: "not cpu-bound")
        summary.expectations = [
            .init(figure: "latency_us.join.p99", comparison: "<", value: 50_000, measured: 41_300, held: true),
            .init(figure: "joined.peak", comparison: "==", value: 2_000, measured: nil, held: false),
        ]
        teller.finish(summary, exitStatus: 1, elapsedSeconds: 3, event: "Verdict: failed.")
        let last = try #require(told.last)
        #expect(told.map(\.stage) == [.holding, .tearingDown, .done])
        #expect(last.joined == 9 && last.errors == summary.errors && last.errorsTotal == 7 && last.elapsedSeconds == 3)
        #expect(last.workers[0].joined == 9)
        #expect(last.outcome?.verdict == "failed" && last.outcome?.exitStatus == 1)
        #expect(last.outcome?.interference == summary.interference && last.outcome?.interferenceSentence?.contains("CPU left") == true)
        #expect(last.outcome?.expectations == summary.expectations)
        #expect(last.outcome?.expectationTexts.map(\.wanted) == ["latency_us.join.p99 < 50 ms", "joined.peak == 2,000"])
        #expect(last.outcome?.expectationTexts.map(\.measured) == ["41.3 ms", nil])
    }

    @Test func whatIsNotKnownIsLeftOut() throws {
        let plan = try Fixture.plan()
        let json = String(decoding: Hub.encode(LiveState(building: plan)), as: UTF8.self)
        let object = try Fixture.object(json)
        #expect(object["schema"] as? String == "simbench.live/1" && object["stage"] as? String == "building")
        #expect(object["model_seconds"] == nil && object["outcome"] == nil && object["knee"] == nil)
        #expect(try JSONDecoder.snake.decode(LiveState.self, from: Data(json.utf8)) == LiveState(building: plan))
    }

    static func summary(_ plan: Plan) -> Summary {
        Summary(
            version: "test", profile: "smoke", engine: .epoll, fit: .full, speedup: 1, seed: 1, digest: nil, degraded: [],
            verdict: "failed", ceiling: .init(cause: "none", atConnected: nil, evidence: []), users: .init(peak: 10, started: 10),
            connected: .init(peak: 9, final: 9), joined: .init(peak: 9, final: 9), verified: nil, lost: 0, errors: [:], retries: 0,
            ramp: .init(), latencyUs: .init(), bytesPerConnection: .init(method: "none"),
            cpuUsPerConnection: .init(method: "Nothing was measured: nobody joined."), traffic: .init(bytesIn: 0, bytesOut: 0),
            fidelity: .init(), droplet: nil, interference: .init(), teardown: .init(seconds: 0.5, leaks: []), expectations: [],
            host: plan.host)
    }
}

extension JSONDecoder {
    static var snake: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
