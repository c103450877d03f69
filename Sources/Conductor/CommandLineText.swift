/// A command line as a person can give it again.
enum CommandLineText {
    /// Quoted for a POSIX shell. The program loses its path, and --out goes: a record is not written over. nil for what
    /// is no command line of simbench.
    static func repeatable(_ arguments: [String]) -> String? {
        guard let program = arguments.first?.split(separator: "/").last, program == "simbench" else { return nil }
        var words = ["simbench"]
        var isSkipping = false
        for argument in arguments.dropFirst() {
            if isSkipping { isSkipping = false } else if argument == "--out" { isSkipping = true } else if !argument.hasPrefix("--out=") {
                words.append(quoted(argument))
            }
        }
        return words.joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "-_./:,+@%=".utf8.contains(byte)
            }
        }
        return isPlain ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
