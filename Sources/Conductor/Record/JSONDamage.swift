import Foundation

/// Why a JSON file of a record could not be read, and on which line, in a sentence.
enum JSONDamage {
    static func sentence(_ error: any Error, in data: Data, file: String) -> String {
        let advice = "The file is damaged, or was written by another version of simbench."
        guard let error = error as? DecodingError else { return "\(file) cannot be read: \(error.localizedDescription) \(advice)" }
        switch error {
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            let line = syntaxLine(data).map { ":\($0)" } ?? ""
            return "\(file)\(line): this is not JSON. \(advice)"
        case .keyNotFound(let key, let context):
            return "\(place(context.codingPath, data, file)): \(dotted(context.codingPath + [key])) is missing. \(advice)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(place(context.codingPath, data, file)): \(dotted(context.codingPath)) is not what belongs there. \(advice)"
        @unknown default: return "\(file) cannot be read. \(advice)"
        }
    }

    private static func dotted(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "the whole" : path.map { $0.intValue.map { String($0) } ?? snake($0.stringValue) }.joined(separator: ".")
    }

    /// The decoder does not tell where; the plain parser tells it, in words: after how many bytes, or that the file ends too soon.
    private static func syntaxLine(_ data: Data) -> Int? {
        do { _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed) } catch {
            let told = (error as NSError).userInfo["NSDebugDescription"] as? String ?? ""
            if told.contains("end of file") { return line(data) }
            guard let range = told.range(of: "character "), let index = Int(told[range.upperBound...].prefix { $0.isNumber }) else { return nil }
            return line(data.prefix(index))
        }
        return nil
    }

    /// The line on which a text ends.
    private static func line(_ text: Data) -> Int { text.count { $0 == UInt8(ascii: "\n") } + 1 }

    /// The file and the line: found by looking for the keys one after the other, for the decoder does not tell.
    private static func place(_ path: [any CodingKey], _ data: Data, _ file: String) -> String {
        let text = String(decoding: data, as: UTF8.self)
        var position = text.startIndex
        for key in path where key.intValue == nil {
            guard let found = text.range(of: "\"\(snake(key.stringValue))\"", range: position..<text.endIndex) else { break }
            position = found.upperBound
        }
        return "\(file):\(text[..<position].count { $0 == "\n" } + 1)"
    }

    private static func snake(_ key: String) -> String {
        key.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }
}
