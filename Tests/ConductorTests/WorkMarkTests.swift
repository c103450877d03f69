import Lab
import Testing

@testable import Conductor
@testable import Engine

@Suite struct WorkMarkTests {
    @Test func whatGrewIsDividedByTheJoins() {
        let before = WorkMark(
            targetSwitches: .init(voluntary: 10, involuntary: 5), workersSwitches: nil, targetCalls: 100, workersCalls: 200)
        let after = WorkMark(
            targetSwitches: .init(voluntary: 50, involuntary: 15), workersSwitches: .init(voluntary: 1, involuntary: 1), targetCalls: 500,
            workersCalls: 900)
        let switches = after.switches(since: before, joins: 100)
        #expect(switches.target == 0.5 && switches.workers == nil, "a side that was not seen before has no growth")
        let calls = after.calls(since: before, joins: 100, hasTarget: true)
        #expect(calls.target == 4 && calls.workers == 7)
        #expect(after.calls(since: before, joins: 0, hasTarget: true).target == nil)
        #expect(after.calls(since: before, joins: 100, hasTarget: false).target == nil, "somebody else's target is not counted")
        #expect(before.switches(since: after, joins: 100).target == nil, "threads that ended took their counts along")
    }

    @Test func theBoardsLanesAreAddedUp() {
        Fixture.withBoard(targetLanes: 2, workerLanes: 2) { board in
            board.target(0).set(.systemCalls, 3)
            board.target(1).set(.systemCalls, 1_000)
            board.worker(0).set(.systemCalls, 5)
            board.worker(1).set(.systemCalls, 6)
            let mark = WorkMark(board, targetLanes: 1, target: nil, workers: nil)
            #expect(mark.targetCalls == 3 && mark.workersCalls == 11, "a lane for visitors does not count")
        }
    }
}
