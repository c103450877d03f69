/// What the reader's screen can show.
public struct Style: Equatable, Sendable {
    /// No line is wider, but for a single word (a path, a digest) that is: a broken path cannot be copied.
    public var columns: Int
    public var isColoured: Bool
    /// Whether characters beyond ASCII may be used.
    public var isUnicode: Bool

    /// Narrower screens are treated as this wide: below it no table says anything.
    static let fewestColumns = 24
    static let defaultColumns = 80

    public init(columns: Int = 80, isColoured: Bool = false, isUnicode: Bool = true) {
        self.columns = max(Self.fewestColumns, columns)
        self.isColoured = isColoured
        self.isUnicode = isUnicode
    }

    /// What the environment says of a file: a terminal of so many columns, or (nil) a pipe.
    ///
    /// Colour needs a terminal that is not `dumb`, and no NO_COLOR (no-color.org: any value but the empty one).
    public static func detect(_ environment: [String: String], terminalColumns: Int?) -> Style {
        Style(
            columns: terminalColumns ?? defaultColumns,
            isColoured: terminalColumns != nil && canMove(environment) && (environment["NO_COLOR"] ?? "").isEmpty,
            isUnicode: speaksUTF8(environment))
    }

    /// Whether a terminal of this environment moves its cursor when told to.
    static func canMove(_ environment: [String: String]) -> Bool {
        let kind = environment["TERM"] ?? ""
        return !kind.isEmpty && kind != "dumb"
    }

    /// The first of the locale's variables that is set decides, as in setlocale(3).
    private static func speaksUTF8(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let folded = locale.lowercased()
        return folded.hasSuffix("utf-8") || folded.hasSuffix("utf8")
    }
}

/// How a stretch of text stands out, where there is colour.
public enum Ink: Sendable {
    case plain, bold, dim, good, bad, warning

    /// The parameter of the terminal's SGR sequence.
    var code: Int? {
        switch self {
        case .plain: nil
        case .bold: 1
        case .dim: 2
        case .good: 32
        case .bad: 31
        case .warning: 33
        }
    }
}
