import Engine

/// The latencies of a run as histograms, by the name that summary.json has for each: `latency.csv`.
///
/// Only buckets that counted something have a row. Percentiles of summary.json are the upper bounds of these buckets.
public struct LatencyTable: Equatable, Sendable {
    public typealias Bucket = HistogramBucket

    public var buckets: [String: [Bucket]]

    public init(_ buckets: [String: [Bucket]] = [:]) { self.buckets = buckets.filter { !$0.value.isEmpty } }

    init(_ board: Board) {
        self.init(Dictionary(uniqueKeysWithValues: Latency.allCases.map { ("\($0)", board.latencies($0).buckets) }))
    }

    static let header = "latency,from_us,to_us,count"

    var csv: String {
        let rows = buckets.sorted { $0.key < $1.key }.flatMap { name, buckets in
            buckets.map { "\(name),\($0.fromMicroseconds),\($0.toMicroseconds),\($0.count)" }
        }
        return ([Self.header] + rows).joined(separator: "\n") + "\n"
    }

    /// Parses what `csv` wrote; does no I/O. Throws a sentence with the line.
    init(csv text: String, file: String) throws(RunError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first.map(String.init) == Self.header else {
            throw RunError("\(file):1: the first line is not \(Self.header): it was not written by simbench.")
        }
        var read: [String: [Bucket]] = [:]
        for (index, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == 4, let from = UInt64(cells[1]), let to = UInt64(cells[2]), let count = UInt64(cells[3]),
                from <= to, to <= UInt64(UInt32.max), count > 0, count <= UInt64(UInt32.max) * 4_096,
                read[String(cells[0])]?.last.map({ $0.toMicroseconds < from }) ?? true
            else { throw RunError("\(file):\(index + 1): \"\(line.prefix(60))\" is no bucket of a latency; the file is damaged.") }
            read[String(cells[0]), default: []].append(Bucket(fromMicroseconds: from, toMicroseconds: to, count: count))
        }
        buckets = read
    }
}
