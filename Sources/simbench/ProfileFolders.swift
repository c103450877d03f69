import Foundation
import Profiles

/// Where profiles are looked for, whatever the working directory is.
enum ProfileFolders {
    /// $SIMBENCH_PROFILES (the finder's own), ./profiles, the sources' profiles, and an installation's.
    static func finder() -> ProfileFinder {
        var folders = ["profiles"]
        if let executable = executablePath() {
            let parent = (executable as NSString).deletingLastPathComponent
            if let sources = beside(parent) { folders.append(sources) }
            folders.append("\(parent)/../share/simbench/profiles")
        }
        return ProfileFinder(directories: folders)
    }

    /// A profile that another extends, by name: its text, and its file.
    static func text(of name: String) throws(ProfileError) -> (text: String, file: String) { try finder().text(of: name) }

    /// The running program, symbolic links resolved.
    static func executablePath() -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }

    /// The nearest `profiles` folder from `directory` upwards that holds smoke.yml, which every copy of the sources has.
    private static func beside(_ directory: String) -> String? {
        var directory = directory
        while true {
            let folder = directory == "/" ? "/profiles" : "\(directory)/profiles"
            if FileManager.default.fileExists(atPath: "\(folder)/smoke.yml") { return folder }
            guard directory != "/", !directory.isEmpty else { return nil }
            directory = (directory as NSString).deletingLastPathComponent
        }
    }
}
