import Profiles

/// A first look at an XML file's bytes, before any parser sees them.
///
/// It refuses what could make a parser read other files or grow without bound: entities of the file's own, and references
/// to them. It also finds the line each start tag begins on, which a parser that reports events knows only of its end.
struct XMLScan {
    /// Lines of the start tags, in order.
    private(set) var tagLines: [Int] = []
    /// The line of the document type declaration.
    private(set) var doctypeLine: Int?

    private static let plainEntities: Set<String> = ["lt", "gt", "amp", "quot", "apos"]

    private let bytes: [UInt8]
    private let file: String
    private var at = 0
    private var line = 1

    /// Throws a sentence that names the line of what is refused.
    init(_ text: String, file: String) throws(ProfileError) {
        bytes = Array(text.utf8)
        self.file = file
        try checkDeclaration()
        try checkInstructions()
        while at < bytes.count { try step() }
    }

    private mutating func step() throws(ProfileError) {
        if bytes[at] == 0x3C {
            if skip("<!--", to: "-->") || skip("<![CDATA[", to: "]]>") { return }
            if skip("<?", to: "?>") { return }
            if has("<!DOCTYPE") { return try passDocumentType() }
            if at + 1 < bytes.count, Self.beginsName(bytes[at + 1]) { tagLines.append(line) }
        } else if bytes[at] == 0x26 {
            try checkReference()
        }
        advance(1)
    }

    // MARK: What is refused

    /// The XML declaration is the only instruction there may be: one without data crashes Foundation's parser (Swift 6.3). That goes
    /// on behind what it does not understand, and may then take for an instruction what stands in a comment or a document type.
    private func checkInstructions() throws(ProfileError) {
        let isDeclared = has("<?xml") && bytes.count > 5 && [0x20, 0x09, 0x0D, 0x0A].contains(bytes[5])
        var line = 1
        for place in bytes.indices.dropLast() {
            if bytes[place] == 0x0A { line += 1 }
            guard bytes[place] == 0x3C, bytes[place + 1] == 0x3F, place > 0 || !isDeclared else { continue }
            throw ProfileError("\(file):\(line): a processing instruction, <?...?>, is not known here. Leave it out.")
        }
    }

    /// Passes over the document type: where one is kept, in quotes, is of no interest. What it declares itself would be.
    private mutating func passDocumentType() throws(ProfileError) {
        doctypeLine = doctypeLine ?? line
        while at < bytes.count, bytes[at] != 0x3E {
            if bytes[at] == 0x5B { throw declarations() }
            guard let quote = [0x22, 0x27].first(where: { $0 == bytes[at] }) else {
                advance(1)
                continue
            }
            advance(1)
            while at < bytes.count, bytes[at] != quote { advance(1) }
            advance(1)
        }
    }

    /// What to say of declarations that begin here, by the first entity among them.
    private mutating func declarations() -> ProfileError {
        let general = error("the document type declares something of its own between [ and ]. Leave that out: it is not read")
        while at < bytes.count {
            if bytes[at] == 0x3C, has("<!ENTITY") { return error("the file declares an entity. Write out what it stands for: entities are not expanded") }
            advance(1)
        }
        return general
    }

    /// Bytes that are not UTF-8 were refused before; a file that claims another encoding would be read as something else.
    private func checkDeclaration() throws(ProfileError) {
        guard has("<?xml") else { return }
        let head = String(decoding: bytes.prefix(200), as: UTF8.self).prefix { $0 != ">" }
        guard let encoding = head.split(separator: "encoding", maxSplits: 1).dropFirst().first else { return }
        let name = encoding.split(whereSeparator: { $0.isWhitespace || "=\"'?".contains($0) }).first?.lowercased() ?? ""
        guard ["utf-8", "us-ascii", "ascii"].contains(name) else {
            throw error("the file's encoding is \(name.isEmpty ? "not named" : name.prefix(40)); convert it to UTF-8 and say so in its first line")
        }
    }

    /// `&amp;` and its like, and characters by number; nothing else.
    private func checkReference() throws(ProfileError) {
        let rest = bytes[(at + 1)...].prefix(40)
        guard rest.first != 0x23 else { return }
        guard let end = rest.firstIndex(of: 0x3B) else { return }
        let name = String(decoding: bytes[(at + 1)..<end], as: UTF8.self)
        guard !Self.plainEntities.contains(name), name.utf8.allSatisfy(Self.continuesName) else { return }
        throw error("the entity &\(name); is not known without the document type, which is not read. Write out what it stands for")
    }

    private func error(_ problem: String) -> ProfileError { ProfileError("\(file):\(line): \(Findings.onOneLine(problem)).") }

    // MARK: Moving on

    private func has(_ text: StaticString) -> Bool {
        guard bytes.count - at >= text.utf8CodeUnitCount, bytes[at] == text.utf8Start[0] else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[at..<at + $0.count]) }
    }

    /// Passes over what begins with `opening`, up to and with `closing`, or to the end.
    private mutating func skip(_ opening: StaticString, to closing: StaticString) -> Bool {
        guard has(opening) else { return false }
        advance(opening.utf8CodeUnitCount)
        while at < bytes.count && !has(closing) { advance(1) }
        advance(closing.utf8CodeUnitCount)
        return true
    }

    private mutating func advance(_ count: Int) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] == 0x0A { line += 1 }
            at += 1
        }
    }

    private static func beginsName(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x3A || byte >= 0x80
    }

    private static func continuesName(_ byte: UInt8) -> Bool {
        beginsName(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2E
    }
}
