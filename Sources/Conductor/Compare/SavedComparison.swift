import Foundation

extension Comparison {
    public static let fileName = "compare.json"

    /// Reads the comparison of a directory again; throws a sentence.
    public static func load(directory: String) throws(RunError) -> Comparison {
        let path = "\(directory)/\(fileName)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RunError("\(path) cannot be read: \(directory) holds no comparison, or is not yours to read.")
        }
        do { return try decode(data) } catch { throw RunError(JSONDamage.sentence(error, in: data, file: path)) }
    }
}
