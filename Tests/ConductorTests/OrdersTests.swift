import Profiles
import Testing

@testable import Conductor
@testable import Engine

@Suite struct OrdersTests {
    private func plan(workers: [Int], phases: [Int]) throws -> Plan {
        try Fixture.plan { plan in
            let model = plan.workers[0]
            plan.workers = workers.enumerated().map { index, users in
                var worker = model
                (worker.index, worker.users) = (index, users)
                return worker
            }
            plan.phases = phases.map { .init(durationSeconds: 400, ratePerSecond: 1_000, users: $0) }
            plan.users = phases.reduce(0, +)
        }
    }

    /// The shares of a phase add up to it, those of a worker to what it may start, and the rates to the phase's.
    @Test(arguments: [
        ([60_000], [60_000]), (Array(repeating: 60_000, count: 40), [2_400_000]), ([1, 2, 3], [6]), ([7, 0, 5], [12]),
        ([67, 67, 66], [100, 100]), ([1, 1, 1], [1, 1, 1]), ([3, 3, 3, 1], [4, 1, 5]), ([0, 0], [0]),
        (Array(repeating: 35_714, count: 7), [100_000, 100_001, 49_997]), ([10, 20, 30], [0, 60, 0]),
    ])
    func sharesAddUp(workers: [Int], phases: [Int]) throws {
        let plan = try plan(workers: workers, phases: phases)
        let shares = LaneProcess.shares(plan)
        #expect(shares.count == workers.count && shares.allSatisfy { $0.count == phases.count })
        for (index, users) in phases.enumerated() {
            #expect(shares.reduce(0) { $0 + $1[index].users } == users, "phase \(index)")
            let rate = shares.reduce(0) { $0 + ($1[index].ratePerSecond ?? .nan) }
            #expect(abs(rate - (users > 0 || workers.contains { $0 > 0 } ? 1_000 : 0)) < 1e-6)
        }
        for (index, share) in shares.enumerated() {
            #expect(share.allSatisfy { $0.users >= 0 })
            #expect(share.reduce(0) { $0 + $1.users } == workers[index], "worker \(index)")
        }
    }

    @Test func maxStaysMax() throws {
        var plan = try plan(workers: [1, 1], phases: [2])
        plan.phases[0].ratePerSecond = nil
        #expect(LaneProcess.shares(plan).allSatisfy { $0[0].ratePerSecond == nil && $0[0].users == 1 })
    }

    /// Lanes that are busy at the same time sit on different CPUs, whatever the number of lanes of a worker.
    @Test(arguments: [1, 2, 3, 4]) func busyLanesAreSpreadOverTheCPUs(lanes: Int) throws {
        let workerLanes = (0..<40 * lanes).map { Plan.WorkerLane(worker: $0 / lanes, firstUser: 0, users: 1) }
        let paced = LaneProcess.seats(
            try Fixture.plan {
                $0.workerLanes = workerLanes
                $0.phases = [Plan.Phase(durationSeconds: 9, ratePerSecond: 5, users: 40)]
            })
        for lane in 0..<lanes {
            let busy = (0..<40).map { paced[$0 * lanes + lane] % 2 }
            #expect(busy.filter { $0 == 0 }.count == 20)
        }
        let unpaced = LaneProcess.seats(try Fixture.plan { $0.workerLanes = workerLanes })
        #expect(unpaced == Array(workerLanes.indices), "neighbours run at the same time")
    }
}

@Suite struct SessionOrdersTests {
    @Test func stepsArePassedOnAndLastingSilenceIsRest() throws {
        var plan = try Fixture.plan()
        plan.session = [
            .connect, .join(topic: "a"), .send(.push(topic: "a", event: "e", payload: "{}"), ack: .none), .send(.text("ä"), ack: .message),
            .loop(times: 2, steps: [.send(.binary("b"), ack: .none), .heartbeat, .thinkExponential(meanSeconds: 2)]), .leave(topic: "a"),
        ]
        let steps: [SessionStep] = [
            .connect, .join(topic: "a"), .push(topic: "a", event: "e", payload: "{}", .none), .frame(isText: true, [0xC3, 0xA4], .message),
            .loop(times: 2, [.frame(isText: false, [0x62], .none), .heartbeat, .thinkExponential(meanSeconds: 2)]), .leave(topic: "a"),
        ]
        #expect(SessionOrders.steps(plan) == steps)
        plan.session += [.close]
        #expect(SessionOrders.steps(plan) == steps + [.close])
        plan.session = [.connect, .join(topic: "rooms:lobby"), .loop(times: 1_000, steps: [.think(seconds: 30)])]
        plan.phases = [.init(durationSeconds: 6_000, ratePerSecond: 5, users: plan.users)]
        #expect(SessionOrders.steps(plan) == SessionStep.published)
        plan.phases[0].durationSeconds = 40_000
        #expect(SessionOrders.steps(plan).last == .loop(times: 1_000, [.think(seconds: 30)]))
    }

    /// What a profile may send, a lane can.
    @Test func aFramesLimitIsThatOfTheLanesBuffers() { #expect(Limits.sentFrameBytes == Blocks.bytes) }
}
