/// How a plan's text is laid out: labelled lines, tables and paragraphs, at most 80 columns wide.
extension PlanText {
    private static let labelColumns = 15

    static func field(_ label: String, _ text: String) -> [String] {
        let padded = "  " + label + String(repeating: " ", count: max(1, labelColumns - 2 - label.count))
        return wrap(text, indent: labelColumns, bullet: padded)
    }

    /// Columns two spaces apart; numbers to the right, words to the left.
    static func table(_ rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        let isNumeric = (0..<count).map { column in
            rows.dropFirst().allSatisfy {
                column < $0.count && $0[column].first?.isASCIIDigit == true && !$0[column].contains("-")
            }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += "  " + (isNumeric[column] ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return String(line.prefix(columns))
        }
    }

    /// Breaks text at spaces. A word that is longer than a line, such as a path, is left whole.
    static func wrap(_ text: String, indent: Int, bullet: String = "") -> [String] {
        var lines: [String] = []
        var line = bullet.isEmpty ? String(repeating: " ", count: indent) : bullet
        var isFresh = true
        for word in text.split(separator: " ") {
            if !isFresh && line.count + 1 + word.count > columns {
                lines.append(line)
                line = String(repeating: " ", count: indent)
                isFresh = true
            }
            line += (isFresh ? "" : " ") + word
            isFresh = false
        }
        return lines + [line]
    }
}
