import Glibc

/// Student's t distribution with a whole number of degrees of freedom.
///
/// By the finite series in the angle θ = atan(t / √ν): Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3
/// and 26.7.4.
enum StudentT {
    /// The probability that |T| is not above t.
    static func within(_ t: Double, degrees: Int) -> Double {
        within(angle: atan(t / Double(degrees).squareRoot()), degrees: degrees)
    }

    /// The t that |T| does not exceed with this probability. `level` is above 0 and below 1.
    static func quantile(_ level: Double, degrees: Int) -> Double {
        var (low, high) = (0.0, Double.pi / 2)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            if within(angle: middle, degrees: degrees) < level { low = middle } else { high = middle }
        }
        return Double(degrees).squareRoot() * tan(low)
    }

    private static func within(angle: Double, degrees: Int) -> Double {
        let (sine, cosine) = (sin(angle), cos(angle))
        var sum = 0.0
        if degrees % 2 == 0 {
            var term = 1.0
            for k in stride(from: 2, through: degrees, by: 2) {
                sum += term
                term *= cosine * cosine * Double(k - 1) / Double(k)
            }
            return sine * sum
        }
        var term = cosine
        for k in stride(from: 3, through: degrees, by: 2) {
            sum += term
            term *= cosine * cosine * Double(k - 1) / Double(k)
        }
        return 2 / Double.pi * (angle + sine * sum)
    }
}
