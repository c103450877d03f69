/// Arranges text in lines that are no wider than a screen.
struct Layout {
    let style: Style

    /// Breaks a text at its spaces; lines after the first are indented. A word longer than a line is left whole.
    func wrap(_ text: String, _ ink: Ink = .plain, first: Line = Line(), indent: Int) -> [Line] {
        var lines: [Line] = []
        var line = first
        line.pad(to: indent)
        var isFresh = true
        for word in Glyphs.clean(text).split(separator: " ") {
            if !isFresh && line.columns + 1 + Glyphs.columns(String(word)) > style.columns {
                lines.append(line)
                line = Line()
                line.pad(to: indent)
                isFresh = true
            }
            line.add((isFresh ? "" : " ") + word, ink)
            isFresh = false
        }
        return lines + [line]
    }

    /// Puts pieces beside each other, three spaces apart, as many to a line as fit.
    func flow(_ pieces: [Line]) -> [Line] {
        var lines: [Line] = []
        for piece in pieces {
            if let last = lines.last, last.columns + 3 + piece.columns <= style.columns {
                lines[lines.count - 1].add("   ")
                lines[lines.count - 1].add(piece)
            } else {
                lines.append(piece)
            }
        }
        return lines
    }

    /// Rows of cells: the first column to the left, all others to the right, two spaces apart.
    ///
    /// nil when the table would be wider than the screen.
    func table(_ rows: [[String]], heading: Ink = .dim) -> [Line]? {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.count > column ? Glyphs.columns($0[column]) : 0 }.max() ?? 0 }
        guard widths.reduce(0, +) + 2 * (count - 1) <= style.columns else { return nil }
        return rows.enumerated().map { index, row in
            var line = Line()
            var edge = 0
            for (column, cell) in row.enumerated() {
                edge += widths[column] + (column > 0 ? 2 : 0)
                if column > 0 { line.pad(to: edge - Glyphs.columns(cell)) }
                line.add(cell, index == 0 ? heading : .plain)
            }
            return line
        }
    }
}
