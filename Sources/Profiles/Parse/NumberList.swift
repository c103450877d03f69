/// Numbers of CPUs or memory nodes, as the kernel and people write them: `0-3,8`.
public enum NumberList {
    /// The numbers in ascending order, each once.
    public static func parse(_ text: String, noun: String, below limit: Int) throws(UnitError) -> [Int] {
        var numbers: Set<Int> = []
        for spaced in text.split(separator: ",", omittingEmptySubsequences: false) {
            let part = spaced.split(separator: " ").joined(separator: " ")
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { number($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
                throw UnitError("\"\(text.prefix(64))\" is not a list of \(noun); write such as 0, 0-3 or 0-3,8")
            }
            guard last < limit else {
                throw UnitError("\"\(text.prefix(64))\" is out of range; \(noun) are numbered below \(UnitText.count(limit))")
            }
            numbers.formUnion(first...last)
        }
        return numbers.sorted()
    }

    /// Runs of three and more are joined; `none` for an empty list.
    public static func text(_ numbers: [Int]) -> String {
        guard !numbers.isEmpty else { return "none" }
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index
            while end + 1 < numbers.count, numbers[end + 1] == numbers[end] + 1 { end += 1 }
            parts.append(end == index ? String(numbers[index]) : "\(numbers[index])\(end == index + 1 ? "," : "-")\(numbers[end])")
            index = end + 1
        }
        return parts.joined(separator: ",")
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        (1...6).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}
