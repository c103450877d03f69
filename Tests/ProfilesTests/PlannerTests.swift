import Testing

@testable import Profiles

@Suite struct PlannerTests {
    // MARK: Lanes

    @Test(arguments: [Plan.EngineKind.ioUring, .epoll]) func the24MillionFitIn20000Descriptors(
        engine: Plan.EngineKind
    ) throws {
        let plan = try Fixture.plan("do-64gb", Flags(engine: engine, rate: .max))
        #expect(plan.users == 2_400_000)
        #expect(plan.workers.count == 40)
        #expect(plan.workers.allSatisfy { $0.users == 60_000 })
        #expect(plan.workerLanes.count == 160)
        #expect(plan.workerLanes.allSatisfy { $0.users == 15_000 })
        #expect(plan.target.laneCapacity == 18_876)
        #expect(plan.target.lanes == 128 + 2)
        #expect(plan.activeLanes == 2)
        #expect(plan.window == 64)
        #expect(plan.phases == [Plan.Phase(durationSeconds: 0, ratePerSecond: nil, users: 2_400_000)])
        #expect(plan.speedup == 1)
        #expect(plan.synRetries == 6)
    }

    @Test func aTableNeverHoldsMoreThan65536() throws {
        for (engine, lane) in [(Plan.EngineKind.ioUring, 65_436), (.epoll, 65_536)] {
            let plan = try Fixture.plan(
                "do-64gb", Flags(engine: engine, rate: .max), set: ["workers=[ { group: worker, count: 30, users: 80k } ]"],
                host: Fixture.host { $0.descriptorLimit = 1_048_576 })
            #expect(plan.target.laneCapacity == 65_536 - 1_124)
            #expect(plan.workerLanes.count == 60)
            #expect(plan.workerLanes.allSatisfy { $0.users == 40_000 && $0.users <= lane })
        }
    }

    @Test(arguments: Fixture.shipped) func lanesTileTheirWorkers(name: String) throws {
        let plan = try Fixture.plan(name, Flags(connections: name == "host-max" ? 1_000_003 : nil))
        #expect(plan.workers.reduce(0) { $0 + $1.users } == plan.users)
        #expect(plan.phases.reduce(0) { $0 + $1.users } == plan.users)
        #expect(plan.target.lanes * plan.target.laneCapacity >= plan.users)
        #expect(plan.target.lanes >= plan.activeLanes)
        for worker in plan.workers {
            var next = 0
            for lane in plan.workerLanes where lane.worker == worker.index {
                #expect(lane.firstUser == next)
                next += lane.users
            }
            #expect(next == worker.users)
        }
        #expect(plan.workerLanes.map(\.worker) == plan.workerLanes.map(\.worker).sorted())
    }

    @Test func tooFewDescriptorsAreRefused() {
        let message = Fixture.message { try Fixture.plan("smoke", host: Fixture.host { $0.descriptorLimit = 1_024 }) }
        #expect(message.contains("ulimit -Hn"))
        let many = Fixture.message { try Fixture.plan("do-64gb-ports-only", host: Fixture.host { $0.descriptorLimit = 1_300 }) }
        #expect(many.contains("lanes would be needed"), "\(many)")
    }

    // MARK: Users and workers

    @Test func connectionsScalePhasesAndWorkers() throws {
        let half = try Fixture.plan("do-64gb", Flags(connections: 100_000))
        #expect(half.users == 100_000)
        #expect(half.workers.map(\.users) == [33_334, 33_333, 33_333])
        #expect(half.phases == [Plan.Phase(durationSeconds: 250, ratePerSecond: 500, users: 100_000)])
        #expect(half.expectations[0].value == 95_833)
        #expect(half.notes.contains { $0.contains("--connections 100000") })
        #expect(!half.expectations.contains { $0.figure.hasPrefix("fidelity.") })
        #expect(half.notes.contains { $0.contains("another experiment") })

        let more = try Fixture.plan("smoke", Flags(connections: 4_500))
        #expect(more.workers.map(\.users) == [900, 900, 900, 900, 900])
        #expect(more.expectations[0].value == 4_500)

        let one = try Fixture.plan("do-64gb", Flags(connections: 1))
        #expect(one.workers.map(\.users) == [1])
    }

    @Test func aMixtureOfGroupsStaysAMixture() throws {
        let mixed = [
            "workers=[ { group: full, count: 32, users: 60k }, { group: short, count: 8, users: 60k, ports: 15000-64851 } ]"
        ]
        let all = try Fixture.plan("do-64gb", Flags(rate: .max), set: mixed)
        #expect(all.workers.filter { $0.group == "short" }.count == 8)
        #expect(all.notes.contains { $0.contains("49,852 source ports") && $0.contains("10,148 users") })
        let part = try Fixture.plan("do-64gb", Flags(connections: 600_000, rate: .max), set: mixed)
        #expect(part.workers.filter { $0.group == "short" }.count == 2)
        #expect(part.workers.count == 10)
    }

    @Test func sharesFillLikeWater() {
        #expect(Workforce.shares(of: 10, limits: [5, 5, 5]) == [4, 3, 3])
        #expect(Workforce.shares(of: 10, limits: [2, 100, 100]) == [2, 4, 4])
        #expect(Workforce.shares(of: 11, limits: [2, 100, 100]) == [2, 5, 4])
        #expect(Workforce.shares(of: 0, limits: [2, 2]) == [0, 0])
        #expect(Workforce.shares(of: 4, limits: [2, 2]) == [2, 2])
    }

    @Test func moreUsersThanWorkersStartIsArithmetic() {
        let message = Fixture.message { try Fixture.plan("do-64gb", set: ["workers.0.count=32"]) }
        #expect(message.contains("32 x 60,000 + 7 x 60,000 = 2,340,000"), "\(message)")
        let none = Fixture.message {
            try Fixture.plan("smoke", set: ["workers.count=auto", "load.phases=[ { rate: max } ]"])
        }
        #expect(none.contains("give it users"), "\(none)")
    }

    @Test func phasesAreBoundedByRateDurationAndWorkers() throws {
        let staged = try Fixture.plan(
            "do-64gb",
            set: ["load.phases=[ { duration: 400 s, rate: 1000/s, users: 250k }, { duration: 10 s, rate: 1000/s } ]"])
        #expect(staged.phases.map(\.users) == [250_000, 10_000])
        let clipped = try Fixture.plan(
            "do-64gb", set: ["load.phases=[ { duration: 10 s, rate: 1000/s, users: 250k } ]"])
        #expect(clipped.users == 10_000)
        #expect(clipped.notes.contains { $0.contains("starts 10,000") })
        let open = try Fixture.plan("do-64gb", set: ["load.phases=[ { duration: 100 min, rate: 500/s } ]"])
        #expect(open.users == 2_400_000)
    }

    @Test func addresses() throws {
        #expect(Address.worker(0, network: .routed) == "198.19.0.6")
        #expect(Address.worker(62, network: .routed) == "198.19.0.254")
        #expect(Address.worker(63, network: .routed) == "198.19.1.2")
        #expect(Address.worker(15_999, network: .routed) == "198.19.250.2")
        #expect(Address.worker(0, network: .loopback) == "127.1.0.1")
        #expect(Address.worker(250, network: .loopback) == "127.1.1.1")
        #expect(try Fixture.plan("smoke").target.address == "198.18.0.1")
    }

    // MARK: Pace

    @Test func rateKeepsTheUsers() throws {
        let slow = try Fixture.plan("do-64gb", Flags(rate: .perSecond(100)))
        #expect(slow.users == 2_400_000)
        #expect(slow.phases[0].durationSeconds > 24_000)
        #expect(slow.phases[0].durationSeconds < 24_200)
        let fast = try Fixture.plan("do-64gb", Flags(rate: .perSecond(1_000)))
        #expect(fast.phases[0].durationSeconds == 6_000)
    }

    @Test func speedups() throws {
        #expect(try Fixture.plan("do-64gb").speedup == 12.7)
        #expect(try Fixture.plan("do-64gb", Flags(speedup: .auto)).speedup == 20)
        #expect(try Fixture.plan("do-64gb", Flags(rate: .max, speedup: .auto)).speedup == 1)
        #expect(try Fixture.plan("do-64gb", Flags(speedup: .times(2))).speedup == 2)
        let fast = try Fixture.plan("do-64gb", Flags(rate: .perSecond(50_000), speedup: .auto))
        #expect(fast.speedup == 1)
    }

    @Test func patienceIsKeptInModelTime() throws {
        // 127 s of model time are 10 s of wall clock.
        let plan = try Fixture.plan("do-64gb")
        #expect(plan.synRetries == 2 && plan.synLinearTimeouts == 3 && plan.synPatienceSeconds == 10)
        // 12.7 s; without linear waits 15 s (3 retries) is nearer than 7 s.
        let old = Fixture.host { $0.kernelRelease = "6.4.9" }
        let slow = try Fixture.plan("do-64gb", Flags(speedup: .times(10)), host: old)
        #expect(slow.synRetries == 3 && slow.synLinearTimeouts == 0 && slow.synPatienceSeconds == 15)
        let real = try Fixture.plan("do-64gb", Flags(speedup: .times(1)))
        #expect(real.synRetries == 6 && real.synLinearTimeouts == 0 && real.synPatienceSeconds == 127)
    }

    @Test(arguments: [
        (Flags(rate: .max, speedup: .times(10)), ["--rate max", "--speedup 10", "conflict"]),
        (Flags(connections: 0), ["--connections 0", "100,000,000"]),
        (Flags(connections: -5), ["--connections -5"]),
        (Flags(speedup: .times(.nan)), ["--speedup"]),
        (Flags(rate: .perSecond(.infinity)), ["--rate", "10,000,000/s"]),
        (Flags(holdSeconds: -1), ["--hold", "30 days"]),
    ])
    func conflictsAreUsageErrors(flags: Flags, parts: [String]) {
        do {
            _ = try Fixture.plan("do-64gb", flags)
            Issue.record("nothing was thrown")
        } catch let error as PlanError {
            #expect(error.exitCode == 64)
            for part in parts { #expect(error.message.contains(part), "\(error.message)") }
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func aBridgeHasRoomForSoManyWorkers() throws {
        let many = ["workers.count=1023", "workers.users=2", "load.phases.0.users=2046"]
        let message = Fixture.message { try Fixture.plan("smoke", Flags(network: .bridge), set: many) }
        #expect(message.contains("1,023 workers") && message.contains("room for 1,022. Use --network routed or overlay"), "\(message)")
        #expect(try Fixture.plan("smoke", Flags(network: .overlay), set: many).workers.count == 1023)
    }

    @Test func speedupWithoutAClockIsAConflict() {
        let message = Fixture.message { try Fixture.plan("smoke", Flags(speedup: .times(2))) }
        #expect(message.contains("conflicts with profile smoke"))
    }
}
