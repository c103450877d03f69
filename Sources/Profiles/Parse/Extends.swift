import Yams

/// A profile that says `extends: NAME` is that profile with its own keys laid over it.
///
/// Mappings are laid over key by key; a list or a value replaces the base's; an empty value (`memory: ~`) takes the
/// base's key away. The base is checked by itself first, so that its mistakes are told with its own file and line.
public enum Extends {
    /// From a profile's name to its text and the path of its file.
    public typealias Finder = (String) throws(ProfileError) -> (text: String, file: String)

    /// A chain of so many files is somebody's mistake.
    static let longestChain = 4

    static func resolve(_ root: Node, file: String, find: Finder?, depth: Int = 0) throws(ProfileError) -> Node {
        guard case .mapping(var mapping) = root, let value = mapping[Node("extends")] else { return root }
        let cursor = YAMLCursor(node: value, path: ["extends"], source: YAMLCursor.Source(file: file))
        let name = try SectionParser.identifier(cursor)
        guard let find else { throw cursor.error("there is no folder here in which \(name) could be found") }
        guard depth < longestChain else { throw cursor.error("the chain of profiles that extend each other is longer than \(longestChain)") }
        let base = try find(name)
        let lower = try resolve(ProfileParser.compose(base.text, file: base.file), file: base.file, find: find, depth: depth + 1)
        _ = try ProfileParser.profile(YAMLCursor(node: lower, path: [], source: YAMLCursor.Source(file: base.file)))
        mapping[Node("extends")] = nil
        return merged(withReferenceOf(lower, base.file), under: .mapping(mapping))
    }

    /// A reference is named relative to the file that names it.
    private static func withReferenceOf(_ node: Node, _ file: String) -> Node {
        guard case .mapping(var mapping) = node, case .scalar(let scalar)? = mapping[Node("reference")],
            !scalar.string.hasPrefix("/"), let slash = file.lastIndex(of: "/")
        else { return node }
        mapping[Node("reference")] = Node(String(file[...slash]) + scalar.string)
        return .mapping(mapping)
    }

    static func merged(_ lower: Node, under upper: Node) -> Node {
        guard case .mapping(var result) = lower, case .mapping(let changes) = upper else { return upper }
        for (key, value) in changes {
            if case .scalar(let scalar) = value, scalar.style == .plain, ["", "~", "null"].contains(scalar.string) {
                result[key] = nil
            } else {
                result[key] = result[key].map { merged($0, under: value) } ?? value
            }
        }
        return .mapping(result)
    }
}
