import Yams

/// YAML text to a checked profile. Does no I/O, and throws a `ProfileError` for any text that is not a profile.
///
/// Keys are closed: one that is not known is an error that names its line, its dotted path and the nearest allowed key.
/// Required are `name`, `workers`, `load.phases` and `session`; all others have the defaults shown in `Profile`.
public enum ProfileParser {
    static let keys = [
        "extends", "name", "about", "target", "workers", "load", "session", "network", "placement", "hold", "speedup", "engine", "fit",
        "sample_period", "footprint", "hibernate_after", "cloud", "expect", "reference", "tuning",
    ]

    /// Parses the text of one profile.
    ///
    /// - Parameters:
    ///   - file: the file's path, for messages and for what the profile names relative to itself.
    ///   - overrides: `key.path=value` texts, applied in order before anything is checked.
    ///   - base: finds the profile that this one extends, by name; its text, and the file's path.
    public static func parse(
        _ text: String, file: String, overrides: [String] = [], base: Extends.Finder? = nil
    ) throws(ProfileError) -> Profile {
        try parse(Extends.resolve(compose(text, file: file), file: file, find: base), file: file, overrides: overrides)
    }

    /// The same for YAML that was read already.
    static func parse(_ node: Node, file: String, overrides: [String]) throws(ProfileError) -> Profile {
        var root = node
        let overrides = try overrides.map { text throws(ProfileError) in try Override(text) }
        for override in overrides { try override.apply(to: &root) }
        let source = YAMLCursor.Source(file: file, overrides: overrides)
        return try profile(YAMLCursor(node: root, path: [], source: source))
    }

    static func compose(_ text: String, file: String) throws(ProfileError) -> Node {
        guard text.utf8.count <= Limits.profileBytes else {
            throw ProfileError("\(file): the profile is larger than \(UnitText.bytes(UInt64(Limits.profileBytes))).")
        }
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw ProfileError(
                    "\(file): the profile is empty; it needs at least name, workers, load and session.")
            }
            return node
        } catch let error as YamlError {
            throw yamlError(error, file: file)
        } catch let error as ProfileError {
            throw error
        } catch {
            throw ProfileError("\(file): the file could not be read as YAML: \(error).")
        }
    }

    /// Yams' errors as one sentence with the line.
    private static func yamlError(_ error: YamlError, file: String) -> ProfileError {
        let quoting =
            "Values that start with >, |, &, *, !, %, @ or ` need quotes, and so do values that contain \": \""
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return ProfileError(
                "\(file):\(mark.line): this is not YAML: \(problem) (column \(mark.column)). \(quoting).")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return ProfileError(
                "\(file):\(context.mark.line): the key \(names) appears more than once in one mapping; keep one.")
        case .reader(let problem, let offset, _, _):
            return ProfileError("\(file): this is not text YAML can hold: \(problem) (at byte \(offset ?? 0)).")
        default:
            return ProfileError("\(file): this is not YAML.")
        }
    }

    static func profile(_ root: YAMLCursor) throws(ProfileError) -> Profile {
        let fields = try root.fields(keys, "a profile")
        let name = try SectionParser.identifier(fields.required("name", "a profile's name, such as do-64gb"))
        let workers = try WorkersParser.groups(
            fields.required("workers", "the load machines: group, count, users, ports"))
        let load = try LoadParser.load(fields.required("load", "the arrival phases"))
        let session = try SessionParser.session(
            fields.required("session", "the steps each user plays, such as connect"))
        var profile = Profile(name: name, workers: workers, load: load, session: session)

        if let about = fields["about"] { profile.about = try about.text() }
        if let target = fields["target"] { profile.target = try SectionParser.target(target) }
        if let network = fields["network"] { (profile.network, profile.rps) = try SectionParser.network(network) }
        if let placement = fields["placement"] { profile.placement = try PlacementWish.read(placement) }
        if let hold = fields["hold"] { profile.holdSeconds = try hold.read(Units.seconds) }
        if let speedup = fields["speedup"] { profile.speedup = try speedup.read(Profile.Speedup.init(parsing:)) }
        if let engine = fields["engine"] { profile.engine = try engine.choice() }
        if let fit = fields["fit"] { profile.fit = try fit.read(Profile.FitChoice.init(parsing:)) }
        if let period = fields["sample_period"] { profile.samplePeriodSeconds = try SectionParser.period(period) }
        if let footprint = fields["footprint"] { profile.footprint = try SectionParser.footprint(footprint) }
        if let after = fields["hibernate_after"] { profile.hibernateAfterSeconds = try after.read(Units.seconds) }
        try checkHibernation(profile, root)
        if let cloud = fields["cloud"] { profile.cloud = try SectionParser.cloud(cloud) }
        if let expect = fields["expect"] { profile.expectations = try ExpectationParser.expectations(expect) }
        if let tuning = fields["tuning"] { profile.tuning = try SectionParser.tuning(tuning) }
        if let reference = fields["reference"] { profile.referencePath = try SectionParser.reference(reference) }
        return profile
    }

    private static func checkHibernation(_ profile: Profile, _ root: YAMLCursor) throws(ProfileError) {
        let hibernates = profile.footprint.contains { $0.hibernatedBytes != nil }
        if hibernates && profile.hibernateAfterSeconds == nil {
            throw root.error("a footprint part hibernates, but hibernate_after does not say when; write such as 15 s")
        }
        if !hibernates && profile.hibernateAfterSeconds != nil {
            throw root.error("hibernate_after says when, but no footprint part has hibernates_to")
        }
    }
}

extension Profile.Speedup {
    /// `auto`, or model seconds per wall second as a plain number.
    public init(parsing text: String) throws(UnitError) {
        if text == "auto" {
            self = .auto
            return
        }
        let value: Double
        do { value = try Units.number(text) } catch {
            throw UnitError("\(error.message); a speedup is a number such as 10, or auto")
        }
        guard Limits.speedup.contains(value) else {
            throw UnitError("\"\(text)\" is out of range; a speedup is 0.01 to 10,000, or auto")
        }
        self = .times(value)
    }
}

extension Profile.FitChoice {
    /// `auto`, `full`, `connections` or `footprint`.
    public init(parsing text: String) throws(UnitError) {
        if text == "auto" {
            self = .auto
            return
        }
        let allowed = ["auto"] + Plan.Fit.allCases.map(\.rawValue)
        guard let fit = Plan.Fit(rawValue: text) else {
            throw UnitError(
                "\"\(text)\" is not a fit\(Nearest.hint(text, among: allowed)); allowed are "
                    + allowed.joined(separator: ", "))
        }
        self = .fixed(fit)
    }
}
