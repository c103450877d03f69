/// The `expect` section: figures of the summary, each with a comparison.
enum ExpectationParser {
    /// Longer ones first, so that `>=` is not read as `>`.
    private static let comparisons = [">=", "<=", "==", ">", "<"]

    static func expectations(_ cursor: YAMLCursor) throws(ProfileError) -> [Profile.Expectation] {
        var expectations: [Profile.Expectation] = []
        for (figure, value) in try cursor.mapping("expect") {
            guard let unit = Figures.unit(of: figure) else { throw value.error(unknown(figure)) }
            let (comparison, expected) = try value.read { text throws(UnitError) in try condition(text, unit) }
            expectations.append(Profile.Expectation(figure: figure, comparison: comparison, value: expected))
        }
        return expectations
    }

    /// Names the nearest figure, and those of the same family; all of them would be more than anybody reads.
    private static func unknown(_ figure: String) -> String {
        let family = figure.prefix { $0 != "." }
        let kin = Figures.all.filter { $0.hasPrefix("\(family).") }
        let allowed =
            kin.isEmpty
            ? "figures begin with \(families.joined(separator: ", "))" : "of \(family) there are \(kin.joined(separator: ", "))"
        return "there is no figure \"\(figure.prefix(64))\"\(Nearest.hint(figure, among: Figures.all)); \(allowed)"
    }

    private static var families: [String] {
        var names: [String] = []
        for figure in Figures.all {
            let name = String(figure.prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// `>= 2300000`, `< 50 ms`, `== users` or `>= 99.5 % of users`.
    private static func condition(_ text: String, _ unit: FigureUnit) throws(UnitError) -> (String, Profile.ExpectedValue) {
        guard let comparison = comparisons.first(where: { text.hasPrefix($0) }) else {
            throw UnitError(
                "\"\(text)\" is not an expectation; write one of >=, <=, >, <, == and a value, such as "
                    + "\"\(comparisons[0]) \(unit.example)\" (in quotes)")
        }
        let rest = text.dropFirst(comparison.count).drop { $0 == " " }
        let isOfUsers = rest == "users" || rest.hasSuffix("of users")
        guard isOfUsers else { return (comparison, .number(try unit.read(String(rest)))) }
        guard unit == .count else { throw UnitError("\"\(text)\" compares what is no number of users with them; write a value such as \(unit.example)") }
        if rest == "users" { return (comparison, .ofUsers(1)) }
        let share = rest.dropLast("of users".count)
        guard let sign = share.lastIndex(of: "%"), share[share.index(after: sign)...].allSatisfy({ $0 == " " }) else {
            throw UnitError("\"\(text)\" is not a part of the users; write such as \(comparison) 99.5 % of users")
        }
        let percent = try Units.number(String(share[..<sign]))
        guard percent <= 100 else { throw UnitError("\"\(text)\" asks for more than 100 % of the users") }
        return (comparison, .ofUsers(percent / 100))
    }
}
