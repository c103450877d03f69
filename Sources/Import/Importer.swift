import Profiles

/// From somebody else's load file to a profile's text. Does no I/O: a config.yml's load file is asked for.
public enum Importer {
    /// The published load files have 2 KiB.
    public static let mostBytes = 1 << 20

    /// Reads a file that `config.yml` names, relative to its folder: its text, and its name for messages.
    public typealias Reader = (String) throws(ProfileError) -> (text: String, file: String)

    /// The profile's text.
    ///
    /// - Parameters:
    ///   - text: a tsung.xml, or the config.yml of the benchmark's repository.
    ///   - file: its name, for messages and comments.
    ///   - name: the profile's.
    /// Throws one error that names everything which cannot be taken over, each with its line.
    public static func profile(
        _ text: String, file: String, name: String, read: Reader
    ) throws(ProfileError) -> String {
        let text = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
        guard let first = text.first(where: { !$0.isWhitespace }) else { throw ProfileError("\(file): the file is empty.") }
        guard first != "<" else {
            if let code = text.firstRange(of: "<%") {
                throw isTemplate(file, line: 1 + text[..<code.lowerBound].utf8.count { $0 == 0x0A })
            }
            return try tsung(text, file: file, name: name)
        }
        let config = try OriginalConfig.parse(text, file: file)
        let load = try read(config.template)
        let template = Template(
            workers: config.workers, arrivalRate: config.arrivalRate, maximumUsers: config.maximumUsers, targetAddress: "bench-target")
        let filled = try template.filled(load.text, file: load.file)
        return try tsung(filled, file: load.file, name: name, source: "\(file) and \(load.file)") { config.applied(to: $0, file: file) }
    }

    private static func isTemplate(_ file: String, line: Int) -> ProfileError {
        ProfileError("\(file):\(line): this is a template, which the benchmark's repository fills in from its config.yml; import that config.yml.")
    }

    private static func tsung(
        _ text: String, file: String, name: String, source: String? = nil, change: (Draft) -> Draft = { $0 }
    ) throws(ProfileError) -> String {
        guard text.utf8.count <= mostBytes else { throw ProfileError("\(file): the file is larger than \(UnitText.bytes(UInt64(mostBytes))).") }
        let (root, doctypeLine) = try XMLFile.parse(text, file: file)
        var findings = Findings(file: file)
        let draft = TsungXML.draft(root, doctypeLine: doctypeLine, name: name, findings: &findings)
        if let error = findings.error { throw error }
        guard let draft else { throw ProfileError("\(file): the file holds no load that could be imported.") }
        return ProfileWriter.text(change(draft), source: source ?? file, remarks: findings.remarks)
    }
}
