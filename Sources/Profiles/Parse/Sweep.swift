/// A file that is no profile but a list of profiles, run one after another to be compared.
public struct Sweep: Equatable, Sendable {
    public var name: String
    public var about = ""
    /// Names or paths, in order.
    public var profiles: [String]

    /// nil when the text is a profile, or anything else that does not say `sweep:`.
    public static func parse(_ text: String, file: String) throws(ProfileError) -> Sweep? {
        let root = YAMLCursor(
            node: try ProfileParser.compose(text, file: file), path: [], source: YAMLCursor.Source(file: file))
        guard case .mapping(let mapping) = root.node, mapping.contains(where: { $0.key.string == "sweep" }) else { return nil }
        let fields = try root.fields(["name", "about", "sweep"], "a sweep")
        var sweep = Sweep(
            name: try SectionParser.identifier(fields.required("name", "the sweep's name, such as droplets")),
            profiles: try fields.required("sweep", "the profiles to run").list("sweep").map { element throws(ProfileError) in
                try element.text()
            })
        if let about = fields["about"] { sweep.about = try about.text() }
        return sweep
    }
}

extension ProfileFinder {
    /// The sweep of this name or path; nil when it is a profile.
    public func sweep(_ nameOrPath: String) throws(ProfileError) -> Sweep? {
        let path = try find(nameOrPath)
        return try Sweep.parse(Self.read(path, atMost: Limits.profileBytes), file: path)
    }
}
