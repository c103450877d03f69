import Foundation
import Testing

@testable import Profiles

/// A plan as JSON and as text.
@Suite struct PlanFormTests {
    @Test(arguments: Fixture.shipped) func theSameInputGivesTheSameBytes(name: String) throws {
        #expect(try Fixture.plan(name).encoded() == Fixture.plan(name).encoded())
    }

    @Test(arguments: Fixture.shipped) func jsonRoundTrip(name: String) throws {
        var plan = try Fixture.plan(name, Flags(seed: .max))
        plan.degraded = ["a sentence with \"quotes\" and / slashes"]
        #expect(try Plan.decode(plan.encoded()) == plan)
    }

    @Test func jsonIsReadable() throws {
        let json = try String(decoding: Fixture.plan("do-64gb").encoded(), as: UTF8.self)
        for part in [
            "\"schema\" : \"simbench.plan/1\"", "\"rate_per_second\" : 500", "\"join\" : \"rooms:lobby\"",
            "\"think_seconds\" : 30000", "\"connect\"", "\"worker_lanes\"", "\"engine\" : \"io_uring\"",
            "\"memory_available_bytes\"",
        ] {
            #expect(json.contains(part), "\(part)")
        }
    }

    @Test(arguments: Fixture.shipped) func textFitsEightyColumns(name: String) throws {
        let host = Fixture.host {
            $0.privilege = .userNamespace
            $0.privilegeLimitedBecause = "this user is not root and the kernel allows user namespaces"
        }
        let text = try Fixture.plan(name, host: host).description
        for line in text.split(separator: "\n") where !line.contains(Fixture.directory) {
            #expect(line.count <= 80, "\(line)")
            #expect(line.last != " ")
        }
        for part in ["Plan for \(name)", "Arrivals", "Workers (", "Lanes", "Memory", "needed", "Degraded"] {
            #expect(text.contains(part))
        }
    }

    @Test func textCarriesTheFigures() throws {
        let text = try Fixture.plan("do-64gb").description
        for part in [
            "2,400,000", "100 min", "500/s", "472.4 s", "1025-65535", "18,876", "160", "62.9 GiB", "19.2 GiB",
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }
}
