import Foundation

extension Comparison {
    public static let fileName = "compare.json"
    private enum Key: String, CodingKey { case schema }

    /// Reads the comparison of a directory again; throws a sentence.
    public static func load(directory: String) throws(RunError) -> Comparison {
        guard let comparison = try RecordFile.value(directory, fileName, decode) else {
            throw RunError("\(directory) holds no comparison: it has no \(fileName).")
        }
        return comparison
    }

    /// The comparison that `encoded()` wrote.
    public static func decode(_ json: Data) throws -> Comparison {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let comparison = try decoder.decode(Comparison.self, from: json)
        guard comparison.schema == "simbench.compare/1" else {
            throw DecodingError.dataCorrupted(.init(codingPath: [Key.schema], debugDescription: "It is not simbench.compare/1."))
        }
        return comparison
    }
}
