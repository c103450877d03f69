/// The columns of a samples.csv, whichever it has: figures are found by the names in its first line.
public struct SampleTable: Equatable, Sendable {
    public let count: Int
    /// The last line was cut off, as by a crash or a full disk, and is left out.
    private let isCutOff: Bool
    private let columns: [String: [Double?]]

    /// What is larger is no figure of a run.
    private static let largest = 1e18
    private static let required = ["model_t_s", "connected"]
    private static let suffix = "_total"
    private static let errorPrefix = "errors_"
    /// Causes whose columns were named before there was one for every cause.
    private static let errorNames = ["etimedout_total": "etimedout", "eaddrnotavail_total": "eaddrnotavail", "gave_up_total": "abort_max_conn_retries"]

    /// - Parameter columns: all of one length.
    public init(_ columns: [String: [Double?]]) {
        self.columns = columns
        count = columns.values.map(\.count).min() ?? 0
        isCutOff = false
    }

    /// Parses a file's text; does no I/O. Throws a sentence with the line.
    public init(csv text: String, file: String) throws(RunError) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // A whole file ends in a newline, behind which there is nothing.
        let rest = lines.popLast() ?? ""
        guard let head = lines.first else {
            (columns, count, isCutOff) = ([:], 0, true)
            return
        }
        isCutOff = !rest.isEmpty
        let names = head.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        for name in Self.required where !names.contains(name) {
            throw RunError("\(file):1: there is no column \(name): it was not written by simbench.")
        }
        guard Set(names).count == names.count else { throw RunError("\(file):1: a column appears twice; the file is damaged.") }
        var columns = [[Double?]](repeating: [], count: names.count)
        for (index, line) in lines.enumerated().dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            let place = "\(file):\(index + 1)"
            guard cells.count == names.count else {
                throw RunError("\(place): the row has \(cells.count) cells, but there are \(names.count) columns; the file is damaged.")
            }
            for (column, cell) in cells.enumerated() { columns[column].append(try Self.figure(cell, names[column], place)) }
        }
        count = max(0, lines.count - 1)
        self.columns = Dictionary(uniqueKeysWithValues: zip(names, columns))
    }

    /// What is missing at the end of the file, a sentence; nil where nothing is.
    public var remark: String? {
        guard isCutOff else { return nil }
        return columns.isEmpty
            ? "samples.csv was cut off in its first line: there is nothing to draw." : "The last line of samples.csv was cut off and is left out."
    }

    private static func figure(_ cell: Substring, _ name: String, _ place: String) throws(RunError) -> Double? {
        if cell.isEmpty && !required.contains(name) { return nil }
        guard let value = Double(cell), abs(value) < largest else {
            throw RunError("\(place): \(name) is \"\(cell.prefix(40))\", which is no figure; the file is damaged.")
        }
        return value
    }

    /// nil where there is no such column, or nothing in it.
    public func column(_ name: String) -> [Double?]? {
        guard let values = columns[name], values.contains(where: { $0 != nil }) else { return nil }
        return values
    }

    /// Model seconds of each row.
    public var modelSeconds: [Double] { (columns["model_t_s"] ?? []).map { $0 ?? 0 } }

    /// Totals of failures by cause, under the names of summary.json; only causes that the file counts.
    public var errorTotals: [String: [Double?]] {
        var totals: [String: [Double?]] = [:]
        for (name, values) in columns {
            if let cause = Self.errorNames[name] { totals[cause] = values }
            if name.hasPrefix(Self.errorPrefix), name.hasSuffix(Self.suffix), name != "errors_total" {
                totals[String(name.dropFirst(Self.errorPrefix.count).dropLast(Self.suffix.count))] = values
            }
        }
        return totals
    }
}
