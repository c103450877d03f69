import Foundation

/// The `session` section, step by step, with all that can be known of it beforehand: which topics are joined where, how
/// many steps it comes to, and that every frame fits a worker's buffer. `Plan.Step` shows the grammar.
struct SessionParser {
    private static let keys = ["join", "send", "think", "leave", "loop"]
    private static let allowed =
        "connect, join: TOPIC, send: { … }, think: DURATION, heartbeat, leave: TOPIC, loop: { … }, close and echo"

    /// Topics joined at this place, in the order of their joins.
    private var joined: [String] = []
    private var joins = 0
    private var steps = 0
    private var hasConnected = false
    /// The step after which nothing comes: close or echo.
    private var ending: String?

    static func session(_ cursor: YAMLCursor) throws(ProfileError) -> [Plan.Step] {
        var parser = SessionParser()
        let steps = try parser.steps(cursor, "session", depth: 0)
        guard let count = steps.unrolledCount, count <= Limits.sessionSteps else {
            throw cursor.error(
                "a user would play more than \(UnitText.count(Limits.sessionSteps)) steps, all loops written out; lower their times")
        }
        return steps
    }

    private mutating func steps(_ cursor: YAMLCursor, _ what: String, depth: Int) throws(ProfileError) -> [Plan.Step] {
        var steps: [Plan.Step] = []
        for element in try cursor.list(what) {
            self.steps += 1
            guard self.steps <= Limits.elements else {
                throw element.error("a session is written in at most \(UnitText.count(Limits.elements)) steps")
            }
            if let ending { throw element.error("nothing comes after \(ending), which ends the session") }
            let isConnect = element.node.scalar?.string == "connect"
            guard isConnect == !hasConnected, !isConnect || depth == 0 else {
                throw element.error("a session starts with connect and connects once")
            }
            hasConnected = true
            steps.append(try self.step(element, depth: depth))
        }
        return steps
    }

    private mutating func step(_ cursor: YAMLCursor, depth: Int) throws(ProfileError) -> Plan.Step {
        if case .scalar = cursor.node { return try word(cursor, depth: depth) }
        let fields = try cursor.fields(Self.keys, "a step")
        guard fields.fields.count == 1, let (key, value) = fields.fields.first else {
            throw cursor.error("a step does one thing; allowed are \(Self.allowed)")
        }
        switch key {
        case "join": return try join(value)
        case "leave": return try leave(value)
        case "send": return try send(value)
        case "think": return try think(value)
        default: return try loop(value, depth: depth)
        }
    }

    private mutating func word(_ cursor: YAMLCursor, depth: Int) throws(ProfileError) -> Plan.Step {
        let text = try cursor.text()
        switch text {
        case "connect": return .connect
        case "heartbeat": return .heartbeat
        case "close", "echo":
            guard depth == 0 else { throw cursor.error("\(text) ends the session, so it has no place in a loop") }
            ending = text
            return text == "close" ? .close : .echo
        default:
            throw cursor.error("\"\(text.prefix(64))\" is not a step; allowed are \(Self.allowed)")
        }
    }

    // MARK: Topics

    private mutating func join(_ cursor: YAMLCursor) throws(ProfileError) -> Plan.Step {
        let topic = try self.topic(cursor)
        guard !joined.contains(topic) else { throw cursor.error("\(topic) is joined there already; leave it first") }
        joins += 1
        guard joins <= Limits.sessionJoins else {
            throw cursor.error("a session joins at most \(Limits.sessionJoins) times; loops count as written")
        }
        joined.append(topic)
        return .join(topic: topic)
    }

    private mutating func leave(_ cursor: YAMLCursor) throws(ProfileError) -> Plan.Step {
        let topic = try self.topic(cursor)
        guard joined.contains(topic) else {
            throw cursor.error("\(topic) is not joined there; joined are \(joined.isEmpty ? "no topics" : joined.joined(separator: ", "))")
        }
        joined.removeAll { $0 == topic }
        return .leave(topic: topic)
    }

    /// Goes into JSON as it is, so quotes, backslashes and control characters are refused.
    private func plain(_ cursor: YAMLCursor, _ what: String, _ limit: Int, _ example: String) throws(ProfileError) -> String {
        let text = try cursor.text()
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
        guard isPlain, !text.isEmpty, text.count <= limit else {
            throw cursor.error(
                "\"\(text.prefix(64))\" is not \(what); 1 to \(limit) printable ASCII characters without spaces, quotes "
                    + "and backslashes make one, such as \(example)")
        }
        guard !text.contains("%%") else {
            throw cursor.error("\(what) is the same for all users; \(Plan.Step.user) stands in payloads, texts and binaries only")
        }
        return text
    }

    private func topic(_ cursor: YAMLCursor) throws(ProfileError) -> String {
        try plain(cursor, "a topic", Limits.topicCharacters, "rooms:lobby")
    }

    // MARK: Times

    private func think(_ cursor: YAMLCursor) throws(ProfileError) -> Plan.Step {
        if case .scalar = cursor.node { return .think(seconds: try cursor.read(Units.seconds)) }
        let fields = try cursor.fields(["mean"], "think")
        let mean = try fields.required("mean", "the average of an exponential time, such as 30 s")
        return .thinkExponential(meanSeconds: try mean.read(Units.seconds))
    }

    private mutating func loop(_ cursor: YAMLCursor, depth: Int) throws(ProfileError) -> Plan.Step {
        guard depth < Limits.loopDepth else { throw cursor.error("loops are nested at most \(Limits.loopDepth) deep") }
        let fields = try cursor.fields(["times", "steps"], "a loop")
        let times = try fields.required("times", "how often its steps are played").count(1...Limits.loopTimes)
        let before = joined
        let steps = try self.steps(
            fields.required("steps", "what is played again and again"), "a loop's steps", depth: depth + 1)
        guard Set(joined) == Set(before) else {
            throw cursor.error(
                "a loop leaves the topics as it found them, so that its next turn finds the same: join and leave them either "
                    + "in the loop or outside it")
        }
        return .loop(times: times, steps: steps)
    }

    // MARK: Messages

    private func send(_ cursor: YAMLCursor) throws(ProfileError) -> Plan.Step {
        let fields = try cursor.fields(["event", "payload", "topic", "text", "binary", "ack"], "a send")
        let kinds = ["event", "text", "binary"].filter { fields[$0] != nil }
        guard kinds.count == 1 else {
            throw cursor.error("a send has one of event (a Phoenix push), text and binary (a frame as it is), and this has \(kinds.isEmpty ? "none" : kinds.joined(separator: " and "))")
        }
        let isPush = kinds == ["event"]
        var ack: Plan.Acknowledgement = isPush ? .reply : .message
        if let field = fields["ack"] { ack = try field.choice() }
        if !isPush, let needless = ["payload", "topic"].first(where: { fields[$0] != nil }) {
            throw cursor.error("\(needless) belongs to a push, which has an event; a frame is sent as it is")
        }
        if !isPush && ack == .reply {
            throw cursor.error("only a push has a ref, so a \(kinds[0]) frame waits for none or message, not for a reply")
        }
        if !isPush && ack == .broadcast { throw cursor.error("only a push is broadcast, so a \(kinds[0]) frame waits for none or message") }
        if let event = fields["event"] {
            let push = try push(event, fields, cursor)
            if ack == .broadcast, case .push(let topic, _, _) = push, !joined.contains(topic) {
                throw cursor.error("\(topic) is not joined there, so the user hears no broadcast of it; wait for reply, message or none")
            }
            return .send(push, ack: ack)
        }
        if let text = fields["text"] { return .send(.text(try content(text)), ack: ack) }
        return .send(.binary(try content(fields.required("binary", "the bytes"))), ack: ack)
    }

    private func push(_ event: YAMLCursor, _ fields: Fields, _ cursor: YAMLCursor) throws(ProfileError) -> Plan.Message {
        let name = try plain(event, "an event", Limits.eventCharacters, "new:msg")
        let topic: String
        if let field = fields["topic"] {
            topic = try self.topic(field)
        } else if let last = joined.last {
            topic = last
        } else {
            throw cursor.error("no topic is joined there, so the push needs a topic of its own")
        }
        guard let field = fields["payload"] else { return .push(topic: topic, event: name, payload: "{}") }
        let payload = try content(field, besides: topic.utf8.count + name.utf8.count + Limits.pushFrameBytes)
        let sample = payload.replacingOccurrences(of: Plan.Step.user, with: "1")
        guard (try? JSONSerialization.jsonObject(with: Data(sample.utf8), options: .fragmentsAllowed)) != nil else {
            throw field.error("\"\(payload.prefix(64))\" is not JSON; write such as '{\"body\":\"hi\"}', in single quotes")
        }
        return .push(topic: topic, event: name, payload: payload)
    }

    /// A text in which `%%user%%` may stand; with `besides` more bytes in its frame it must fit a buffer.
    private func content(_ cursor: YAMLCursor, besides: Int = 0) throws(ProfileError) -> String {
        let text = try cursor.text(characters: Limits.sentFrameBytes)
        for name in Plan.Step.variables(text) where name != "user" {
            throw cursor.error("%%\(name)%% stands for nothing; only \(Plan.Step.user), the user's number, is replaced")
        }
        let bytes = Plan.Step.frameBytes(text) + besides
        guard bytes <= Limits.sentFrameBytes else {
            throw cursor.error(
                "the frame has up to \(UnitText.count(bytes)) bytes; a worker's buffer takes \(UnitText.count(Limits.sentFrameBytes)), header included")
        }
        return text
    }
}
