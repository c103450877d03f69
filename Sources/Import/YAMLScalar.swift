/// Writes any text as one YAML value on one line, in the plainest style that is safe inside `{ … }` too.
enum YAMLScalar {
    static func text(_ value: String) -> String {
        if isPlain(value) { return value }
        let scalars = value.unicodeScalars
        guard scalars.allSatisfy({ (0x20...0x7E).contains($0.value) }) else { return doubleQuoted(scalars) }
        return singleQuoted(value)
    }

    /// In quotes always, for a payload that is to be seen as one.
    static func quoted(_ value: String) -> String {
        let scalars = value.unicodeScalars
        return scalars.allSatisfy { (0x20...0x7E).contains($0.value) } ? singleQuoted(value) : doubleQuoted(scalars)
    }

    /// Words that YAML, or its older version, takes for something else than text.
    private static let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

    /// Begins with a letter or a slash and has nothing in it that means anything to YAML.
    private static func isPlain(_ value: String) -> Bool {
        guard let first = value.utf8.first, isLetter(first) || first == 0x2F, value.utf8.last != 0x3A else { return false }
        guard !words.contains(value.lowercased()) else { return false }
        return value.utf8.allSatisfy { isLetter($0) || (0x2D...0x39).contains($0) || $0 == 0x5F || $0 == 0x3A }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    private static func singleQuoted(_ value: String) -> String {
        "'" + value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    /// Everything but printable ASCII as an escape, so that no line break of any kind is left.
    private static func doubleQuoted(_ scalars: String.UnicodeScalarView) -> String {
        var text = "\""
        for scalar in scalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if (0x20...0x7E).contains(scalar.value) {
                    text.unicodeScalars.append(scalar)
                } else {
                    text += scalar.value > 0xFFFF ? "\\U" + hex(scalar.value, 8) : "\\u" + hex(scalar.value, 4)
                }
            }
        }
        return text + "\""
    }

    private static func hex(_ value: UInt32, _ digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// A sentence fit to stand behind a `#`: one line, printable ASCII, not endless.
    static func comment(_ sentence: String) -> String {
        let most = 300
        var text = ""
        for scalar in sentence.unicodeScalars.prefix(most) {
            text.unicodeScalars.append((0x20...0x7E).contains(scalar.value) ? scalar : "?")
        }
        return sentence.unicodeScalars.count > most ? text + " ..." : text
    }
}
