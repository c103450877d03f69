import Foundation

/// Finds profiles by name in a list of folders, or by path, and reads them.
public struct ProfileFinder: Sendable {
    /// The environment variable whose folders, separated by colons, are searched first.
    public static let variable = "SIMBENCH_PROFILES"
    private static let extensions = ["yml", "yaml"]

    /// The folders searched, in order.
    public let directories: [String]

    public init(directories: [String], environment: [String: String] = ProcessInfo.processInfo.environment) {
        let first = (environment[Self.variable] ?? "").split(separator: ":").map(String.init)
        self.directories = (first + directories).map(Self.absolute)
    }

    /// A profile's absolute path. Whatever contains a slash or ends in .yml or .yaml is a path, all else is a name.
    public func find(_ nameOrPath: String) throws(ProfileError) -> String {
        if nameOrPath.contains("/") || Self.extensions.contains(where: { nameOrPath.hasSuffix(".\($0)") }) {
            let path = Self.absolute(nameOrPath)
            guard Self.isFile(path) else {
                throw ProfileError("There is no profile file \(path). \(offer(nameOrPath))")
            }
            return path
        }
        for directory in directories {
            for suffix in Self.extensions {
                let path = "\(directory)/\(nameOrPath).\(suffix)"
                if !nameOrPath.isEmpty && Self.isFile(path) { return path }
            }
        }
        throw ProfileError("There is no profile \"\(nameOrPath)\". \(offer(nameOrPath))")
    }

    /// Every profile's name and path, sorted by name; a name in an earlier folder hides the same in a later one.
    public func all() -> [(name: String, path: String)] {
        var found: [String: String] = [:]
        for directory in directories {
            let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            for file in files.sorted() {
                guard let suffix = Self.extensions.first(where: { file.hasSuffix(".\($0)") }) else { continue }
                let name = String(file.dropLast(suffix.count + 1))
                if found[name] == nil { found[name] = "\(directory)/\(file)" }
            }
        }
        return found.sorted { $0.key < $1.key }.map { (name: $0.key, path: $0.value) }
    }

    /// Finds, reads and parses a profile, and checks that the reference curve it names is there.
    public func load(_ nameOrPath: String, overrides: [String] = []) throws(ProfileError) -> Profile {
        let path = try find(nameOrPath)
        let text = try Self.read(path, atMost: Limits.profileBytes)
        let profile = try ProfileParser.parse(text, file: path, overrides: overrides) { name throws(ProfileError) in
            let base = try find(name, beside: path)
            return (try Self.read(base, atMost: Limits.profileBytes), base)
        }
        if let reference = profile.referencePath, !Self.isFile(reference) {
            throw ProfileError(
                "\(path): reference: there is no file \(reference); the path is relative to the profile's folder.")
        }
        return profile
    }

    /// A profile's text as it stands, and the path of its file.
    public func text(of nameOrPath: String) throws(ProfileError) -> (text: String, file: String) {
        let path = try find(nameOrPath)
        return (try Self.read(path, atMost: Limits.profileBytes), path)
    }

    /// What a profile extends is looked for in its own folder first.
    private func find(_ name: String, beside path: String) throws(ProfileError) -> String {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        if let sibling = Self.extensions.map({ "\(folder)\(name).\($0)" }).first(where: Self.isFile) { return sibling }
        return try find(name)
    }

    private func offer(_ wanted: String) -> String {
        let names = all().map(\.name)
        guard !names.isEmpty else {
            return "No profile was found in \(directories.joined(separator: ", ")); name folders in \(Self.variable)."
        }
        let stem = wanted.split(separator: "/").last.map(String.init) ?? wanted
        return "Profiles are \(names.joined(separator: ", "))\(Nearest.hint(stem, among: names)); a path works too."
    }

    // MARK: Files

    /// A text file, refused when it is too large or not UTF-8.
    static func read(_ path: String, atMost limit: Int) throws(ProfileError) -> String {
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int,
            size <= limit
        else {
            throw ProfileError("\(path) is missing, or larger than the \(UnitText.bytes(UInt64(limit))) allowed.")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ProfileError("\(path) cannot be read; check its permissions.")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ProfileError("\(path) is not UTF-8 text.")
        }
        return text
    }

    private static func isFile(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
    }

    private static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}
