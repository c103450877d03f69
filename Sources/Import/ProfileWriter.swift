import Profiles

/// Writes a draft as a profile's YAML. Each value has a comment that says where it came from.
struct ProfileWriter {
    private static let commentColumn = 30
    private var lines: [String] = []

    static func text(_ draft: Draft, source: String, remarks: [String]) -> String {
        var writer = ProfileWriter()
        writer.head(draft, source, remarks)
        writer.target(draft)
        writer.workers(draft)
        writer.load(draft)
        writer.session(draft)
        writer.withdrawn(draft)
        return writer.lines.map { $0 + "\n" }.joined()
    }

    private mutating func line(_ text: String, _ source: String? = nil) {
        guard let source else { return lines.append(text) }
        let padding = String(repeating: " ", count: max(2, Self.commentColumn - text.count))
        lines.append("\(text)\(padding)# \(YAMLScalar.comment(source))")
    }

    private mutating func value(_ key: String, _ value: Draft.Value?) {
        if let value { line("\(key): \(value.text)", value.source) }
    }

    // MARK: Sections

    private mutating func head(_ draft: Draft, _ source: String, _ remarks: [String]) {
        line("# Made from \(YAMLScalar.comment(source)) by simbench import. Comments say which element or key a value came from.")
        if !remarks.isEmpty {
            line("# Left out, because it changes nothing here:")
            for remark in remarks { line("# - \(YAMLScalar.comment(remark))") }
        }
        value("extends", draft.extends)
        line("name: \(YAMLScalar.text(draft.name))")
        line("about: \(YAMLScalar.quoted(draft.about))")
    }

    private mutating func target(_ draft: Draft) {
        guard draft.targetPort != nil || draft.targetPath != nil else { return }
        line("")
        line("target:")
        value("  port", draft.targetPort)
        value("  path", draft.targetPath)
    }

    private mutating func workers(_ draft: Draft) {
        line("")
        line("workers:")
        for group in draft.groups {
            line("  - group: \(YAMLScalar.text(group.name))")
            value("    count", group.count)
            value("    users", group.users)
            value("    ports", group.ports)
            value("    port_order", group.portOrder)
        }
    }

    private mutating func load(_ draft: Draft) {
        line("")
        line("load:")
        line("  inter_arrival: exponential", "Tsung draws exponential gaps")
        line("  phases:")
        for phase in draft.phases {
            let users = phase.users.map { ", users: \(grouped($0))" } ?? ""
            line("    - { duration: \(phase.duration), rate: \(phase.rate)\(users) }", phase.source)
        }
        value("  retries", draft.retries)
        value("  retry_wait", draft.retryWait)
    }

    private mutating func session(_ draft: Draft) {
        guard !draft.session.isEmpty else { return }
        line("")
        line("session:")
        steps(draft.session, indent: "  ")
    }

    private mutating func steps(_ steps: [Draft.Noted], indent: String) {
        for noted in steps {
            let start = "\(indent)- "
            switch noted.step {
            case .connect: line(start + "connect", noted.source)
            case .join(let topic): line(start + "join: \(YAMLScalar.text(topic))", noted.source)
            case .send(let message):
                let payload = YAMLScalar.quoted(message.text)
                let acknowledgement = message.isAcknowledged ? "message" : "none"
                line(start + "send: { \(message.isBinary ? "binary" : "text"): \(payload), ack: \(acknowledgement) }", noted.source)
            case .think(let seconds): line(start + "think: \(self.seconds(seconds))", noted.source)
            case .thinkAbout(let mean): line(start + "think: { mean: \(seconds(mean)) }", noted.source)
            case .close: line(start + "close", noted.source)
            case .loop(let times, let inner):
                line(start + "loop:", noted.source)
                line("\(indent)    times: \(grouped(times))")
                line("\(indent)    steps:")
                self.steps(inner, indent: indent + "      ")
            }
        }
    }

    private mutating func withdrawn(_ draft: Draft) {
        guard !draft.withdrawn.isEmpty else { return }
        line("")
        for value in draft.withdrawn { line("\(value.text): ~", value.source) }
    }

    // MARK: Values

    /// 2400000 as `2_400_000`.
    private func grouped(_ value: Int) -> String { value < 10_000 ? String(value) : String(UnitText.count(value).map { $0 == "," ? "_" : $0 }) }

    /// To the millisecond, as Tsung rounds.
    private func seconds(_ value: Double) -> String { "\(UnitText.decimal(value, places: 3)) s" }
}
