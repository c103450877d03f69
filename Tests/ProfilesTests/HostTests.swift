import Testing

@testable import Profiles

/// What a plan makes of hosts that lack something.
@Suite struct HostTests {
    private func hostError(_ body: () throws -> Plan) -> String {
        do {
            _ = try body()
            return "nothing was thrown"
        } catch let error as PlanError {
            return error.exitCode == 69 ? error.message : "exit status \(error.exitCode): \(error.message)"
        } catch {
            return "\(error)"
        }
    }

    // MARK: Memory

    @Test func hostMaxFillsTheMemory() throws {
        let plan = try Fixture.plan("host-max")
        #expect(plan.users >= 2_600_000)
        #expect(plan.users <= 2_900_000)
        #expect(plan.users % 1_000 == 0)
        #expect(plan.workers.count == (plan.users + 59_999) / 60_000)
        #expect(plan.expectations[0].value == Double(plan.users))
        let pair = plan.ledger.reduce(0) { $0 + $1.bytes }
        let needed = Double(plan.users) * pair
        #expect(needed < Double(23 << 30))
        #expect(needed > 0.93 * Double(23 << 30))
    }

    @Test func hostMaxTakesConnections() throws {
        let plan = try Fixture.plan("host-max", Flags(connections: 2_352_000))
        #expect(plan.users == 2_352_000)
        #expect(plan.workers.count == 40)
        #expect(plan.workers.allSatisfy { $0.users == 58_800 })
        #expect(plan.workerLanes.count == 120)
    }

    @Test func hostMaxIsLimitedByItsWorkers() throws {
        #expect(try Fixture.plan("host-max", set: ["workers.count=2"]).users == 120_000)
        let ports = try Fixture.plan("host-max", Flags(connections: 100_000), set: ["workers.ports=1025-2024"])
        #expect(ports.workers.count == 100)
        #expect(ports.workers.allSatisfy { $0.users == 1_000 })
        let shared = try Fixture.plan(
            "host-max", Flags(connections: 100_000), set: ["workers.ports=1025-2024", "target.port_count=8"])
        #expect(shared.workers.count == 13)
        #expect(shared.ledger.first { $0.name.hasSuffix("bind_buckets") }?.bytes == 32)
    }

    @Test func tooLittleMemoryIsArithmeticWithAWayOut() throws {
        let small = Fixture.host {
            $0.memoryAvailableBytes = 4 << 30
            $0.memoryTotalBytes = 4 << 30
        }
        let bare = ["target.droplet=~", "footprint=~"]
        let message = hostError { try Fixture.plan("do-64gb", set: bare, host: small) }
        for part in [
            "2,400,000 connections need", "8,569 bytes", "290 lanes", "40 workers", "kept free", "--connections ",
        ] {
            #expect(message.contains(part), "\(message)")
        }
        let digits = message.split(separator: "--connections ").last.map { $0.prefix { $0.isNumber } } ?? ""
        let fitting = try #require(Int(digits))
        #expect(try Fixture.plan("do-64gb", Flags(connections: fitting), set: bare, host: small).users == fitting)
        let none = hostError {
            try Fixture.plan("host-max", host: Fixture.host { $0.memoryAvailableBytes = 1 << 20 })
        }
        #expect(none.contains("nothing is left"))
    }

    @Test func waysOfWaitingDiffer() {
        func pair(_ waiting: Plan.Waiting) -> Double { Costs.ledger(waiting, portsPerUser: 1).reduce(0) { $0 + $1.bytes } }
        #expect(pair(.poll) == 8_569)
        #expect(pair(.poll) - pair(.item) == 96)
        #expect(pair(.receive) - pair(.poll) == 1_216)
        #expect(Costs.ledger(.item, portsPerUser: 1).allSatisfy { !$0.source.isEmpty })
    }

    // MARK: Privilege

    @Test func withoutGlobalSysctlsThePlanSaysSo() throws {
        let host = Fixture.host {
            $0.privilege = .userNamespace
            $0.privilegeLimitedBecause = "not root"
        }
        let plan = try Fixture.plan("smoke", host: host)
        #expect(plan.network == .routed)
        #expect(plan.degraded.count == 1)
        #expect(plan.degraded[0].contains("Global kernel settings"))
    }

    @Test func withoutNamespacesWorkersAreLoopbackAddresses() throws {
        let host = Fixture.host {
            $0.privilege = .none
            $0.privilegeLimitedBecause = "unshare says EPERM"
        }
        let plan = try Fixture.plan("smoke", host: host)
        #expect(plan.network == .loopback)
        #expect(plan.target.address == "127.0.0.1")
        #expect(plan.workers.map(\.address) == ["127.1.0.1", "127.1.0.2"])
        #expect(plan.degraded[0].contains("unshare says EPERM."))
        #expect(
            hostError { try Fixture.plan("smoke", Flags(network: .routed), host: host) }.contains(
                "--network loopback"))
    }

    @Test func withoutRingsTheEngineIsEpoll() throws {
        let host = Fixture.host { $0.ioUringUnavailableBecause = "kernel.io_uring_disabled is 2" }
        let plan = try Fixture.plan("do-64gb", host: host)
        #expect(plan.engine == .epoll)
        #expect(plan.degraded[0].contains("kernel.io_uring_disabled is 2."))
        #expect(
            hostError { try Fixture.plan("smoke", Flags(engine: .ioUring), host: host) }.contains("--engine epoll"))
        #expect(try Fixture.plan("smoke", Flags(engine: .epoll), host: host).degraded.isEmpty)
    }

    // MARK: Kernels

    @Test(arguments: [
        ("6.7.0", true), ("6.18.44-x", true), ("7.0", true), ("6.6.99", false), ("5.15.0-generic", false), ("", false),
        ("6", false),
    ])
    func releases(release: String, isAtLeast: Bool) {
        #expect(Fixture.host { $0.kernelRelease = release }.isKernelAtLeast(6, 7) == isAtLeast)
    }

    @Test func aModelThatTheKernelLacksIsRefusedWithItsReason() throws {
        let host = Fixture.host { $0.unavailableNetworks = ["overlay": "There is no VXLAN."] }
        do {
            _ = try Fixture.plan("smoke", Flags(network: .overlay), host: host)
            Issue.record("nothing was thrown")
        } catch let error as PlanError {
            #expect(error.exitCode == 69)
            #expect(error.message.hasPrefix("--network is overlay, which this kernel cannot make. There is no VXLAN."))
        }
        let message = Fixture.message { try Fixture.plan("smoke", set: ["network.model=overlay"], host: host) }
        #expect(message.hasPrefix("network.model of profile smoke is overlay"))
        #expect(try Fixture.plan("smoke", Flags(network: .bridge), host: host).network == .bridge)
        let bare = Fixture.host { ($0.unavailableNetworks, $0.privilege) = (["overlay": "x"], .none) }
        #expect(try Fixture.plan("smoke", set: ["network.model=overlay"], host: bare).network == .loopback)
    }
}
