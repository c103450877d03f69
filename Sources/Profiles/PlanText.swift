/// A plan as text for people, at most 80 columns wide. What `simbench plan` prints.
public enum PlanText {
    static let columns = 80
    private static let labelColumns = 15

    /// The whole text, ending in a newline.
    public static func render(_ plan: Plan) -> String {
        var sections = [heading(plan), summary(plan), phases(plan), workers(plan), lanes(plan), memory(plan)]
        sections.append(expectations(plan))
        sections.append(remarks("Degraded", plan.degraded))
        sections.append(remarks("Notes", plan.notes))
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    // MARK: Sections

    private static func heading(_ plan: Plan) -> [String] {
        ["Plan for \(plan.profile) (simbench \(plan.version))"]
            + (plan.about.isEmpty ? [] : wrap(plan.about, indent: 0))
    }

    private static func summary(_ plan: Plan) -> [String] {
        let target = plan.target
        let ports = target.portCount > 1 ? "-\(Int(target.port) + target.portCount - 1)" : ""
        let wait = UnitText.seconds(plan.retryWaitMilliseconds / 1_000)
        let speedup = UnitText.decimal(plan.speedup, places: 2)
        let period = UnitText.seconds(plan.samplePeriodSeconds)
        let fields = [
            ("users", UnitText.count(plan.users)),
            ("engine", "\(plan.engine.rawValue), fit \(plan.fit.rawValue), network \(plan.network.rawValue)"),
            ("clock", "speedup \(speedup), seed \(plan.seed), sample every \(period)"),
            ("target", "\(target.address):\(target.port)\(ports)\(target.path)"),
            ("droplet", droplet(target.droplet)),
            ("session", plan.session.map(step).joined(separator: ", ")),
            ("hold", "\(UnitText.seconds(plan.holdSeconds)) of wall clock"),
            ("retries", "\(plan.retries), the n-th after n x \(wait); SYN retries \(plan.synRetries)"),
            ("host", host(plan.host)),
        ]
        return fields.flatMap { field($0.0, $0.1) } + (plan.referencePath.map { field("reference", $0) } ?? [])
    }

    private static func host(_ host: HostFacts) -> String {
        let descriptors = UnitText.count(host.descriptorLimit)
        let memory = UnitText.bytes(host.memoryTotalBytes)
        return "\(host.cpus) CPUs, \(memory), \(descriptors) descriptors, Linux \(host.kernelRelease)"
    }

    private static func phases(_ plan: Plan) -> [String] {
        var rows = [["phase", "duration", "rate", "users at most", "wall clock"]]
        for (index, phase) in plan.phases.enumerated() {
            let paced = phase.ratePerSecond != nil
            let open = phase.durationSeconds == 0
            rows.append([
                String(index), open ? "until done" : UnitText.seconds(phase.durationSeconds),
                UnitText.rate(phase.ratePerSecond), UnitText.count(phase.users),
                open ? "until done" : UnitText.seconds(phase.durationSeconds / (paced ? plan.speedup : 1)),
            ])
        }
        return ["Arrivals (\(plan.interArrival.rawValue))"] + table(rows)
    }

    /// Workers that are alike share a row.
    private static func workers(_ plan: Plan) -> [String] {
        var rows = [["group", "workers", "users each", "ports", "order", "droplet"]]
        var index = 0
        while index < plan.workers.count {
            let first = plan.workers[index]
            let alike = plan.workers[index...].prefix {
                $0.group == first.group && $0.users == first.users && $0.firstPort == first.firstPort
                    && $0.lastPort == first.lastPort && $0.droplet == first.droplet
            }
            rows.append([
                first.group, UnitText.count(alike.count), UnitText.count(first.users),
                "\(first.firstPort)-\(first.lastPort)", first.portOrder.rawValue, droplet(first.droplet),
            ])
            index = alike.endIndex
        }
        return ["Workers (\(UnitText.count(plan.workers.count)))"] + table(rows)
    }

    private static func lanes(_ plan: Plan) -> [String] {
        let most = plan.workerLanes.map(\.users).max() ?? 0
        let rows = [
            ["side", "lanes", "connections each at most"],
            ["target", UnitText.count(plan.target.lanes), UnitText.count(plan.target.laneCapacity)],
            ["workers", UnitText.count(plan.workerLanes.count), UnitText.count(most)],
        ]
        return ["Lanes"] + table(rows)
            + ["  \(plan.activeLanes) ramp at a time on each side, \(plan.window) handshakes in flight in each"]
    }

    private static func memory(_ plan: Plan) -> [String] {
        var rows = [["bytes per connection", "held by", "bytes"]]
        for line in plan.ledger {
            let parts = line.name.split(separator: ".", maxSplits: 1).map(String.init)
            let holder = parts.count > 1 ? parts[0] : ""
            rows.append([parts.last ?? line.name, holder, UnitText.number(line.bytes, places: 1)])
        }
        rows.append(["sum", "pair", UnitText.number(bytesPerPair(plan), places: 1)])
        return ["Memory"] + table(rows) + [""] + totals(plan)
    }

    private static func totals(_ plan: Plan) -> [String] {
        let users = UnitText.count(plan.users)
        let pair = bytesPerPair(plan)
        let lanes = plan.workerLanes.count + plan.target.lanes
        let workers = plan.workers.count
        let fixed = Capacity.fixedBytes(lanes: lanes, workers: workers)
        let connections = UInt64((pair * Double(plan.users)).rounded(.up))
        let available = UnitText.bytes(plan.host.memoryAvailableBytes)
        let reserve = UnitText.bytes(Capacity.reserve(of: plan.host))
        let budget = UnitText.bytes(Capacity.budget(of: plan.host))
        let sum = "\(users) x \(UnitText.number(pair, places: 1)) B = \(UnitText.bytes(connections))"
        let machinery = "\(UnitText.count(lanes)) lanes and \(UnitText.count(workers)) workers"
        var lines = field("connections", sum)
        lines += field("fixed", "\(UnitText.bytes(fixed)) for \(machinery)")
        lines += field("needed", UnitText.bytes(connections + fixed))
        lines += field("offered", "\(budget): \(available) available, \(reserve) kept free")
        guard plan.footprintBytes > 0 else { return lines }
        let each = UnitText.count(Int(plan.footprintBytes))
        let total = UnitText.bytes(UInt64(plan.users) * plan.footprintBytes)
        return lines + field("footprint", "\(each) B x \(users) = \(total), modelled, not allocated")
    }

    private static func bytesPerPair(_ plan: Plan) -> Double {
        plan.ledger.reduce(0) { $0 + $1.bytes }
    }

    private static func expectations(_ plan: Plan) -> [String] {
        guard !plan.expectations.isEmpty else { return [] }
        let rows = plan.expectations.map { [$0.figure, $0.comparison, UnitText.number($0.value, places: 4)] }
        return ["Expected"] + table([["figure", "", "value"]] + rows)
    }

    private static func remarks(_ title: String, _ sentences: [String]) -> [String] {
        sentences.isEmpty ? [] : [title] + sentences.flatMap { wrap($0, indent: 4, bullet: "  - ") }
    }

    // MARK: Words

    private static func step(_ step: Plan.Step) -> String {
        switch step {
        case .connect: "connect"
        case .join(let topic): "join \(topic)"
        case .think(let seconds): "think \(UnitText.seconds(seconds))"
        }
    }

    private static func droplet(_ droplet: Plan.Droplet) -> String {
        var parts: [String] = []
        if let memory = droplet.memoryBytes { parts.append(UnitText.bytes(memory)) }
        if let cpus = droplet.cpus { parts.append(cpus == 1 ? "1 CPU" : "\(cpus) CPUs") }
        if let swap = droplet.swapBytes { parts.append("\(UnitText.bytes(swap)) swap") }
        return parts.isEmpty ? "no limits" : parts.joined(separator: ", ")
    }

    // MARK: Layout

    private static func field(_ label: String, _ text: String) -> [String] {
        let padded = "  " + label + String(repeating: " ", count: max(1, labelColumns - 2 - label.count))
        return wrap(text, indent: labelColumns, bullet: padded)
    }

    /// Columns two spaces apart; numbers to the right, words to the left.
    private static func table(_ rows: [[String]]) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        let isNumeric = (0..<count).map { column in
            rows.dropFirst().allSatisfy {
                column < $0.count && $0[column].first?.isASCIIDigit == true && !$0[column].contains("-")
            }
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += "  " + (isNumeric[column] ? padding + cell : cell + padding)
            }
            while line.last == " " { line.removeLast() }
            return String(line.prefix(columns))
        }
    }

    /// Breaks text at spaces. A word that is longer than a line, such as a path, is left whole.
    static func wrap(_ text: String, indent: Int, bullet: String = "") -> [String] {
        var lines: [String] = []
        var line = bullet.isEmpty ? String(repeating: " ", count: indent) : bullet
        var isFresh = true
        for word in text.split(separator: " ") {
            if !isFresh && line.count + 1 + word.count > columns {
                lines.append(line)
                line = String(repeating: " ", count: indent)
                isFresh = true
            }
            line += (isFresh ? "" : " ") + word
            isFresh = false
        }
        return lines + [line]
    }
}

extension Plan: CustomStringConvertible {
    /// The text that `simbench plan` prints.
    public var description: String { PlanText.render(self) }
}
