/// A published curve that a run is held against, read from CSV.
public struct Reference: Equatable, Sendable {
    /// One row. What the publisher did not log is nil.
    public struct Sample: Equatable, Sendable {
        /// Seconds since the log began, which is not when the load began: see `startSeconds`.
        public var logSeconds: Double
        public var users: Double?
        /// All that were started until then.
        public var usersStarted: Double?
        public var connected: Double
        public var connectMeanMilliseconds: Double?
        public var joinMeanMilliseconds: Double?
    }

    public let samples: [Sample]
    /// When the load began, in seconds of the log.
    ///
    /// A log counts from its own beginning. The first two samples that have users are extended down to zero users: for
    /// do-64gb, 3,701 users at 50 s and 8,713 at 60 s put the beginning at 42.6 s.
    public let startSeconds: Double

    /// How many users the published run started in all; nil when its log does not say.
    public var usersStarted: Double? { samples.last { $0.usersStarted != nil }?.usersStarted }

    /// Users are the same within this share: a part of them, divided by that part, is off by a rounding.
    private static let sameUsers = 0.001

    /// Whether it can be held beside a run that starts so many model users: another number of them is another experiment.
    /// A log that does not say how many it started is compared as it stands.
    public func isComparable(users: Int) -> Bool {
        guard let started = usersStarted else { return true }
        return abs(started - Double(users)) <= Self.sameUsers * started
    }

    /// Columns a reference may have. `Sample` says which are used; the rest are for people.
    public static let columns = [
        "t_s", "users", "users_started_total", "connected", "connects_10s", "connect_mean_ms", "join_page_mean_ms",
        "websocket_ok_total", "finished_total", "etimedout_total", "eaddrnotavail_total", "abort_max_retries_total",
        "bytes_received_total", "bytes_sent_total",
    ]
    private static let required = ["t_s", "connected"]

    /// Reads a reference file.
    public static func load(path: String) throws(ProfileError) -> Reference {
        try Reference(csv: ProfileFinder.read(path, atMost: Limits.referenceBytes), file: path)
    }

    /// Parses the text of a reference; does no I/O.
    public init(csv: String, file: String) throws(ProfileError) {
        var lines = csv.split(omittingEmptySubsequences: false) { $0.isNewline }
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard let header = lines.first else { throw ProfileError("\(file): the reference curve is empty.") }
        let names = header.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        try Self.check(names, file: file)

        var samples: [Sample] = []
        for (index, line) in lines.enumerated().dropFirst() {
            let sample = try Self.sample(line, names: names, place: "\(file):\(index + 1)")
            if let last = samples.last, sample.logSeconds <= last.logSeconds {
                throw ProfileError("\(file):\(index + 1): t_s does not grow; rows must be in the order of time.")
            }
            samples.append(sample)
        }
        guard samples.count >= 2 else { throw ProfileError("\(file): a curve needs at least two rows.") }
        self.samples = samples
        startSeconds = Self.start(samples)
    }

    /// Connections so many model seconds after the load began, interpolated linearly: 0 before the load, nil after the
    /// last sample.
    public func connected(atModelSeconds seconds: Double) -> Double? {
        guard seconds > 0 else { return 0 }
        let time = seconds + startSeconds
        guard time.isFinite, let last = samples.last, time <= last.logSeconds else { return nil }
        var low = 0
        var high = samples.count - 1
        guard time > samples[low].logSeconds else { return samples[low].connected }
        while high - low > 1 {
            let middle = (low + high) / 2
            if samples[middle].logSeconds <= time { low = middle } else { high = middle }
        }
        // Before the first sample with users the line starts at zero when the load began, not a row earlier.
        let left =
            samples[low].connected == 0 && samples[low].logSeconds < startSeconds
            ? startSeconds : samples[low].logSeconds
        let share = (time - left) / (samples[high].logSeconds - left)
        return samples[low].connected + share * (samples[high].connected - samples[low].connected)
    }

    // MARK: Parsing

    private static func check(_ names: [String], file: String) throws(ProfileError) {
        for name in names where !columns.contains(name) {
            throw ProfileError(
                "\(file):1: there is no column \"\(name.prefix(40))\"\(Nearest.hint(name, among: columns)); allowed "
                    + "are \(columns.joined(separator: ", ")).")
        }
        for name in required where !names.contains(name) {
            throw ProfileError("\(file):1: the column \(name) is missing.")
        }
        guard Set(names).count == names.count else { throw ProfileError("\(file):1: a column appears twice.") }
    }

    private static func sample(
        _ line: Substring, names: [String], place: String
    ) throws(ProfileError) -> Sample {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false)
        guard cells.count == names.count else {
            throw ProfileError("\(place): the row has \(cells.count) cells, but there are \(names.count) columns.")
        }
        var values: [String: Double] = [:]
        for (name, cell) in zip(names, cells) where !cell.isEmpty {
            guard let value = Double(String(cell)), value.isFinite, value >= 0, value <= 1e15 else {
                throw ProfileError(
                    "\(place): \(name) is \"\(cell.prefix(40))\", which is not a number of zero or more.")
            }
            values[name] = value
        }
        guard let time = values["t_s"], let connected = values["connected"] else {
            throw ProfileError("\(place): t_s and connected must not be empty.")
        }
        return Sample(
            logSeconds: time, users: values["users"], usersStarted: values["users_started_total"],
            connected: connected,
            connectMeanMilliseconds: values["connect_mean_ms"], joinMeanMilliseconds: values["join_page_mean_ms"])
    }

    /// The curve from the start of its load on, by model seconds; empty only without samples.
    public var loadPoints: [(modelSeconds: Double, connected: Double)] {
        samples.filter { $0.logSeconds >= startSeconds }.map { ($0.logSeconds - startSeconds, $0.connected) }
    }

    /// See `startSeconds`. Never before the last sample without users, which it falls back to where there is no line to
    /// extend.
    private static func start(_ samples: [Sample]) -> Double {
        func load(_ sample: Sample) -> Double { sample.users ?? sample.connected }
        guard let first = samples.firstIndex(where: { load($0) > 0 }) else { return samples[0].logSeconds }
        let floor = first > 0 ? samples[first - 1].logSeconds : samples[first].logSeconds
        guard first + 1 < samples.count, load(samples[first + 1]) > load(samples[first]) else { return floor }
        let (a, b) = (samples[first], samples[first + 1])
        let slope = (load(b) - load(a)) / (b.logSeconds - a.logSeconds)
        return max(floor, a.logSeconds - load(a) / slope)
    }
}
