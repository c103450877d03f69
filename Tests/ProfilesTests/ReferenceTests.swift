import Testing

@testable import Profiles

@Suite struct ReferenceTests {
    @Test func thePublishedCurve() throws {
        let curve = try Reference.load(path: "\(Fixture.directory)/reference/do-64gb.csv")
        #expect(curve.samples.count > 490)
        #expect(abs(curve.startSeconds - 42.6) < 0.05)
        #expect(curve.samples.map(\.connected).max() == 2_318_816)
        let at = try #require(curve.connected(atModelSeconds: 50 - curve.startSeconds))
        #expect(abs(at - 3_498) < 1)
        let between = try #require(curve.connected(atModelSeconds: 55 - curve.startSeconds))
        #expect(abs(between - (3_498 + 8_250) / 2) < 1)
        #expect(curve.connected(atModelSeconds: 0) == 0)
        #expect(curve.connected(atModelSeconds: -5) == 0)
        #expect(curve.connected(atModelSeconds: 1e9) == nil)
        #expect(curve.connected(atModelSeconds: .nan) == 0)
        // Half of the first stretch is half of its connections: the line begins with the load, not with the log.
        let early = try #require(curve.connected(atModelSeconds: (50 - curve.startSeconds) / 2))
        #expect(abs(early - 1_749) < 1)
    }

    @Test(arguments: [
        ("", "empty"), ("t_s,conected\n", "did you mean connected?"),
        ("t_s,users\n0,1\n", "column connected is missing"),
        ("t_s,connected\n0,0\n", "at least two rows"), ("t_s,connected\n0,0\n10\n", "c.csv:3: the row has 1 cells"),
        ("t_s,connected\n0,0\n10,x\n", "c.csv:3: connected is \"x\""), ("t_s,connected\n0,0\n0,1\n", "does not grow"),
        ("t_s,connected\n0,\n", "must not be empty"), ("t_s,connected\n0,-1\n", "zero or more"),
        ("t_s,connected\n0,inf\n", "zero or more"), ("t_s,t_s,connected\n", "twice"),
    ])
    func mistakesAreSentences(csv: String, part: String) {
        let message = Fixture.message { try Reference(csv: csv, file: "c.csv") }
        #expect(message.contains(part), "\(message)")
        #expect(message.hasPrefix("c.csv"))
    }

    @Test func curvesWithoutARampAreCurvesToo() throws {
        let flat = try Reference(csv: "t_s,connected\n0,0\n10,0\n", file: "c.csv")
        #expect(flat.connected(atModelSeconds: 5) == 0)
        let step = try Reference(csv: "t_s,connected\r\n0,5\r\n10,5\r\n", file: "c.csv")
        #expect(step.connected(atModelSeconds: 5) == 5)
    }
}
