import ArgumentParser
import Foundation
import Import
import Profiles

/// `simbench import`: makes a profile of a Tsung file, or of the published benchmark's configuration.
struct ImportVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make a profile of a tsung.xml, or of the published benchmark's config.yml.",
        usage: "simbench import <file> [--out <file>] [--name <name>]",
        discussion: """
            What a profile cannot say is an error that names its line; what changes nothing is named in a comment. \
            Without --out the profile goes to the standard output.
            """)

    @Argument(help: "A tsung.xml or config.yml.")
    var file: String

    @Option(help: ArgumentHelp("Where the profile goes; a file that is there already is left alone.", valueName: "file"))
    var out: String?

    @Option(help: ArgumentHelp("The profile's name (default: the file's).", valueName: "name"))
    var name: String?

    func run() throws {
        let label = (file as NSString).lastPathComponent
        let folder = (file as NSString).deletingLastPathComponent
        let text = try Importer.profile(Self.text(of: file), file: label, name: profileName(label)) { path throws(ProfileError) in
            guard !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
                throw ProfileError("\(label): tsung.template is a path below the folder of \(label).")
            }
            let beside = (folder as NSString).appendingPathComponent(path)
            do { return (try Self.text(of: beside), (path as NSString).lastPathComponent) } catch {
                throw ProfileError("\(label): the load file that tsung.template names is missing. \(error)")
            }
        }
        // Whatever the import makes, run reads it as any other profile.
        do {
            _ = try ProfileParser.parse(text, file: "the imported profile") { name throws(ProfileError) in try ProfileFolders.text(of: name) }
        } catch {
            throw Failure.usage("\(label) asks for what this version does not run. \(error.message)")
        }
        try write(text)
    }

    private func profileName(_ label: String) throws -> String {
        let wanted = name ?? (label as NSString).deletingPathExtension
        let plain = String(wanted.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "-" }.prefix(64))
        guard plain == wanted || name == nil, !plain.isEmpty, !plain.hasPrefix(".") else {
            throw Failure.usage("\"\(wanted.prefix(64))\" is not a profile's name; letters, digits, -, _ and . make one, 64 at most. Give one with --name.")
        }
        return plain
    }

    private func write(_ text: String) throws {
        guard let out else { return print(text, terminator: "") }
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: out), options: .withoutOverwriting) } catch {
            let isThere = FileManager.default.fileExists(atPath: out)
            throw isThere
                ? Failure.usage("\(out) is there already; name another file with --out.")
                : Failure.hostCannot("\(out) could not be written: \(error.localizedDescription) Name another file with --out.")
        }
        print("\(out) is a profile now; run it with: simbench run --profile \(out)")
    }

    /// UTF-8 text of a size that a load file may have.
    private static func text(of path: String) throws -> String {
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
            throw Failure.usage("\(path) is missing, or cannot be read.")
        }
        guard size <= Importer.mostBytes else { throw Failure.usage("\(path) is larger than \(UnitText.bytes(UInt64(Importer.mostBytes))).") }
        guard let data = FileManager.default.contents(atPath: path) else { throw Failure.usage("\(path) cannot be read; check its permissions.") }
        guard let text = String(validating: data, as: UTF8.self) else { throw Failure.usage("\(path) is not UTF-8 text; convert it.") }
        return text
    }
}
