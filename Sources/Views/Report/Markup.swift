/// A piece of a page: HTML that is well-formed XML at the same time.
///
/// Text and attributes are escaped where they are rendered, so that nothing a profile or a kernel says can become markup.
indirect enum Markup {
    case text(String)
    case element(String, [(name: String, value: String)], [Markup])
    /// This project's own style sheet and script; never anything that was read.
    case verbatim(String)

    static func tag(_ name: String, _ attributes: KeyValuePairs<String, String>, _ children: [Markup] = []) -> Markup {
        .element(name, attributes.map { (name: $0.key, value: $0.value) }, children)
    }

    static func tag(_ name: String, _ attributes: KeyValuePairs<String, String>, _ text: String) -> Markup {
        tag(name, attributes, text.isEmpty ? [] : [.text(text)])
    }

    static func tag(_ name: String, _ children: [Markup]) -> Markup { .element(name, [], children) }
    static func tag(_ name: String, _ text: String) -> Markup { tag(name, [:], text) }

    /// Elements of HTML that have no end tag.
    private static let void: Set<String> = ["meta", "br"]
    /// Each of these ends its line, so that two reports can be compared by diff.
    private static let lineEnding: Set<String> = [
        "meta", "title", "style", "script", "head", "body", "header", "footer", "main", "section", "h1", "h2", "h3", "p", "div", "dl", "ul",
        "li", "table", "thead", "tbody", "tr", "figure", "figcaption", "svg", "g", "details", "pre", "dd",
    ]

    var rendered: String {
        var text = ""
        render(into: &text)
        return text
    }

    private func render(into text: inout String) {
        switch self {
        case .text(let words): text += Markup.escaped(words)
        case .verbatim(let words): text += words
        case .element(let name, let attributes, let children):
            text += "<\(name)"
            for attribute in attributes { text += " \(attribute.name)=\"\(Markup.escaped(attribute.value))\"" }
            if children.isEmpty && Markup.void.contains(name) {
                text += "/>"
            } else {
                text += ">"
                for child in children { child.render(into: &text) }
                text += "</\(name)>"
            }
            if Markup.lineEnding.contains(name) { text += "\n" }
        }
    }

    /// For text and for attributes in double quotes, in HTML and in XML.
    ///
    /// Control characters, which XML does not allow even when they are escaped, become U+FFFD. So do the marks that turn
    /// the direction of all text that follows, which could make a figure read backwards.
    static func escaped(_ words: String) -> String {
        var text = ""
        for scalar in cleaned(words).unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    static func cleaned(_ words: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in words.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0a: text.append(scalar)
            case 0..<0x20, 0x7f..<0xa0, 0xfffe, 0xffff, 0x202a...0x202e, 0x2066...0x2069: text.append("\u{fffd}")
            default: text.append(scalar)
            }
        }
        return String(text)
    }
}

/// Pieces that several sections are made of.
extension Markup {
    static func paragraph(_ text: String, _ style: String = "") -> Markup {
        style.isEmpty ? tag("p", text) : tag("p", ["class": style], text)
    }

    static func list(_ sentences: [String]) -> Markup { tag("ul", sentences.map { tag("li", $0) }) }

    /// The first cell of each row is its heading. Columns but the first are aligned for figures.
    static func table(_ head: [String], _ rows: [[Markup]], style: String = "figures") -> Markup {
        let heading = tag("thead", [tag("tr", head.map { tag("th", ["scope": "col"], $0) })])
        let lines = rows.map { row in
            tag("tr", row.enumerated().map { index, cell in index == 0 ? tag("th", ["scope": "row"], [cell]) : tag("td", [cell]) })
        }
        return tag("div", ["class": "scroll"], [tag("table", ["class": style], [heading, tag("tbody", lines)])])
    }

    /// Names and what they stand for.
    static func facts(_ facts: [(String, Markup)]) -> Markup {
        tag("dl", facts.map { name, value in tag("div", ["class": "fact"], [tag("dt", name), tag("dd", [value])]) })
    }

    static func details(_ summary: String, _ children: [Markup]) -> Markup {
        tag("details", [tag("summary", summary)] + children)
    }

    /// A figure of summary.json, with its path there and its exact value, so that tests and scripts can find it.
    static func figure(_ path: String, _ value: Double?, _ words: String?) -> Markup {
        guard let value, let words else { return tag("span", ["class": "none", "data-figure": path, "data-value": "null"], "not measured") }
        return tag("span", ["data-figure": path, "data-value": Words.exact(value)], words)
    }
}
