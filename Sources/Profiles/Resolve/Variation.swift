/// What a comparison varies: a key, and the values it takes one after another. `--vary engine=io_uring,epoll`
public struct Variation: Equatable, Sendable {
    /// A flag of `run` without its dashes, or the dotted path of a profile's key.
    public let key: String
    public let values: [String]

    /// More would take hours, and no table shows them side by side.
    public static let mostValues = 8

    /// Names of plan.json that a profile has under another.
    private static let planKeys = [
        "target.lanes": "tuning.target_lanes", "active_lanes": "tuning.active_lanes", "window": "tuning.window", "waiting": "tuning.waiting",
    ]

    /// Values are told apart by commas outside of brackets; the same value may stand twice.
    public init(parsing text: String) throws(UnitError) {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw UnitError("write --vary key=value,value, such as --vary engine=io_uring,epoll")
        }
        let key = text[..<equals]
        let isKey = key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) } && key.first != "-"
        guard isKey else { throw UnitError("\"\(key.prefix(60))\" is no key; one is a flag's name, or a profile's key such as workers.count") }
        let values = Self.split(text[text.index(after: equals)...])
        guard values.count >= 2 else {
            throw UnitError("there is one value; a comparison needs two or more, parted by commas")
        }
        guard values.count <= Self.mostValues else {
            throw UnitError("there are \(values.count) values; at most \(Self.mostValues) are compared at a time")
        }
        guard values.allSatisfy({ !$0.isEmpty }) else { throw UnitError("a value is empty; take the extra comma out") }
        self.key = String(key)
        self.values = values
    }

    /// The key as a profile has it.
    public var profileKey: String { Self.planKeys[key] ?? key }

    /// How one value is laid over the profile.
    public func override(_ value: String) -> String { "\(profileKey)=\(value)" }

    private static func split(_ text: Substring) -> [String] {
        var values = [""]
        var depth = 0
        for character in text {
            if "[{".contains(character) { depth += 1 }
            if "]}".contains(character) { depth -= 1 }
            if character == ",", depth <= 0 { values.append("") } else { values[values.count - 1].append(character) }
        }
        return values.map { String($0.drop { $0 == " " }) }
    }
}

extension Flags {
    /// These flags, with what the others say in place of what these do.
    public func overlaid(by other: Flags) -> Flags {
        Flags(
            engine: other.engine ?? engine, fit: other.fit ?? fit, connections: other.connections ?? connections,
            rate: other.rate ?? rate, speedup: other.speedup ?? speedup, seed: other.seed ?? seed,
            holdSeconds: other.holdSeconds ?? holdSeconds, network: other.network ?? network, foreign: other.foreign ?? foreign,
            targetCommand: other.targetCommand ?? targetCommand)
    }
}

extension Plan {
    /// Whether both ask for the same run: remarks and what the host was like at the moment aside.
    public func isSameRun(as other: Plan) -> Bool {
        var other = other
        other.host = host
        other.notes = notes
        other.degraded = degraded
        other.about = about
        return self == other
    }
}
