import Profiles

/// The command that runs a plan again, as a shell reads it.
enum RepeatCommand {
    static func text(_ plan: Plan) -> String { words(plan).map(quoted).joined(separator: " ") }

    /// The words that started the run, without the place of its record and with what a default could change: the seed and
    /// the engine. An older record does not have them; its plan's own figures are named.
    static func words(_ plan: Plan) -> [String] {
        guard var words = plan.command, words.count > 1 else { return told(plan) }
        words[0] = "simbench"
        drop("--out", from: &words)
        for (flag, value) in [("--seed", String(plan.seed)), ("--engine", plan.engine.rawValue)] where !has(flag, words) {
            words += [flag, value]
        }
        return words
    }

    private static func told(_ plan: Plan) -> [String] {
        var words = ["simbench", "run", "--profile", plan.profile, "--engine", plan.engine.rawValue, "--fit", plan.fit.rawValue, "--seed", String(plan.seed)]
        words += ["--connections", String(Int((Double(plan.users) / max(plan.connectionScale, 1e-6)).rounded()))]
        if plan.phases.contains(where: { $0.ratePerSecond == nil }) { words += ["--rate", "max"] } else { words += ["--speedup", UnitText.decimal(plan.speedup, places: 4)] }
        return words
    }

    private static func has(_ flag: String, _ words: [String]) -> Bool { words.contains { $0 == flag || $0.hasPrefix("\(flag)=") } }

    private static func drop(_ flag: String, from words: inout [String]) {
        while let index = words.firstIndex(where: { $0 == flag || $0.hasPrefix("\(flag)=") }) {
            words.removeSubrange(index..<min(words.count, index + (words[index] == flag ? 2 : 1)))
        }
    }

    private static let plain: Set<Character> = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,+@%")

    static func quoted(_ word: String) -> String {
        if !word.isEmpty && word.allSatisfy(plain.contains) { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
