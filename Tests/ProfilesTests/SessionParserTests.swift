import Foundation
import Testing

@testable import Profiles

/// The session section: what it reads, what it refuses, and how it looks in a plan.
@Suite struct SessionParserTests {
    private static func parse(_ steps: String) throws -> [Plan.Step] {
        try ProfileParser.parse(Fixture.yaml(session: "session:\n\(steps)"), file: "tiny.yml").session
    }

    private static let whole = """
        - connect
        - think: { mean: 1500 ms }
        - join: rooms:lobby
        - send: { event: "new:msg", payload: '{"user":"%%user%%","body":"hi"}', topic: rooms:lobby, ack: reply }
        - send: { event: typing }
        - send: { event: "new:msg", ack: broadcast }
        - send: { text: 'hello %%user%%', ack: none }
        - send: { binary: 'hello' }
        - think: 30 s
        - heartbeat
        - loop:
            times: 10
            steps:
            - join: rooms:2
            - loop: { times: 1k, steps: [ think: 1 s, send: { event: x, ack: message } ] }
            - leave: rooms:2
        - leave: rooms:lobby
        - close
        """

    private static let wholeSteps: [Plan.Step] = [
        .connect, .thinkExponential(meanSeconds: 1.5), .join(topic: "rooms:lobby"),
        .send(.push(topic: "rooms:lobby", event: "new:msg", payload: #"{"user":"%%user%%","body":"hi"}"#), ack: .reply),
        .send(.push(topic: "rooms:lobby", event: "typing", payload: "{}"), ack: .reply),
        .send(.push(topic: "rooms:lobby", event: "new:msg", payload: "{}"), ack: .broadcast), .send(.text("hello %%user%%"), ack: .none),
        .send(.binary("hello"), ack: .message), .think(seconds: 30), .heartbeat,
        .loop(
            times: 10,
            steps: [
                .join(topic: "rooms:2"),
                .loop(times: 1_000, steps: [.think(seconds: 1), .send(.push(topic: "rooms:2", event: "x", payload: "{}"), ack: .message)]),
                .leave(topic: "rooms:2"),
            ]), .leave(topic: "rooms:lobby"), .close,
    ]

    @Test func everyStepIsRead() throws {
        let steps = try Self.parse(Self.whole)
        #expect(steps == Self.wholeSteps)
        #expect(steps.unrolledCount == 12 + 10 * 2_002)
        #expect(steps.meanSeconds == 31.5 + 10_000)
    }

    @Test(arguments: [
        "- connect", "- connect\n- echo", "- connect\n- close", "- connect\n- send: { text: '' }",
        "- connect\n- send: { text: '100 %%, 5 %% and %% %%' }", "- connect\n- send: { event: heartbeat, topic: phoenix, payload: '[1]' }",
        "- connect\n- loop: { times: 1000000000, steps: [ heartbeat ] }\n".replacingOccurrences(of: "1000000000", with: "999999999"),
        "- connect\n- join: a\n- loop: { times: 2, steps: [ leave: a, join: a ] }",
        "- connect\n- send: { text: '\(String(repeating: "a", count: 1_016))' }",
        "- connect\n- send: { text: '\(String(repeating: "ä", count: 508))' }",
    ]) func sessionsOfPlainServersAreLegal(steps: String) throws { _ = try Self.parse(steps) }

    /// What is wrong, and what the sentence must contain.
    static let mistakes: [(String, [String])] = [
        ("- heartbeat", ["session.0", "starts with connect"]),
        ("- loop: { times: 2, steps: [ connect ] }", ["session.0", "starts with connect"]),
        ("- connect\n- loop: { times: 2, steps: [ connect ] }", ["session.1.loop.steps.0", "connects once"]),
        ("- connect\n- dance", ["tiny.yml:6: session.1", "\"dance\"", "heartbeat, leave: TOPIC, loop"]),
        ("- connect\n- jion: a", ["session.1.jion", "did you mean join?"]),
        ("- connect\n- { join: a, think: 3 s }", ["session.1", "one thing"]),
        ("- connect\n- join: a\n- join: a", ["session.2.join", "joined there already"]),
        ("- connect\n- join: 'a b'", ["session.1.join", "is not a topic"]),
        ("- connect\n- join: 'rooms:%%user%%'", ["session.1.join", "the same for all users"]),
        ("- connect\n- leave: a", ["session.1.leave", "not joined there", "no topics"]),
        ("- connect\n- join: b\n- leave: a", ["session.2.leave", "joined are b"]),
        ("- connect\n- join: a\n- leave: a\n- leave: a", ["session.3.leave"]),
        ("- connect\n" + (0..<17).map { "- join: t\($0)\n" }.joined(), ["session.17.join", "at most 16 times"]),
        ("- connect\n- loop: { times: 2, steps: [ join: a ] }", ["session.1.loop", "as it found them"]),
        ("- connect\n- join: a\n- loop: { times: 2, steps: [ leave: a ] }", ["session.2.loop", "as it found them"]),
        ("- connect\n- loop: { times: 0, steps: [ heartbeat ] }", ["session.1.loop.times", "1 to 1,000,000,000"]),
        ("- connect\n- loop: { steps: [ heartbeat ] }", ["session.1.loop", "lacks the key \"times\""]),
        ("- connect\n- loop: { times: 2 }", ["session.1.loop", "lacks the key \"steps\""]),
        ("- connect\n- loop: { times: 2, steps: [] }", ["session.1.loop.steps", "empty list"]),
        ("- connect\n- loop: 5", ["session.1.loop", "is a mapping"]),
        (
            "- connect\n- loop: { times: 1M, steps: [ loop: { times: 1M, steps: [ heartbeat ] } ] }",
            ["session:", "more than 1,000,000,000 steps"]
        ),
        (
            "- connect\n- " + String(repeating: "loop: { times: 100M, steps: [ ", count: 8) + "heartbeat" + String(repeating: " ] }", count: 8),
            ["session:", "more than 1,000,000,000 steps"]
        ),
        (
            "- connect\n- " + String(repeating: "loop: { times: 1, steps: [ ", count: 9) + "heartbeat" + String(repeating: " ] }", count: 9),
            ["nested at most 8 deep"]
        ),
        ("- connect\n- close\n- heartbeat", ["session.2", "nothing comes after close"]),
        ("- connect\n- echo\n- close", ["session.2", "nothing comes after echo"]),
        ("- connect\n- loop: { times: 2, steps: [ close ] }", ["session.1.loop.steps.0", "no place in a loop"]),
        ("- connect\n- think: 30", ["session.1.think", "no unit"]),
        ("- connect\n- think: { average: 3 s }", ["session.1.think.average", "mean"]),
        ("- connect\n- think: {}", ["session.1.think", "lacks the key \"mean\""]),
        ("- connect\n- send: hello", ["session.1.send", "is a mapping"]),
        ("- connect\n- send: {}", ["session.1.send", "one of event", "none"]),
        ("- connect\n- send: { text: a, binary: b }", ["session.1.send", "text and binary"]),
        ("- connect\n- send: { text: a, payload: '{}' }", ["session.1.send", "payload belongs to a push"]),
        ("- connect\n- send: { binary: a, topic: b }", ["session.1.send", "topic belongs to a push"]),
        ("- connect\n- send: { text: a, ack: reply }", ["session.1.send", "only a push has a ref"]),
        ("- connect\n- send: { text: a, ack: replies }", ["session.1.send.ack", "\"replies\"", "none, reply, message, broadcast"]),
        ("- connect\n- send: { text: a, ack: broadcast }", ["session.1.send", "only a push is broadcast"]),
        ("- connect\n- join: a\n- send: { event: e, topic: b, ack: broadcast }", ["session.2.send", "b is not joined there"]),
        ("- connect\n- send: { text: a, wait: none }", ["session.1.send.wait", "no key \"wait\""]),
        ("- connect\n- send: { event: a }", ["session.1.send", "needs a topic"]),
        ("- connect\n- join: t\n- send: { event: 'a b' }", ["session.2.send.event", "is not an event"]),
        ("- connect\n- join: t\n- send: { event: a, payload: 'hi' }", ["session.2.send.payload", "is not JSON"]),
        ("- connect\n- join: t\n- send: { event: a, payload: '{\"a\":%%user%%' }", ["session.2.send.payload", "is not JSON"]),
        ("- connect\n- send: { text: 'hello %%name%%' }", ["session.1.send.text", "%%name%%", "%%user%%"]),
        (
            "- connect\n- send: { text: '\(String(repeating: "a", count: 1_017))' }",
            ["session.1.send.text", "1,025 bytes", "takes 1,024"]
        ),
        ("- connect\n- send: { text: '\(String(repeating: "%%user%%", count: 113))' }", ["session.1.send.text", "takes 1,024"]),
        ("- connect\n- send: { binary: '\(String(repeating: "a", count: 2_000))' }", ["session.1.send.binary", "longer than 1,024"]),
        (
            "- connect\n- join: t\n- send: { event: e, payload: '\"\(String(repeating: "a", count: 960))\"' }",
            ["session.2.send.payload", "takes 1,024"]
        ),
    ]

    @Test(arguments: mistakes) func mistakesAreSentences(steps: String, parts: [String]) {
        let message = Fixture.message { try Self.parse(steps) }
        for part in parts { #expect(message.contains(part), "\(message)") }
        #expect(message.hasPrefix("tiny.yml") && message.hasSuffix("."), "\(message)")
    }

    // MARK: plans

    private func plan(_ steps: [Plan.Step], ramp: Double? = nil, hold: Double = 30, speedup: Double = 1) throws -> Plan {
        var plan = try Fixture.plan("smoke")
        (plan.session, plan.holdSeconds, plan.speedup) = (steps, hold, speedup)
        plan.phases = [.init(durationSeconds: ramp ?? 0, ratePerSecond: ramp == nil ? nil : 10, users: 100)]
        return plan
    }

    @Test func plansKeepEveryStep() throws {
        for steps in [Self.wholeSteps, [.connect, .echo], [.connect, .send(.binary(""), ack: .none)]] {
            let plan = try plan(steps)
            #expect(try Plan.decode(plan.encoded()) == plan)
        }
        let json = try String(decoding: plan(Self.wholeSteps).encoded(), as: UTF8.self)
        for part in ["\"think_mean_seconds\" : 1.5", "\"ack\" : \"none\"", "\"event\" : \"typing\"", "\"leave\" : \"rooms:2\"", "\"times\" : 1000", "\"heartbeat\"", "\"close\""] {
            #expect(json.contains(part), "\(part)")
        }
    }

    @Test(arguments: [#""dance""#, "{}", #"{"send":{"ack":"none"}}"#, #"{"send":{"event":"a","ack":"none"}}"#, "5", #"{"loop":{"times":2}}"#])
    func whatIsNoStepIsNotDecoded(json: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(Plan.Step.self, from: Data(json.utf8)) }
    }

    @Test func silenceThatOutlastsTheRunIsRest() throws {
        let silent = Plan.Step.loop(times: 1_000, steps: [.think(seconds: 30)])
        #expect(try plan([.connect, .join(topic: "a"), silent], ramp: 6_000).restsFrom == 2)
        #expect(try plan([.connect, .join(topic: "a"), silent], ramp: 29_970).restsFrom == 2)
        #expect(try plan([.connect, .join(topic: "a"), silent], ramp: 29_971).restsFrom == nil)
        #expect(try plan([.connect, .join(topic: "a"), silent], ramp: 29_000, speedup: 50).restsFrom == nil)
        #expect(try plan([.connect, .think(seconds: 20), .think(seconds: 10)]).restsFrom == 1)
        #expect(try plan([.connect, .think(seconds: 20), .heartbeat, .think(seconds: 30)]).restsFrom == 3)
        #expect(try plan([.connect, .think(seconds: 20), .heartbeat, .think(seconds: 29)]).restsFrom == nil)
        #expect(try plan([.connect, .thinkExponential(meanSeconds: 1_000)]).restsFrom == nil)
        #expect(try plan([.connect, .loop(times: 9, steps: [.heartbeat, .think(seconds: 100)])]).restsFrom == nil)
        #expect(try plan([.connect, .think(seconds: 100), .close]).restsFrom == nil)
        #expect(try plan([.connect], hold: 0).restsFrom == nil)
    }

    @Test func theTextShowsTheSession() throws {
        func text(_ steps: [Plan.Step]) throws -> String { StepText.render(try plan(steps)) }
        #expect(try text([.connect, .join(topic: "rooms:lobby"), .think(seconds: 60)]) == "connect, join rooms:lobby, think \(UnitText.seconds(60)); nobody leaves")
        #expect(try text([.connect, .echo]) == "connect, echo until the server closes")
        let whole = try text(Self.wholeSteps)
        for part in [
            "think 1.5 s on average", "send new:msg to rooms:lobby with {\"user\":\"%%user%%\",\"body\":\"hi\"} and wait for its reply",
            "send text hello %%user%%,", "10 x [ join rooms:2, 1,000 x [ think 1 s, send x to rooms:2 with {} and wait for a message ], leave rooms:2 ]",
        ] { #expect(whole.contains(part), "\(whole)") }
        #expect(try text([.connect, .heartbeat]) == "connect, heartbeat, then the connection is closed")
    }

    @Test func aPlanSaysThatUsersComeAndGo() throws {
        let leaving = try Fixture.plan("smoke", set: ["session=[ connect, join: rooms:lobby, think: 1 s ]"])
        #expect(leaving.notes.contains { $0.contains("Users come and go") && $0.contains("thinks for 1 s") })
        #expect(try !Fixture.plan("smoke").notes.contains { $0.contains("come and go") })
        let words = leaving.description.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("session connect, join rooms:lobby, think 1 s, then the connection is closed"))
    }
}
