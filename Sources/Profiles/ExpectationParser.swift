/// The `expect` section: figures of the summary, each with a comparison.
enum ExpectationParser {
    /// Longer ones first, so that `>=` is not read as `>`.
    private static let comparisons = [">=", "<=", "==", ">", "<"]

    static func expectations(_ cursor: YAMLCursor) throws(ProfileError) -> [Profile.Expectation] {
        var expectations: [Profile.Expectation] = []
        for (figure, value) in try cursor.mapping("expect") {
            guard Figures.all.contains(figure) else {
                throw value.error(
                    "there is no figure \"\(figure)\"\(Nearest.hint(figure, among: Figures.all)); allowed are "
                        + Figures.all.joined(separator: ", "))
            }
            let (comparison, expected) = try value.read(Self.condition)
            expectations.append(Profile.Expectation(figure: figure, comparison: comparison, value: expected))
        }
        return expectations
    }

    /// `>= 2300000`, `== users` or `>= 99.5 % of users`.
    private static func condition(_ text: String) throws(UnitError) -> (String, Profile.ExpectedValue) {
        guard let comparison = comparisons.first(where: { text.hasPrefix($0) }) else {
            throw UnitError(
                "\"\(text)\" is not an expectation; write one of >=, <=, >, <, == and a number, such as \">= 2000\" "
                    + "(in quotes)")
        }
        let rest = text.dropFirst(comparison.count).drop { $0 == " " }
        if rest == "users" { return (comparison, .ofUsers(1)) }
        let suffix = "% of users"
        guard rest.hasSuffix(suffix) else { return (comparison, .number(try Units.number(String(rest)))) }
        let percent = try Units.number(String(rest.dropLast(suffix.count)))
        guard percent <= 100 else { throw UnitError("\"\(text)\" asks for more than 100 % of the users") }
        return (comparison, .ofUsers(percent / 100))
    }
}
