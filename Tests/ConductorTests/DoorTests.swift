import Glibc
import Profiles
import Testing

@testable import Conductor
@testable import Engine

@Suite struct DoorTests {
    @Test(arguments: [
        ("127.0.0.1:4000", "127.0.0.1", 4000), (":0", "127.0.0.1", 0), ("8080", "127.0.0.1", 8080), ("*:1", "0.0.0.0", 1),
        ("localhost:65535", "127.0.0.1", 65_535),
    ])
    func endpointsAreRead(text: String, address: String, port: UInt16) throws {
        #expect(try Endpoint(parsing: text) == Endpoint(address: address, port: port))
    }

    @Test(arguments: ["", "x", "1.2.3:80", "1.2.3.4:", "1.2.3.4:70000", "[::1]:80", "a:b:c", "host:80", "-1"])
    func whatIsNoEndpointIsRefused(text: String) {
        #expect(throws: UnitError.self) { try Endpoint(parsing: text) }
    }

    /// Somebody listens on the profile's port: the door is another free one.
    @Test func theDoorFindsAFreePort() throws {
        let taken = try Endpoint(address: "127.0.0.1", port: 0).listen(backlog: 1)
        defer { close(taken.descriptor) }
        let plan = try Fixture.plan { $0.target.port = taken.endpoint.port }
        let opening = Door.open(.automatic, plan)
        #expect(opening.door != nil && opening.degraded.isEmpty)
        #expect(opening.url?.hasPrefix("http://127.0.0.1:") == true && opening.url != taken.endpoint.url)
    }

    /// That nobody can look in is no reason to fail.
    @Test func aDoorThatCannotBeOpenedIsASentence() throws {
        let taken = try Endpoint(address: "127.0.0.1", port: 0).listen(backlog: 1)
        defer { close(taken.descriptor) }
        let opening = Door.open(.at(taken.endpoint), try Fixture.plan())
        #expect(opening.door == nil && opening.url == nil)
        #expect(opening.degraded.first?.contains("Somebody else listens there") == true)
    }

    @Test func thereIsNoDoorWhereNoneIsNeeded() throws {
        let loopback = try Fixture.plan { ($0.network, $0.target.address) = (.loopback, "127.0.0.1") }
        #expect(Door.open(.automatic, loopback).door == nil)
        #expect(Door.open(.automatic, loopback).url == "http://127.0.0.1:4000/")
        let foreign = try Fixture.plan { $0.target.isForeign = true }
        for opening in [Door.open(.automatic, foreign), Door.open(.off, try Fixture.plan())] {
            #expect(opening.door == nil && opening.url == nil && opening.degraded.isEmpty)
        }
    }

    /// Who looks in does not colour the run's figures.
    @Test func visitorsAreNotTallied() {
        Fixture.withBoard(targetLanes: 3, workerLanes: 1) { board in
            for lane in 0..<3 { board.target(lane).add(.openNow, 10) }
            #expect(Tally(board, targetLanes: 2).served == 20)
            #expect(Tally(board).served == 30)
        }
    }

    @Test func rulesAreWallTimeForTheTarget() {
        var rules = Plan.Rules()
        rules.idleTimeoutSeconds = 60
        let orders = LaneProcess.rules(rules, speedup: 10)
        #expect(orders.idleTimeoutNanoseconds == 6_000_000_000 && orders.handshakeTimeoutNanoseconds == 10_000_000_000)
        #expect(orders.frameLimitBytes == 65_536 && orders.origins == nil)
        #expect(LaneProcess.rules(Plan.Rules(), speedup: 10).idleTimeoutNanoseconds == nil)
    }
}
