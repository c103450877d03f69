/// Finds the word a misspelling was meant to be.
enum Nearest {
    /// Longer words are not compared: the table grows with the product of the lengths.
    private static let longestWord = 64

    /// The candidate with the fewest edits to `word`, if few enough to be a likely slip; ties go to the first.
    static func match(_ word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { ($0, distance(word.lowercased(), $0.lowercased())) }
        guard let best = ranked.min(by: { $0.1 < $1.1 }) else { return nil }
        return best.1 <= max(2, word.count / 3) ? best.0 : nil
    }

    /// ` (did you mean x?)`, or nothing.
    static func hint(_ word: String, among candidates: [String]) -> String {
        match(word, among: candidates).map { " (did you mean \($0)?)" } ?? ""
    }

    /// Levenshtein's distance.
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.prefix(longestWord))
        let b = Array(b.prefix(longestWord))
        var row = Array(0...b.count)
        for (i, left) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in b.enumerated() {
                let substitution = diagonal + (left == right ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
            }
        }
        return row[b.count]
    }
}
