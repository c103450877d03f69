import Testing

@testable import Profiles

/// How a plan says that an engine waits on connections at rest.
@Suite struct WaitingTests {
    private static let without = Fixture.host { $0.ioUringUnavailableBecause = "kernel.io_uring_disabled is 2" }

    private func planned(_ waiting: String?, _ flags: Flags = Flags(), host: HostFacts = Fixture.host()) throws -> Plan {
        try Fixture.plan("smoke", flags, set: waiting.map { ["tuning.waiting=\($0)"] } ?? [], host: host)
    }

    private func refusal(_ body: () throws -> Plan) -> (status: Int32, sentence: String) {
        do { _ = try body() } catch let error as PlanError { return (error.exitCode, error.message) } catch { return (0, "\(error)") }
        return (0, "nothing was thrown")
    }

    @Test func everyEngineHasAWayOfItsOwn() throws {
        #expect(try planned(nil).waiting == .poll)
        #expect(try planned(nil, Flags(engine: .epoll)).waiting == .item)
        #expect(try planned(nil, host: Self.without).waiting == .item, "io_uring does not work there")
        #expect(try planned("receive").waiting == .receive && planned("receive").engine == .ioUring)
        #expect(try planned("poll", Flags(engine: .ioUring)).waiting == .poll)
    }

    /// So that one comparison can hold all three against each other.
    @Test func aWayChoosesItsEngine() throws {
        let plan = try planned("item")
        #expect(plan.engine == .epoll && plan.waiting == .item)
        #expect(plan == (try planned(nil, Flags(engine: .epoll))))
    }

    @Test func aWayThatIsNotTheEnginesIsRefused() {
        let epoll = refusal { try planned("receive", Flags(engine: .epoll)) }
        #expect(epoll.status == 64 && epoll.sentence.contains("receive, which is io_uring's way, and the engine is epoll. epoll waits by item"), "\(epoll)")
        let ring = refusal { try planned("item", Flags(engine: .ioUring)) }
        #expect(ring.status == 64 && ring.sentence.contains("io_uring waits by poll or receive"), "\(ring)")
        let missing = refusal { try planned("receive", host: Self.without) }
        #expect(missing.status == 69 && missing.sentence.contains("kernel.io_uring_disabled is 2."), "\(missing)")
        #expect(Fixture.message { try planned("pol") }.contains("did you mean poll"))
    }

    @Test func anArmedReceiveIsReckonedWith() throws {
        func pair(_ waiting: String) throws -> Double { try planned(waiting).ledger.reduce(0) { $0 + $1.bytes } }
        #expect(try pair("receive") - pair("poll") == 2 * (864 - 256))
        func charged(_ waiting: String) throws -> Double? {
            try Fixture.plan("do-1gb", set: ["tuning.waiting=\(waiting)"]).cap?.chargedBytes
        }
        #expect(try #require(try charged("receive")) - #require(try charged("poll")) == 864 - 256)
        #expect(try #require(try charged("item")) == #require(try charged("poll")))
        let (poll, receive) = (try Fixture.plan("do-1gb"), try Fixture.plan("do-1gb", set: ["tuning.waiting=receive"]))
        #expect(poll.cap?.kneeConnections == receive.cap?.kneeConnections, "the modelled machine's memory is full where it is full")
    }

    @Test func itIsVariedUnderItsShortName() throws {
        let variation = try Variation(parsing: "waiting=item,poll,receive")
        #expect(variation.override("receive") == "tuning.waiting=receive")
    }

    @Test func thePlanSaysIt() throws {
        #expect(try planned("receive").description.contains("a connection at rest waits by an armed receive"))
    }
}
