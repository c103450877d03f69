/// One line of a screen: stretches of text, each in its ink.
struct Line: Equatable {
    struct Span: Equatable {
        var text: String
        var ink: Ink
    }

    private(set) var spans: [Span] = []
    private(set) var columns = 0

    init() {}

    init(_ text: String, _ ink: Ink = .plain) { add(text, ink) }

    mutating func add(_ text: String, _ ink: Ink = .plain) {
        guard !text.isEmpty else { return }
        spans.append(Span(text: text, ink: ink))
        columns += Glyphs.columns(text)
    }

    mutating func add(_ line: Line) {
        spans += line.spans
        columns += line.columns
    }

    /// Spaces up to `column`, where the line is not there yet.
    mutating func pad(to column: Int) { add(String(repeating: " ", count: max(0, column - columns))) }

    /// As the terminal wants it; `limit` cuts it off there.
    func rendered(_ style: Style, limit: Int = .max) -> String {
        var text = ""
        var left = limit
        for span in spans where left > 0 {
            let (piece, width) = Glyphs.clip(span.text, to: left)
            left -= width
            let shown = style.isUnicode ? piece : Glyphs.ascii(piece)
            if style.isColoured, let code = span.ink.code {
                text += "\u{1B}[\(code)m\(shown)\u{1B}[0m"
            } else {
                text += shown
            }
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}

/// Characters and the columns they take.
enum Glyphs {
    /// Text from elsewhere without what would move the cursor or change the terminal's state.
    static func clean(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    static func columns(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    /// The longest beginning that takes at most so many columns, and how many it takes.
    static func clip(_ text: String, to limit: Int) -> (text: String, columns: Int) {
        var taken = 0
        var end = text.startIndex
        while end < text.endIndex, taken + width(text[end]) <= limit {
            taken += width(text[end])
            end = text.index(after: end)
        }
        return (String(text[..<end]), taken)
    }

    /// For screens that show ASCII only. Takes as many columns as before.
    static func ascii(_ text: String) -> String {
        var shown = ""
        for character in text {
            switch character {
            case _ where character.isASCII: shown.append(character)
            case "µ": shown.append("u")
            case "×": shown.append("x")
            case "█": shown.append("#")
            case "▒": shown.append("+")
            case "░": shown.append(".")
            default: shown += String(repeating: "?", count: width(character))
            }
        }
        return shown
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// East Asian wide characters and emoji take two columns; their blocks are told apart coarsely.
    private static func width(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first?.value, first >= 0x1100 else { return 1 }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
        ]
        return wide.contains { $0.contains(first) } ? 2 : 1
    }
}
