import Yams

/// A place in a profile's YAML tree that knows its path and line, so that every error can name both.
struct YAMLCursor {
    let node: Node
    let path: [String]
    let source: Source

    /// The file being read, and the `--set` flags laid over it.
    struct Source {
        var file: String
        var overrides: [Override] = []
    }

    /// `rate "5" has no unit …`, led by file and line, or by the flag the value came from.
    func error(_ problem: String) -> ProfileError {
        let key = path.isEmpty ? "" : "\(path.joined(separator: ".")): "
        if let override = source.overrides.last(where: { path.starts(with: $0.path) }) {
            return ProfileError("\(override.flag): \(key)\(problem).")
        }
        let line = node.mark.map { ":\($0.line)" } ?? ""
        return ProfileError("\(source.file)\(line): \(key)\(problem).")
    }

    // MARK: Mappings

    /// The mapping here, its keys checked against `allowed`: unknown and repeated ones are errors.
    func fields(_ allowed: [String], _ what: String) throws(ProfileError) -> Fields {
        let pairs = try mapping(what)
        var fields: [String: YAMLCursor] = [:]
        for (name, cursor) in pairs {
            guard allowed.contains(name) else {
                let hint = Nearest.hint(name, among: allowed)
                throw cursor.error(
                    "\(what) has no key \"\(name)\"\(hint); allowed are \(allowed.joined(separator: ", "))")
            }
            fields[name] = cursor
        }
        return Fields(cursor: self, what: what, fields: fields)
    }

    /// The key-value pairs here in file order, whatever the keys are. A value's cursor stands on its key's line.
    func mapping(_ what: String) throws(ProfileError) -> [(String, YAMLCursor)] {
        guard case .mapping(let mapping) = node else {
            throw error("\(what) is a mapping of keys to values, but this is \(kind)")
        }
        guard mapping.count <= Limits.elements else {
            throw error("\(what) has \(mapping.count) keys; at most \(Limits.elements) are allowed")
        }
        var seen: Set<String> = []
        var pairs: [(String, YAMLCursor)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else { throw error("a key of \(what) is not a plain word") }
            let cursor = YAMLCursor(node: value, path: path + [scalar.string], source: source)
            guard seen.insert(scalar.string).inserted else { throw cursor.error("the key appears twice") }
            pairs.append((scalar.string, cursor))
        }
        return pairs
    }

    // MARK: Lists

    /// The elements of the list here; their paths end in their numbers.
    func list(_ what: String) throws(ProfileError) -> [YAMLCursor] {
        guard case .sequence(let sequence) = node else {
            throw error("\(what) is a list, but this is \(kind)")
        }
        guard !sequence.isEmpty else { throw error("\(what) is an empty list; it needs at least one element") }
        guard sequence.count <= Limits.elements else {
            throw error("\(what) has \(sequence.count) elements; at most \(Limits.elements) are allowed")
        }
        return sequence.enumerated().map {
            YAMLCursor(node: $0.element, path: path + [String($0.offset)], source: source)
        }
    }

    // MARK: Scalars

    /// The text of the scalar here, as written: YAML's own ideas of numbers and booleans are not consulted.
    func text(characters limit: Int = Limits.textCharacters) throws(ProfileError) -> String {
        guard case .scalar(let scalar) = node else { throw error("it is \(kind), but one value belongs here") }
        guard scalar.string.count <= limit else {
            throw error("the text is longer than \(UnitText.count(limit)) characters")
        }
        return scalar.string
    }

    /// The scalar here, read by one of `Units`' functions.
    func read<Value>(_ parse: (String) throws(UnitError) -> Value) throws(ProfileError) -> Value {
        let text = try text()
        do { return try parse(text) } catch { throw self.error(error.message) }
    }

    func count(_ range: ClosedRange<Int>) throws(ProfileError) -> Int {
        try read { text throws(UnitError) in try Units.count(text, in: range) }
    }

    /// One of an enumeration's raw values.
    func choice<Value: RawRepresentable & CaseIterable>(
        _: Value.Type = Value.self
    ) throws(ProfileError) -> Value where Value.RawValue == String {
        let text = try text()
        if let value = Value(rawValue: text) { return value }
        let allowed = Value.allCases.map(\.rawValue)
        throw error(
            "\"\(text)\" is not allowed\(Nearest.hint(text, among: allowed)); allowed are "
                + allowed.joined(separator: ", "))
    }

    private var kind: String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "the single value \"\(scalar.string.prefix(40))\""
        case .alias: "an alias"
        }
    }
}

/// A mapping whose keys were checked.
struct Fields {
    let cursor: YAMLCursor
    let what: String
    let fields: [String: YAMLCursor]

    subscript(key: String) -> YAMLCursor? { fields[key] }

    func required(_ key: String, _ why: String) throws(ProfileError) -> YAMLCursor {
        if let field = fields[key] { return field }
        throw cursor.error("\(what) lacks the key \"\(key)\": \(why)")
    }
}
