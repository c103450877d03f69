import ArgumentParser
import Profiles

/// `simbench profiles`: what can be run by name.
struct ProfilesVerb: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "profiles", abstract: "List the profiles that are found by name.")

    func run() throws {
        let finder = ProfileFolders.finder()
        let found = finder.all()
        guard !found.isEmpty else {
            throw Failure.usage("No profile was found in \(finder.directories.joined(separator: ", ")); name folders in \(ProfileFinder.variable).")
        }
        let width = found.map(\.name.count).max() ?? 0
        for (name, path) in found {
            print(name + String(repeating: " ", count: width - name.count + 2) + about(finder, path))
        }
    }

    private func about(_ finder: ProfileFinder, _ path: String) -> String {
        do {
            if let sweep = try finder.sweep(path) { return sweep.about }
            return try finder.load(path).about
        } catch {
            return "cannot be used: \(error)"
        }
    }
}
