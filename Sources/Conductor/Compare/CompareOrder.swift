/// In which order the variants of a comparison run.
///
/// A host drifts: it warms up, its memory fragments, others use it. So variants take turns, each round has every one of
/// them once, and every round that goes forwards is followed by the same one backwards: A B, B A, B A, A B for two. What
/// drifts evenly then favours none. The rounds that go forwards are rows of a Williams square, in which every variant
/// follows every other equally often, so that what one leaves behind does not always meet the same one.
enum CompareOrder {
    /// The variants' numbers, round by round.
    static func rounds(variants: Int, count: Int) -> [[Int]] {
        guard variants > 0, count > 0 else { return [] }
        return (0..<count).map { round in
            let row = row(round / 2 % variants, variants)
            return round % 2 == 0 ? row : row.reversed()
        }
    }

    /// 0, 1, n−1, 2, n−2, … moved on by `shift`.
    private static func row(_ shift: Int, _ variants: Int) -> [Int] {
        (0..<variants).map { place in
            let step = place % 2 == 1 ? (place + 1) / 2 : variants - place / 2
            return (step + shift) % variants
        }
    }
}
