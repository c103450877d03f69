/// Text from elsewhere, made harmless for the languages that views write.
enum Escapes {
    /// For XML text and attributes in double quotes. Line breaks become references, so that an attribute keeps them;
    /// characters that XML cannot hold at all become U+FFFD.
    static func xml(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n": escaped += "&#10;"
            case "\r": escaped += "&#13;"
            case "\t": escaped += "&#9;"
            default: escaped.unicodeScalars.append(isXML(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return escaped
    }

    private static func isXML(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && scalar.value != 0xFFFE && scalar.value != 0xFFFF
    }

    /// For a Markdown paragraph or table cell: on one line, and nothing in it is markup.
    static func markdown(_ text: String) -> String {
        var escaped = ""
        for character in Glyphs.clean(text) {
            switch character {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "@": escaped += "\\\(character)"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
