/// Parsers for the text files of /proc. All are pure functions over text, and take any text without trapping.

/// /proc/meminfo, in bytes.
public struct Meminfo: Equatable, Sendable {
    public var bytes: [String: UInt64] = [:]

    public init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.fields
            guard fields.count >= 2, fields[0].hasSuffix(":"), let value = UInt64(fields[1]) else { continue }
            let scaled = fields.count > 2 && fields[2] == "kB" ? value.multipliedReportingOverflow(by: 1024) : (value, false)
            if !scaled.1 { bytes[String(fields[0].dropLast())] = scaled.0 }
        }
    }

    public subscript(_ name: String) -> UInt64? { bytes[name] }
}

/// /proc/PID/stat.
public struct ProcessStat: Equatable, Sendable {
    public var pid: Int32
    public var name: String
    public var state: String
    public var parent: Int32
    /// Clock ticks (USER_HZ, 100 a second) in user and kernel mode, all threads.
    public var userTicks: UInt64
    public var systemTicks: UInt64
    /// The same of children that have ended and were waited for, and of theirs.
    public var endedChildrenUserTicks: UInt64
    public var endedChildrenSystemTicks: UInt64
    public var threads: Int
    /// Ticks after boot.
    public var startTicks: UInt64
    public var residentPages: UInt64

    public init?(_ text: String) {
        // The name may hold blanks and brackets: it ends at the LAST bracket.
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close,
            let pid = Int32(text[..<open].trimmed)
        else { return nil }
        let fields = text[text.index(after: close)...].fields
        guard fields.count >= 22, let parent = Int32(fields[1]), let user = UInt64(fields[11]), let system = UInt64(fields[12]),
            let childrenUser = UInt64(fields[13]), let childrenSystem = UInt64(fields[14]), let threads = Int(fields[17]), let start = UInt64(fields[19]), let resident = UInt64(fields[21])
        else { return nil }
        self.pid = pid
        name = String(text[text.index(after: open)..<close])
        state = String(fields[0])
        self.parent = parent
        userTicks = user
        systemTicks = system
        endedChildrenUserTicks = childrenUser
        endedChildrenSystemTicks = childrenSystem
        self.threads = threads
        startTicks = start
        residentPages = resident
    }
}

/// The `ctxt_switches` lines of /proc/PID/status.
public struct ContextSwitches: Equatable, Sendable {
    public var voluntary: UInt64
    public var involuntary: UInt64

    public init?(_ text: String) {
        let counts = Meminfo(text)
        guard let voluntary = counts["voluntary_ctxt_switches"], let other = counts["nonvoluntary_ctxt_switches"]
        else { return nil }
        self.voluntary = voluntary
        involuntary = other
    }
}

/// One `cpu` line of /proc/stat, in ticks.
public struct CPUTicks: Equatable, Sendable {
    public var user: UInt64, nice: UInt64, system: UInt64, idle: UInt64, ioWait: UInt64, irq: UInt64, softIRQ: UInt64
    public var steal: UInt64

    init?<Fields: Collection>(_ fields: Fields) where Fields.Element: StringProtocol {
        let values = fields.prefix(8).map { UInt64($0) }
        guard values.count >= 7, !values.contains(nil) else { return nil }
        let numbers = values.compactMap { $0 }
        (user, nice, system, idle) = (numbers[0], numbers[1], numbers[2], numbers[3])
        (ioWait, irq, softIRQ) = (numbers[4], numbers[5], numbers[6])
        steal = numbers.count > 7 ? numbers[7] : 0
    }
}

/// /proc/stat: where all CPUs together, and each, spent their time.
public struct CPUStat: Equatable, Sendable {
    public var total: CPUTicks
    public var cpus: [Int: CPUTicks]
    public var contextSwitches: UInt64?

    public init?(_ text: String) {
        var total: CPUTicks?
        cpus = [:]
        for line in text.split(separator: "\n") {
            let fields = line.fields
            guard let key = fields.first else { continue }
            if key == "ctxt", fields.count == 2 { contextSwitches = UInt64(fields[1]) }
            guard key.hasPrefix("cpu"), let ticks = CPUTicks(fields.dropFirst()) else { continue }
            if key == "cpu" { total = ticks } else if let number = Int(key.dropFirst(3)) { cpus[number] = ticks }
        }
        guard let total else { return nil }
        self.total = total
    }
}

/// /proc/pressure/memory and its kin: shares of time in percent, totals in microseconds.
public struct Pressure: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public var average10: Double
        public var average60: Double
        public var average300: Double
        public var totalMicroseconds: UInt64
    }
    /// Somebody waited.
    public var some: Line
    /// Everybody waited; nil for CPU pressure of old kernels.
    public var full: Line?

    public init?(_ text: String) {
        var some: Line?
        for line in text.split(separator: "\n") {
            var values: [Substring: Substring] = [:]
            for field in line.fields.dropFirst() {
                let parts = field.split(separator: "=", maxSplits: 1)
                if parts.count == 2 { values[parts[0]] = parts[1] }
            }
            guard let short = values["avg10"].flatMap({ Double($0) }), let middle = values["avg60"].flatMap({ Double($0) }),
                let long = values["avg300"].flatMap({ Double($0) }), let total = values["total"].flatMap({ UInt64($0) })
            else { continue }
            let parsed = Line(average10: short, average60: middle, average300: long, totalMicroseconds: total)
            if line.hasPrefix("some ") { some = parsed } else if line.hasPrefix("full ") { full = parsed }
        }
        guard let some else { return nil }
        self.some = some
    }
}
