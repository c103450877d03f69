import Foundation

extension Summary {
    /// The summary in a run directory. Throws a sentence that names the file and what is wrong with it.
    public static func load(directory: String) throws(RunError) -> Summary {
        let path = directory + "/summary.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RunError("\(path) cannot be read: the run was killed before its end, or \(directory) is no run directory, or not yours to read.")
        }
        do { return try read(data) } catch {
            throw RunError("\(path) is damaged, or was written by another version of simbench: \(Damage.sentence(error))")
        }
    }

    private static func read(_ json: Data) throws -> Summary {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let summary = try decoder.decode(Summary.self, from: json)
        guard summary.schema == "simbench.summary/1" else {
            throw RunError("its schema is \"\(summary.schema.prefix(64))\", and not simbench.summary/1.")
        }
        return summary
    }
}

/// What is wrong with a file of a record, in a sentence.
enum Damage {
    static func sentence(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing."
        case DecodingError.typeMismatch(_, let context): "\(place(context.codingPath)) is of another kind."
        case DecodingError.valueNotFound(_, let context): "\(place(context.codingPath)) is null."
        case DecodingError.dataCorrupted(let context):
            context.codingPath.isEmpty ? "it is no JSON." : "\(place(context.codingPath)): \(ended(context.debugDescription))"
        default: ended("\(error)")
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.map { key in key.intValue.map { "\($0)" } ?? key.stringValue }.joined(separator: ".")
    }

    private static func ended(_ text: String) -> String { text.hasSuffix(".") ? text : text + "." }
}
