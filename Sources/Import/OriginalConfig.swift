import Profiles
import Yams

/// The `config.yml` of the benchmark's repository: how many workers, at which rate, by which load file, on which droplet.
///
/// What the droplet runs is the same in all its runs, so the profile extends the shipped one of that droplet and replaces
/// its workers, load and session.
struct OriginalConfig: Equatable {
    var workers: Int
    /// Users per second in all, as written.
    var arrivalRate: String
    /// nil: 60,000 for each worker.
    var maximumUsers: Int?
    /// Of the load file, relative to the folder of config.yml.
    var template: String
    /// Of the target, such as `64gb`.
    var size: String
    var lines: [String: Int] = [:]

    /// Droplets of 2016 that have a profile.
    static let sizes = ["1gb", "2gb", "4gb", "8gb", "16gb", "32gb", "64gb"]
    private static let mostBytes = 64 << 10

    /// Throws all that is wrong, each with its line. Secrets in the file go nowhere.
    static func parse(_ text: String, file: String) throws(ProfileError) -> OriginalConfig {
        let last = 1 + text.utf8.count { $0 == 0x0A }
        var findings = Findings(file: file, lastLine: last)
        let root = try mapping(text, file: file, lastLine: last)
        var reader = Reader(findings: findings)
        let known = ["workers", "tsung", "digital_ocean_token", "benchmark_target", "worker", "kv_store"]
        let top = reader.fields(root, "the file", known)
        let tsung = reader.section(top, "tsung", ["maxnumber", "arrivalrate", "template"])
        let target = reader.section(top, "benchmark_target", ["image", "region", "size", "ip"])
        for name in ["worker", "kv_store"] where top[name] != nil { _ = reader.section(top, name, ["image", "region", "size"]) }
        var config = OriginalConfig(
            workers: reader.whole(top["workers"], "workers", 1...Limits.workers) ?? 0,
            arrivalRate: String(reader.whole(tsung["arrivalrate"], "tsung.arrivalrate", 1...Int(Limits.ratePerSecond)) ?? 0),
            maximumUsers: nil, template: reader.text(tsung["template"], "tsung.template") ?? "",
            size: reader.text(target["size"], "benchmark_target.size") ?? "")
        if let most = tsung["maxnumber"] { config.maximumUsers = reader.whole(most, "tsung.maxnumber", 1...Limits.users) }
        if let size = target["size"], !config.size.isEmpty, !sizes.contains(config.size) {
            reader.findings.refuse(line(size), "benchmark_target.size: no profile has a droplet of \"\(config.size.prefix(40))\"; there are \(sizes.joined(separator: ", "))")
        }
        for (name, node) in [("workers", top["workers"]), ("size", target["size"])] { config.lines[name] = node.map(line) }
        findings = reader.findings
        if let error = findings.error { throw error }
        return config
    }

    /// What the load file's draft becomes with this droplet under it.
    func applied(to draft: Draft, file: String) -> Draft {
        var draft = draft
        draft.extends = Draft.Value("do-\(size)", "benchmark_target.size, line \(lines["size"] ?? 0) of \(file): its droplet, and the memory that Phoenix takes on it")
        draft.withdrawn = [Draft.Value("expect", "what the extended profile expects is about its own load")]
        if size == "64gb" { draft.withdrawn.append(Draft.Value("reference", "so is the published curve")) }
        return draft
    }

    // MARK: YAML

    private static func mapping(_ text: String, file: String, lastLine: Int) throws(ProfileError) -> Node.Mapping {
        guard text.utf8.count <= mostBytes else { throw ProfileError("\(file): a config.yml is smaller than \(mostBytes) bytes.") }
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch {
            let (line, problem) = fault(error)
            throw ProfileError("\(file):\(min(line, lastLine)): \(isNone); as YAML, \(problem).")
        }
        guard case .mapping(let mapping)? = node else { throw ProfileError("\(file):\(min(node.map(line) ?? 1, lastLine)): \(isNone).") }
        return mapping
    }

    private static let isNone = "this is neither XML nor a config.yml of the benchmark's repository, which begins with workers"

    /// Where Yams stopped, and why. A byte that no YAML may hold comes without a line.
    private static func fault(_ error: any Error) -> (line: Int, problem: String) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            return (mark.line, problem)
        case YamlError.duplicatedKeysInMapping(_, let context): return (context.mark.line, "a key appears more than once")
        case YamlError.reader(let problem, _, _, _): return (1, problem)
        default: return (1, "it cannot be read")
        }
    }

    static func line(_ node: Node) -> Int { node.mark?.line ?? 1 }

    private struct Reader {
        var findings: Findings

        mutating func fields(_ mapping: Node.Mapping, _ what: String, _ known: [String]) -> [String: Node] {
            var fields: [String: Node] = [:]
            for (key, value) in mapping {
                guard case .scalar(let scalar) = key, known.contains(scalar.string) else {
                    findings.refuse(line(key), "\(what) has no key \"\(key.scalar?.string.prefix(40) ?? "")\"; known are \(known.joined(separator: ", "))")
                    continue
                }
                fields[scalar.string] = value
            }
            return fields
        }

        mutating func section(_ top: [String: Node], _ name: String, _ known: [String]) -> [String: Node] {
            guard let node = top[name] else {
                findings.refuse(1, "the key \"\(name)\" is missing")
                return [:]
            }
            guard case .mapping(let mapping) = node else {
                findings.refuse(line(node), "\(name) is a mapping of keys to values")
                return [:]
            }
            return fields(mapping, name, known)
        }

        mutating func text(_ node: Node?, _ path: String) -> String? {
            guard case .scalar(let scalar)? = node, !scalar.string.isEmpty, scalar.string.count <= Limits.textCharacters else {
                findings.refuse(node.map(line) ?? 1, "\(path) is missing, or is no text")
                return nil
            }
            return scalar.string
        }

        mutating func whole(_ node: Node?, _ path: String, _ range: ClosedRange<Int>) -> Int? {
            guard case .scalar(let scalar)? = node, let value = try? Units.count(scalar.string, in: range) else {
                findings.refuse(
                    node.map(line) ?? 1,
                    "\(path) is missing, or is not a whole number from \(UnitText.count(range.lowerBound)) to \(UnitText.count(range.upperBound))")
                return nil
            }
            return value
        }

        private func line(_ node: Node) -> Int { OriginalConfig.line(node) }
    }
}
