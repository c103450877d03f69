/// A step as a reader of plan.json expects it: `"connect"`, `{"join": "rooms:lobby"}`, `{"think_seconds": 30000}`,
/// `{"send": {"text": "hello", "ack": "none"}}`.
extension Plan.Step {
    private enum Keys: String, CodingKey {
        case join, send, thinkSeconds, thinkMeanSeconds, leave, loop
    }

    private enum LoopKeys: String, CodingKey {
        case times, steps
    }

    private static let words: [String: Plan.Step] = [
        "connect": .connect, "heartbeat": .heartbeat, "close": .close, "echo": .echo,
    ]

    public func encode(to encoder: any Encoder) throws {
        if let word = Self.words.first(where: { $0.value == self })?.key {
            var container = encoder.singleValueContainer()
            return try container.encode(word)
        }
        var container = encoder.container(keyedBy: Keys.self)
        switch self {
        case .join(let topic): try container.encode(topic, forKey: .join)
        case .leave(let topic): try container.encode(topic, forKey: .leave)
        case .think(let seconds): try container.encode(seconds, forKey: .thinkSeconds)
        case .thinkExponential(let seconds): try container.encode(seconds, forKey: .thinkMeanSeconds)
        case .send(let message, let ack): try container.encode(SentForm(message, ack), forKey: .send)
        case .loop(let times, let steps):
            var loop = container.nestedContainer(keyedBy: LoopKeys.self, forKey: .loop)
            try loop.encode(times, forKey: .times)
            try loop.encode(steps, forKey: .steps)
        case .connect, .heartbeat, .close, .echo: break
        }
    }

    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            guard let step = Self.words[word] else { throw Self.unknown(decoder, "\"\(word)\"") }
            self = step
            return
        }
        let container = try decoder.container(keyedBy: Keys.self)
        switch container.allKeys.first {
        case .join: self = .join(topic: try container.decode(String.self, forKey: .join))
        case .leave: self = .leave(topic: try container.decode(String.self, forKey: .leave))
        case .thinkSeconds: self = .think(seconds: try container.decode(Double.self, forKey: .thinkSeconds))
        case .thinkMeanSeconds:
            self = .thinkExponential(meanSeconds: try container.decode(Double.self, forKey: .thinkMeanSeconds))
        case .send:
            let form = try container.decode(SentForm.self, forKey: .send)
            guard let message = form.message else { throw Self.unknown(decoder, "a send without event, text and binary") }
            self = .send(message, ack: form.ack)
        case .loop:
            let loop = try container.nestedContainer(keyedBy: LoopKeys.self, forKey: .loop)
            self = .loop(
                times: try loop.decode(Int.self, forKey: .times), steps: try loop.decode([Plan.Step].self, forKey: .steps))
        case nil: throw Self.unknown(decoder, "this")
        }
    }

    private static func unknown(_ decoder: any Decoder, _ what: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "\(what) is not a step"))
    }
}

/// What `send` holds in plan.json: the members of the YAML.
private struct SentForm: Codable {
    var topic: String?
    var event: String?
    var payload: String?
    var text: String?
    var binary: String?
    var ack: Plan.Acknowledgement

    init(_ message: Plan.Message, _ ack: Plan.Acknowledgement) {
        self.ack = ack
        switch message {
        case .push(let topic, let event, let payload): (self.topic, self.event, self.payload) = (topic, event, payload)
        case .text(let text): self.text = text
        case .binary(let binary): self.binary = binary
        }
    }

    var message: Plan.Message? {
        if let topic, let event, let payload { return .push(topic: topic, event: event, payload: payload) }
        return text.map { .text($0) } ?? binary.map { .binary($0) }
    }
}
