import Yams

/// One `--set key.path=value`: a value laid over the profile's YAML before it is checked.
///
/// The value `~` (`target.droplet=~`) takes the key away. A number in the path picks a list element (`load.phases.0.rate=1000/s`). Mappings that do not exist yet are made, so
/// that optional keys can be set; whether a key is allowed is for the parser to say.
struct Override: Equatable {
    let path: [String]
    let value: String
    /// The flag as the user wrote it, for messages.
    let flag: String

    private static let longestPath = 16

    init(_ text: String) throws(ProfileError) {
        flag = "--set \(text.prefix(120))"
        guard let equals = text.firstIndex(of: "=") else {
            throw ProfileError(
                "\(flag): there is no \"=\"; write --set key.path=value, such as --set load.retries=5.")
        }
        value = String(text[text.index(after: equals)...])
        var parts = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        // Figures have dots in their names: expect.joined.peak is the key joined.peak of expect.
        if parts.first == "expect" && parts.count > 2 {
            parts = ["expect", parts.dropFirst().joined(separator: ".")]
        }
        guard parts.allSatisfy({ !$0.isEmpty }), parts.count <= Self.longestPath else {
            throw ProfileError("\(flag): the key is not a path of names joined by dots, such as load.phases.0.rate.")
        }
        path = parts
    }

    /// Lays the value over `root`.
    func apply(to root: inout Node) throws(ProfileError) {
        root = try replaced(root, at: 0)
    }

    private func replaced(_ node: Node, at depth: Int) throws(ProfileError) -> Node {
        guard depth < path.count else { return try newValue() }
        let key = path[depth]
        switch node {
        case .mapping(var mapping):
            if depth == path.count - 1, value == "~" {
                mapping[Node(key)] = nil
                return .mapping(mapping)
            }
            let old = mapping[Node(key)] ?? Node([(Node, Node)]())
            mapping[Node(key)] = try replaced(old, at: depth + 1)
            return .mapping(mapping)
        case .sequence(var sequence):
            guard let index = Int(key), sequence.indices.contains(index) else {
                throw ProfileError(
                    "\(flag): \(place(depth)) is a list of \(sequence.count); pick an element by a number from 0 to "
                        + "\(sequence.count - 1) instead of \"\(key)\".")
            }
            sequence[index] = try replaced(sequence[index], at: depth + 1)
            return .sequence(sequence)
        case .scalar, .alias:
            throw ProfileError("\(flag): \(place(depth)) is a single value and has no key \"\(key)\".")
        }
    }

    private func place(_ depth: Int) -> String {
        depth == 0 ? "the profile" : path[..<depth].joined(separator: ".")
    }

    /// Values are plain text, unless they start like a YAML list or mapping: `{ memory: 1 GiB }`.
    private func newValue() throws(ProfileError) -> Node {
        guard value.hasPrefix("{") || value.hasPrefix("[") else { return Node(value) }
        do {
            return try Yams.compose(yaml: value) ?? Node(value)
        } catch {
            throw ProfileError("\(flag): the value starts like a YAML list or mapping, but is not one.")
        }
    }
}
