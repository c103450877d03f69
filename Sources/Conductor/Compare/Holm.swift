/// Holm's correction for many questions at a time.
///
/// Of many figures that do not differ, one in twenty seems to at 95 %. Holm's step-down procedure bounds the chance that any
/// of them is called different, whatever depends on what: the smallest of n probabilities counts n times, the next n − 1
/// times, and so on. It finds more than Bonferroni's, which counts each n times, and promises the same.
/// S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
enum Holm {
    /// The probabilities as they count among all; nil stays nil, and does not count.
    static func adjusted(_ probabilities: [Double?]) -> [Double?] {
        let ranked = probabilities.indices.filter { probabilities[$0] != nil }
            .sorted { (probabilities[$0] ?? 0, $0) < (probabilities[$1] ?? 0, $1) }
        var adjusted = [Double?](repeating: nil, count: probabilities.count)
        var highest = 0.0
        for (rank, index) in ranked.enumerated() {
            highest = max(highest, min(1, Double(ranked.count - rank) * (probabilities[index] ?? 1)))
            adjusted[index] = highest
        }
        return adjusted
    }
}
