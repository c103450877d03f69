import Foundation

/// How a plan becomes plan.json and back: snake_case keys, sorted, indented, so that two plans can be compared by eye.
extension Plan {
    /// The text of plan.json. The same plan always gives the same bytes.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// The plan that `encoded()` wrote.
    public static func decode(_ json: Data) throws -> Plan {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Plan.self, from: json)
    }
}

/// A step as a reader expects it: `"connect"`, `{"join": "rooms:lobby"}`, `{"think_seconds": 30000}`.
extension Plan.Step {
    private enum Keys: String, CodingKey {
        case join, thinkSeconds
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .connect:
            var container = encoder.singleValueContainer()
            try container.encode("connect")
        case .join(let topic):
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(topic, forKey: .join)
        case .think(let seconds):
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(seconds, forKey: .thinkSeconds)
        }
    }

    public init(from decoder: any Decoder) throws {
        if let word = try? decoder.singleValueContainer().decode(String.self) {
            guard word == "connect" else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "\"\(word)\" is not a step"))
            }
            self = .connect
            return
        }
        let container = try decoder.container(keyedBy: Keys.self)
        if let topic = try container.decodeIfPresent(String.self, forKey: .join) {
            self = .join(topic: topic)
        } else {
            self = .think(seconds: try container.decode(Double.self, forKey: .thinkSeconds))
        }
    }
}
