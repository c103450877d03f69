/// One element of an XML file: its name, its attributes and what stands in it.
struct Tag: Equatable {
    var name: String
    var attributes: [String: String] = [:]
    /// The line its start tag begins on, from 1.
    var line: Int
    var children: [Tag] = []
    /// All character data directly in it, in order.
    var text = ""
    /// A comment stands between two pieces of `text`. Tsung would take the first piece alone.
    var isTextSplit = false

    /// `<users maxnumber="10">` as `<users>`, or with one of its attributes as `<users maxnumber>`.
    func named(_ attribute: String? = nil) -> String { "<\(name)\(attribute.map { " \($0)" } ?? "")>" }

    func children(_ name: String) -> [Tag] { children.filter { $0.name == name } }
    func child(_ name: String) -> Tag? { children.first { $0.name == name } }

    /// The last line that this element or anything in it begins on.
    var lastLine: Int { children.map(\.lastLine).max().map { max($0, line) } ?? line }
}
