import Testing

@testable import Profiles

@Suite struct ForeignTargetTests {
    @Test(arguments: [
        ("ws://127.0.0.1:4000/socket/websocket", "127.0.0.1", 4000, "/socket/websocket", "127.0.0.1:4000"),
        ("ws://localhost", "localhost", 80, "/", "localhost"), ("WS://Example.org:80/?vsn=1.0.0", "Example.org", 80, "/?vsn=1.0.0", "Example.org"),
        ("ws://a-b.c:65535?x=1", "a-b.c", 65_535, "/?x=1", "a-b.c:65535"),
    ])
    func urlsAreTakenApart(text: String, host: String, port: UInt16, path: String, authority: String) throws {
        let url = try TargetURL(parsing: text)
        #expect(url.host == host && url.port == port && url.path == path && url.authority == authority)
    }

    @Test(arguments: [
        ("wss://127.0.0.1/", "TLS"), ("https://127.0.0.1/", "TLS"), ("127.0.0.1:80", "not a WebSocket URL"), ("ws://", "names no host"),
        ("ws://:80/", "names no host"), ("ws://[::1]/", "IPv6"), ("ws://me@host/", "a user"), ("ws://h:0/", "out of range"),
        ("ws://h:70000/", "out of range"), ("ws://h:1:2/", "names no host"), ("ws://h:/", "empty"), ("ws://h/a b", "not a request path"),
        ("ws://h/#a", "not a request path"), ("ws://h\r\nX: y/", "names no host"),
    ])
    func whatIsNoURLIsRefused(text: String, words: String) {
        let message = Fixture.message { try TargetURL(parsing: text) }
        #expect(message.contains(words), "\(message)")
    }

    private func plan(_ address: String, profile: Profile, _ flags: Flags = Flags(), host: HostFacts = Fixture.host()) throws -> Plan {
        var flags = flags
        flags.foreign = ForeignTarget(address: address, url: try TargetURL(parsing: "ws://example.org:8080/x"))
        return try Planner.plan(profile: profile, flags: flags, host: host, version: "test")
    }

    private func workers(_ users: Int, _ workers: Int? = nil, session: (text: String, file: String)? = nil) throws -> Profile {
        try LoneWorkers.profile(users: users, workers: workers, session: session, overrides: [])
    }

    @Test func theTargetIsNotOurs() throws {
        let plan = try plan("127.0.0.1", profile: workers(100_000))
        #expect(plan.target.isForeign && plan.target.lanes == 0 && plan.target.port == 8080 && plan.target.path == "/x")
        #expect(plan.target.host == "example.org:8080" && plan.network == .loopback && plan.degraded.isEmpty)
        #expect(plan.users == 100_000 && plan.workers.count == 5 && plan.workers.reduce(0) { $0 + $1.users } == 100_000)
        #expect(Set(plan.workers.map(\.address)).count == 5 && plan.workers.allSatisfy { $0.address.hasPrefix("127.1.") })
        #expect(try Plan.decode(plan.encoded()) == plan)
        #expect(plan.description.contains("somebody else's"))
    }

    /// A server on another address of the host is not reached from 127.0.0.0/8.
    @Test func beyondLoopbackTheKernelChoosesTheSource() throws {
        let plan = try plan("192.0.2.7", profile: workers(50, 3))
        #expect(plan.workers.map(\.users) == [17, 17, 16] && plan.workers.allSatisfy(\.leavesAddressToKernel))
    }

    @Test func noPrivilegeIsMissed() throws {
        let plan = try plan("127.0.0.1", profile: workers(10), host: Fixture.host { $0.privilege = .none })
        #expect(plan.degraded.isEmpty)
    }

    @Test func aProfilesTargetIsLeftOut() throws {
        let plan = try plan("127.0.0.1", profile: Fixture.profile("do-1gb"), Flags(connections: 1_000))
        #expect(plan.footprint.isEmpty && plan.cap == nil && plan.hibernateAfterSeconds == nil && plan.target.droplet == Plan.Droplet())
        #expect(plan.degraded.contains { $0.contains("somebody else's") })
    }

    @Test func aSessionFileIsAListOrAMapping() throws {
        let steps = "[ connect, join: rooms:lobby, think: 40000 s ]"
        let list = try workers(10, session: (steps, "s.yml"))
        #expect(list.session.last == .think(seconds: 40_000) && list.expectations.count == 1)
        let mapping = try workers(10, session: ("session: \(steps)\nhold: 9 s\nexpect: { joined.peak: \"== users\" }\n", "s.yml"))
        #expect(mapping.session == list.session && mapping.holdSeconds == 9 && mapping.expectations.count == 2)
        #expect(Fixture.message { try workers(10, session: ("lode: 1", "s.yml")) }.contains("s.yml:"))
        #expect(Fixture.message { try workers(10, session: ("", "s.yml")) }.contains("s.yml"))
        #expect(try workers(10).expectations.count == 3)
    }
}
