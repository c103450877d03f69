import Foundation
import FoundationXML
import Profiles

/// XML text to a tree of `Tag`s. Reads nothing but the text: no document type, no other file, no entity of the file's own.
enum XMLFile {
    /// The published files have under 200 elements.
    static let mostElements = 20_000
    static let deepestElement = 64

    /// The root element, and the line of the document type declaration. Throws one sentence with the line.
    static func parse(_ text: String, file: String) throws(ProfileError) -> (root: Tag, doctypeLine: Int?) {
        let scan = try XMLScan(text, file: file)
        let builder = TreeBuilder(tagLines: scan.tagLines)
        let parser = XMLParser(data: Data(text.utf8))
        parser.shouldResolveExternalEntities = false
        parser.delegate = builder
        // It goes on after a tag that does not fit, and says in the end that all went well (Swift 6.3): its errors count.
        let isSound = parser.parse() && builder.error == nil
        if let problem = builder.problem { throw ProfileError("\(file):\(problem.line): \(problem.sentence)") }
        guard isSound, let root = builder.root else {
            let error = builder.error ?? (line: max(1, parser.lineNumber), code: 0)
            throw ProfileError("\(file):\(error.line): this is not XML: \(reason(error.code)).")
        }
        return (root, scan.doctypeLine)
    }

    /// libxml2's number in words, as far as they say more than the number.
    private static func reason(_ code: Int) -> String {
        switch code {
        case 4, 5: return "the file ends before its first element is closed, or has none"
        case 38, 39: return "an attribute's value is not complete; a quote is missing, or a < stands in it"
        case 41: return "an attribute has no value in quotes"
        case 42: return "an attribute appears twice in one tag"
        case 68: return "a name is missing after <; a < in text is written &lt;"
        case 73: return "a tag is not closed with >"
        case 76: return "an end tag does not fit the element that is open"
        case 77: return "an element is still open where the file ends"
        default: return "the parser stopped with libxml2's error \(code)"
        }
    }
}

/// Builds the tree from the parser's events.
private final class TreeBuilder: NSObject, XMLParserDelegate {
    private let tagLines: [Int]
    private var open: [Tag] = []
    private var elements = 0
    private var hasCommentAfterText = false
    private(set) var root: Tag?
    private(set) var problem: (line: Int, sentence: String)?
    /// The parser's own first error, by libxml2's number.
    private(set) var error: (line: Int, code: Int)?

    init(tagLines: [Int]) { self.tagLines = tagLines }

    func parser(
        _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        let line = elements < tagLines.count ? tagLines[elements] : parser.lineNumber
        elements += 1
        if elements > XMLFile.mostElements { refuse(line, "The file has more than \(XMLFile.mostElements) elements.") }
        if open.count >= XMLFile.deepestElement { refuse(line, "Elements stand in each other more than \(XMLFile.deepestElement) deep.") }
        guard problem == nil else { return }
        open.append(Tag(name: elementName, attributes: attributes, line: line))
        hasCommentAfterText = false
    }

    func parser(_ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName: String?) {
        guard problem == nil, let tag = open.popLast() else { return }
        hasCommentAfterText = false
        if open.isEmpty { root = root ?? tag } else { open[open.count - 1].children.append(tag) }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { add(string) }

    func parser(_ parser: XMLParser, foundCDATA CDATABlock: Data) { add(String(decoding: CDATABlock, as: UTF8.self)) }

    func parser(_ parser: XMLParser, foundComment comment: String) {
        hasCommentAfterText = open.last.map { $0.text.contains { !$0.isWhitespace } } ?? false
    }

    func parser(_ parser: XMLParser, parseErrorOccurred parseError: any Error) {
        error = error ?? (max(1, parser.lineNumber), (parseError as NSError).code)
    }

    private func add(_ text: String) {
        guard problem == nil, !open.isEmpty else { return }
        if hasCommentAfterText, text.contains(where: { !$0.isWhitespace }) { open[open.count - 1].isTextSplit = true }
        open[open.count - 1].text += text
    }

    /// What follows is read and dropped: a parser that is told to stop may crash (libxml2 2.9.14, in xmlParseChunk).
    private func refuse(_ line: Int, _ sentence: String) { problem = problem ?? (line, sentence) }
}
