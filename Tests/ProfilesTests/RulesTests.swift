import Testing

@testable import Profiles

@Suite struct RulesTests {
    private func rules(_ target: String) throws -> Plan.Rules {
        try ProfileParser.parse(Fixture.yaml(more: "target: \(target)"), file: "p.yml").target.rules
    }

    @Test func theDefaultsAreThePublishedRuns() throws {
        let rules = try rules("{ port: 4000 }")
        #expect(rules == Plan.Rules())
        #expect(rules.idleTimeoutSeconds == nil && rules.origins == nil && rules.frameLimitBytes == 65_536)
    }

    @Test func everyKeyIsRead() throws {
        let rules = try rules(
            "{ frame_limit: 16 MiB, message_limit: 1 GiB, idle_timeout: 60 s, handshake_timeout: 5 s, message_timeout: 250 ms, check_origin: [example.org, //Localhost:4000] }")
        #expect(rules.frameLimitBytes == 16 << 20 && rules.messageLimitBytes == 1 << 30)
        #expect(rules.idleTimeoutSeconds == 60 && rules.handshakeTimeoutSeconds == 5 && rules.messageTimeoutSeconds == 0.25)
        #expect(rules.origins == ["example.org", "localhost:4000"])
        #expect(try self.rules("{ idle_timeout: infinity, check_origin: false }") == Plan.Rules())
    }

    @Test(arguments: [
        ("{ frame_limit: 5 B }", "125 B to 1 GiB"), ("{ message_limit: 2 GiB }", "125 B to 1 GiB"),
        ("{ idle_timeout: never }", "infinity is no timeout"), ("{ idle_timeout: 0 s }", "at least 10 ms"),
        ("{ handshake_timeout: infinity }", "is not a duration"), ("{ message_timeout: 5 }", "has no unit"),
        ("{ check_origin: true }", "write false, or a list of hosts"),
        ("{ check_origin: [\"http://example.org\"] }", "without http://"), ("{ check_origin: [\"\"] }", "is not a host"),
        ("{ frame_limits: 1 KiB }", "did you mean frame_limit"), ("{ path: \"/a#b\" }", "is not a request path"),
    ])
    func whatIsWrongIsSaid(target: String, words: String) {
        let message = Fixture.message { try rules(target) }
        #expect(message.contains(words) && message.contains("p.yml:"), "\(message)")
    }

    @Test func thePlanCarriesThem() throws {
        let plan = try Fixture.plan("smoke", set: ["target.idle_timeout=90 s", "target.check_origin=[example.org]"])
        #expect(plan.target.rules.idleTimeoutSeconds == 90)
        let read = try Plan.decode(plan.encoded())
        #expect(read == plan && read.target.rules.origins == ["example.org"])
        let words = plan.description.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("90 s idle, origins example.org"))
    }
}
