import Profiles

/// A command line that does the same again, as a POSIX shell reads it.
public enum RepeatCommand {
    static func text(_ plan: Plan) -> String { text(of: words(plan)) }

    /// The program by its name, without where it lies; --out is left out, for no record is written over.
    public static func text(of arguments: [String]) -> String { given(arguments).map(quoted).joined(separator: " ") }

    /// The words that started the run, without the place of its record and with what a default could change: the seed and
    /// the engine. An older record does not have them; its plan's own figures are named.
    static func words(_ plan: Plan) -> [String] {
        guard let command = plan.command, command.count > 1 else { return told(plan) }
        var words = given(command)
        for (flag, value) in [("--seed", String(plan.seed)), ("--engine", plan.engine.rawValue)] where !has(flag, words) {
            words += [flag, value]
        }
        return words
    }

    private static func told(_ plan: Plan) -> [String] {
        var words = ["simbench", "run", "--profile", plan.profile, "--engine", plan.engine.rawValue, "--fit", plan.fit.rawValue, "--seed", String(plan.seed)]
        words += ["--connections", String(plan.modelUsers)]
        if plan.phases.contains(where: { $0.ratePerSecond == nil }) { words += ["--rate", "max"] } else { words += ["--speedup", UnitText.decimal(plan.speedup, places: 4)] }
        return words
    }

    private static func has(_ flag: String, _ words: [String]) -> Bool { words.contains { $0 == flag || $0.hasPrefix("\(flag)=") } }

    private static func given(_ arguments: [String]) -> [String] {
        var words = ["simbench"]
        var rest = arguments.dropFirst()
        while let word = rest.popFirst() {
            if word == "--out" { _ = rest.popFirst() } else if !word.hasPrefix("--out=") { words.append(word) }
        }
        return words
    }

    private static let plain: Set<Character> = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%")

    static func quoted(_ word: String) -> String {
        if !word.isEmpty && word.allSatisfy(plain.contains) { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
