import Testing

@testable import Profiles

/// How profiles that are larger than the host are made to fit, and what becomes of the droplet.
@Suite struct FittingTests {
    private func small(_ gibibytes: UInt64) -> HostFacts {
        Fixture.host {
            $0.memoryTotalBytes = gibibytes << 30
            $0.memoryAvailableBytes = gibibytes << 30
        }
    }

    private func refusal(_ body: () throws -> Plan) -> (status: Int32, message: String) {
        do {
            _ = try body()
            return (0, "nothing was thrown")
        } catch let error as PlanError {
            return (error.exitCode, error.message)
        } catch {
            return (-1, "\(error)")
        }
    }

    // MARK: The three fits

    @Test func autoTakesTheFirstThatFits() throws {
        #expect(try Fixture.plan("do-64gb", host: small(128)).fit == .full)
        #expect(try Fixture.plan("do-64gb").fit == .connections)
        #expect(try Fixture.plan("do-64gb", host: small(12)).fit == .footprint)
        #expect(try Fixture.plan("do-16gb").fit == .full)
        #expect(try Fixture.plan("do-32gb").fit == .connections)
        #expect(try Fixture.plan("smoke").fit == .full)
    }

    @Test func fullIsTheProfileAsItIs() throws {
        let plan = try Fixture.plan("do-64gb", host: small(128))
        #expect(plan.users == 2_400_000 && plan.footprintScale == 1 && plan.connectionScale == 1)
        #expect(plan.footprintBytes == 27_324 && plan.modelFootprintBytes == 27_324)
        let cap = try #require(plan.cap)
        #expect(cap.swapBytes.map { abs(Double($0) - Double(32 << 30)) < 0.01 * Double(32 << 30) } == true)
    }

    @Test func connectionsKeepsEveryConnectionAndTheKnee() throws {
        let (here, full) = (try Fixture.plan("do-64gb"), try Fixture.plan("do-64gb", host: small(128)))
        #expect(here.users == 2_400_000 && here.connectionScale == 1)
        #expect(here.footprintScale > 0.01 && here.footprintScale < 0.1)
        let (cap, fullCap) = (try #require(here.cap), try #require(full.cap))
        #expect(cap.kneeConnections == fullCap.kneeConnections)
        // 64,431 MiB at 27,324 bytes of footprint and some 4 KB of kernel each.
        #expect(cap.kneeConnections > 2_130_000 && cap.kneeConnections < 2_190_000)
        #expect(cap.memoryBytes < 12 << 30 && fullCap.memoryBytes > 62 << 30)
        // As many connections' worth of swap, at the same pace.
        let (swap, fullSwap) = (try #require(cap.swapBytes), try #require(fullCap.swapBytes))
        #expect(abs(Double(swap) / cap.chargedBytes / (Double(fullSwap) / fullCap.chargedBytes) - 1) < 0.001)
        let (speed, fullSpeed) = (try #require(cap.swapBytesPerSecond), try #require(fullCap.swapBytesPerSecond))
        #expect(abs(speed / cap.chargedBytes / (fullSpeed / fullCap.chargedBytes) - 1) < 0.001)
        let needed = Double(here.users) * here.ledger.reduce(0) { $0 + $1.bytes } + Double(cap.kneeConnections) * Double(here.footprintBytes)
        #expect(needed < Double(23 << 30))
    }

    @Test func footprintKeepsTheBytesAndTheShape() throws {
        let plan = try Fixture.plan("do-64gb", Flags(fit: .fixed(.footprint)))
        #expect(plan.footprintScale == 1 && plan.footprintBytes == 27_324)
        #expect(plan.connectionScale > 0.2 && plan.connectionScale < 0.4)
        #expect(abs(plan.users - Int(2_400_000 * plan.connectionScale)) <= 1)
        #expect(plan.phases.map(\.durationSeconds) == [6_000])
        #expect(abs((plan.phases[0].ratePerSecond ?? 0) - 500 * plan.connectionScale) < 1e-6)
        let knee = try #require(plan.cap?.kneeConnections)
        let full = try #require(try Fixture.plan("do-64gb", host: small(128)).cap?.kneeConnections)
        #expect(abs(knee - Int(Double(full) * plan.connectionScale)) <= 1)
        #expect(plan.expectations.first?.value == (2_300_000 * Double(plan.users) / 2_400_000).rounded(.down))
    }

    @Test func whatDoesNotFitIsArithmetic() {
        let full = refusal { try Fixture.plan("do-64gb", Flags(fit: .fixed(.full))) }
        #expect(full.status == 69)
        for part in ["Fit full", "2,400,000 connections need", "27,324", "--fit connections", "this host offers"] {
            #expect(full.message.contains(part), "\(full.message)")
        }
        let connections = refusal { try Fixture.plan("do-64gb", Flags(fit: .fixed(.connections)), host: small(12)) }
        #expect(connections.status == 69 && connections.message.contains("--fit footprint"), "\(connections.message)")
        let nothing = refusal { try Fixture.plan("do-64gb", host: Fixture.host { $0.memoryAvailableBytes = 1 << 20 }) }
        #expect(nothing.status == 69 && nothing.message.contains("not even a thousandth"), "\(nothing.message)")
    }

    // MARK: The droplet

    @Test func aCapBelowAnEmptyTargetIsRefused() {
        let empty = refusal { try Fixture.plan("do-1gb", set: ["target.droplet.memory=160 MiB"]) }
        #expect(empty.status == 64)
        for part in ["target.droplet.memory is 160 MiB", "150 MiB", "24 MiB"] {
            #expect(empty.message.contains(part), "\(empty.message)")
        }
    }

    @Test func moreSwapThanDiskIsRefused() {
        let host = Fixture.host { $0.swapDiskFreeBytes = 1 << 30 }
        let swap = refusal { try Fixture.plan("do-64gb", host: host) }
        #expect(swap.status == 69)
        for part in ["swap takes a file of", "1 GiB free", "target.droplet.swap"] {
            #expect(swap.message.contains(part), "\(swap.message)")
        }
    }

    @Test func withoutControlGroupsTheCapIsGivenUpAndSaidSo() throws {
        let plan = try Fixture.plan("do-64gb", host: Fixture.host { $0.capUnavailableBecause = "There is no controller." })
        #expect(plan.cap == nil)
        #expect(plan.degraded.contains { $0.contains("not enforced. There is no controller.") })
        #expect(plan.footprintBytes > 0)
    }

    @Test func whereSocketsAreNotChargedTheLimitIsFullAtTheSameConnections() throws {
        let new = try Fixture.plan("do-1gb"), old = try Fixture.plan("do-1gb", host: Fixture.host { $0.kernelRelease = "6.1.0-56-cloud-amd64" })
        let (newCap, oldCap) = (try #require(new.cap), try #require(old.cap))
        #expect(newCap.kneeConnections == oldCap.kneeConnections && newCap.chargedBytes - oldCap.chargedBytes == 3_957 - 1_550)
        #expect(oldCap.memoryBytes < newCap.memoryBytes && new.degraded == [])
        #expect(old.degraded.contains { $0.contains("this is 6.1.0-56-cloud-amd64) the kernel charges 1,550 of the 3,957 bytes") })
        #expect(old.ledger == new.ledger, "the host holds them all the same")
    }

    @Test func noSwapMeansTheKneeIsTheEnd() throws {
        let cap = try #require(try Fixture.plan("do-1gb").cap)
        #expect(cap.swapBytes == 0 && cap.ceilingConnections == cap.kneeConnections)
        let host = try #require(try Fixture.plan("do-1gb", set: ["target.droplet.swap=host"]).cap)
        #expect(host.swapBytes == nil && host.ceilingConnections == nil)
    }

    // MARK: Ports that get no answer

    @Test func deafPortsNeedAClockAndANetwork() throws {
        let paced = try Fixture.plan("do-64gb")
        #expect(paced.workers.filter { $0.unansweredShare == 0.25 }.count == 7)
        #expect(paced.unansweredAddress == "198.18.0.2")
        let unpaced = try Fixture.plan("do-64gb", Flags(rate: .max))
        #expect(unpaced.workers.allSatisfy { $0.unansweredShare == 0 } && unpaced.unansweredAddress == nil)
        #expect(unpaced.notes.contains { $0.contains("every source port is answered") })
        let loopback = try Fixture.plan("do-64gb", Flags(network: .loopback))
        #expect(loopback.degraded.contains { $0.contains("no address keeps silent") })
    }

    @Test func thePublishedRunIsPredicted() throws {
        let predictions = try Fixture.plan("do-64gb").predictions
        #expect(predictions.map(\.cause) == ["ports", "memory", "end"] || predictions.map(\.cause) == ["ports", "memory", "swap", "end"])
        // 7 x 48,383 of 64,511 ports can connect, and 33 x 60,000: the published run ended with 2,318,816.
        #expect(abs((predictions.last?.connected ?? 0) - 2_318_816) < 1_000)
        #expect(try Fixture.plan("do-64gb-cap-only").predictions.map(\.cause).first == "memory")
        #expect(try Fixture.plan("do-64gb-ports-only").predictions.map(\.cause) == ["ports", "end"])
    }

    @Test func thePlanPrintsTheLedgerOfTheDroplet() throws {
        let text = try Fixture.plan("do-64gb").description
        for part in [
            "Droplet (enforced)", "Footprint (really allocated)", "heaps and buffers", "21,652", "Predicted", "Elsewhere",
            "$6.70 for 2 h", "10,000,000", "100,000,000", "hosts of this kind",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}
