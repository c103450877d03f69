import Profiles

/// What an import has to say about a file: what it cannot take over, and what it leaves out because it changes nothing.
struct Findings {
    /// More than so many refusals are counted, not shown.
    static let mostShown = 20
    /// Whoever wants to know of more has the file itself.
    private static let mostRemarks = 100

    let file: String
    private(set) var refusals: [String] = []
    private var refused = 0
    private var noted: [(line: Int, text: String)] = []

    /// YAML tells of what is missing at the end in a line behind the last.
    let lastLine: Int

    init(file: String, lastLine: Int = .max) {
        self.file = file
        self.lastLine = lastLine
    }

    /// What would mean something else, or nothing, in a profile.
    mutating func refuse(_ line: Int, _ problem: String) {
        refused += 1
        if refused <= Self.mostShown { refusals.append("\(file):\(min(line, lastLine)): \(Self.onOneLine(problem)).") }
    }

    /// What is quoted of a file may hold line breaks, and what a terminal obeys.
    static func onOneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
    }

    mutating func refuse(_ tag: Tag, _ attribute: String? = nil, _ problem: String) {
        refuse(tag.line, "\(tag.named(attribute)): \(problem)")
    }

    /// What changes nothing here.
    mutating func remark(_ line: Int, _ sentence: String) {
        let text = "line \(line): \(sentence)"
        if noted.count < Self.mostRemarks, !noted.contains(where: { $0.text == text }) { noted.append((line, text)) }
    }

    mutating func remark(_ tag: Tag, _ attribute: String? = nil, _ sentence: String) {
        remark(tag.line, "\(tag.named(attribute)): \(sentence)")
    }

    /// For the top of the profile, by line.
    var remarks: [String] {
        noted.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element.text)
    }

    /// All refusals as one error; nil when there are none.
    var error: ProfileError? {
        guard refused > 0 else { return nil }
        let more = refused > Self.mostShown ? ["And \(refused - Self.mostShown) more."] : []
        return ProfileError((refusals + more).joined(separator: "\n"))
    }

    // MARK: Attributes and children

    /// Refuses whatever a tag has beyond these.
    mutating func check(_ tag: Tag, attributes: [String], children: [String] = []) {
        for name in tag.attributes.keys.sorted() where !attributes.contains(name) {
            refuse(tag, name, "the import does not know this attribute")
        }
        for child in tag.children where !children.contains(child.name) {
            refuse(child, nil, "the import does not know this element in \(tag.named())")
        }
    }

    /// A whole number; nil when the attribute is missing, or was refused.
    mutating func whole(_ tag: Tag, _ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = tag.attributes[name] else { return nil }
        guard let value = Int(text), range.contains(value), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            refuse(
                tag, name,
                "\"\(text.prefix(40))\" is not a whole number from \(UnitText.count(range.lowerBound)) to \(UnitText.count(range.upperBound))")
            return nil
        }
        return value
    }

    mutating func requiredWhole(_ tag: Tag, _ name: String, _ range: ClosedRange<Int>) -> Int? {
        if tag.attributes[name] == nil { refuse(tag, nil, "the attribute \(name) is missing") }
        return whole(tag, name, range)
    }

    /// Digits, and a point where there is one, above zero; nil when the attribute is missing, or was refused.
    mutating func positive(_ tag: Tag, _ name: String) -> Double? {
        guard let text = tag.attributes[name] else { return nil }
        guard let value = try? Units.number(text), value > 0, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }) else {
            refuse(tag, name, "\"\(text.prefix(40))\" is not a number above 0, such as 30 or 0.5")
            return nil
        }
        return value
    }

    mutating func flag(_ tag: Tag, _ name: String, default value: Bool) -> Bool {
        switch tag.attributes[name] {
        case nil: return value
        case "true": return true
        case "false": return false
        case let text?:
            refuse(tag, name, "\"\(text.prefix(40))\" is neither true nor false")
            return value
        }
    }
}
