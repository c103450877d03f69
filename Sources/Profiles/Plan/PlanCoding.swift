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
