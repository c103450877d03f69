/// A plan as text for people, at most 80 columns wide. What `simbench plan` prints.
public enum PlanText {
    static let columns = 80

    /// The whole text, ending in a newline.
    public static func render(_ plan: Plan) -> String {
        var sections = [heading(plan), summary(plan), phases(plan), workers(plan), lanes(plan), PlacementText.section(plan)]
        sections += PlanMemory.sections(plan)
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
            ("target", "\(target.address):\(target.port)\(ports)\(target.path)\(target.isForeign ? ", somebody else's" : "")"),
            ("command", target.command ?? ""),
            ("droplet", target.isForeign ? "not ours" : droplet(target.droplet)),
            ("rules", target.hasLanes ? rules(target.rules) : "not ours"),
            ("session", StepText.render(plan)),
            ("hold", "\(UnitText.seconds(plan.holdSeconds)) of wall clock"),
            ("retries", "\(plan.retries), the n-th after n x \(wait); SYN retries \(plan.synRetries), \(UnitText.seconds(plan.synPatienceSeconds))"),
            ("host", host(plan.host)),
        ]
        return fields.filter { !$0.1.isEmpty }.flatMap { field($0.0, $0.1) } + (plan.referencePath.map { field("reference", $0) } ?? [])
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
        let target = ["target", UnitText.count(plan.target.lanes), UnitText.count(plan.target.laneCapacity)]
        let rows = [["side", "lanes", "connections each at most"]] + (plan.target.hasLanes ? [target] : []) + [
            ["workers", UnitText.count(plan.workerLanes.count), UnitText.count(most)]
        ]
        return ["Lanes"] + table(rows)
            + ["  \(plan.activeLanes) ramp at a time on each side, \(plan.window) handshakes in flight in each"]
            + (plan.waiting.map { ["  a connection at rest waits by \($0.words)"] } ?? [])
    }

    private static func expectations(_ plan: Plan) -> [String] {
        guard !plan.expectations.isEmpty else { return [] }
        let rows = plan.expectations.map { [$0.figure, $0.comparison, FigureText.bound($0.value, of: $0.figure)] }
        return ["Expected"] + table([["figure", "", "value"]] + rows)
    }

    private static func remarks(_ title: String, _ sentences: [String]) -> [String] {
        sentences.isEmpty ? [] : [title] + sentences.flatMap { wrap($0, indent: 4, bullet: "  - ") }
    }

    // MARK: Words

    private static func rules(_ rules: Plan.Rules) -> String {
        let idle = rules.idleTimeoutSeconds.map { "\(UnitText.seconds($0)) idle" } ?? "no idle timeout"
        let origins = rules.origins.map { $0.isEmpty ? "no origin" : "origins \($0.joined(separator: ", "))" } ?? "every origin"
        return "frames \(UnitText.bytes(rules.frameLimitBytes)), messages \(UnitText.bytes(rules.messageLimitBytes)), handshake "
            + "\(UnitText.seconds(rules.handshakeTimeoutSeconds)), message \(UnitText.seconds(rules.messageTimeoutSeconds)), \(idle), \(origins)"
    }

    private static func droplet(_ droplet: Plan.Droplet) -> String {
        var parts: [String] = []
        if let memory = droplet.memoryBytes { parts.append(UnitText.bytes(memory)) }
        if let cpus = droplet.cpus { parts.append(cpus == 1 ? "1 CPU" : "\(cpus) CPUs") }
        if let swap = droplet.swapBytes, droplet.memoryBytes != nil {
            parts.append(swap == 0 ? "no swap" : "\(UnitText.bytes(swap)) swap")
        }
        return parts.isEmpty ? "no limits" : parts.joined(separator: ", ")
    }
}

extension Plan: CustomStringConvertible {
    /// The text that `simbench plan` prints.
    public var description: String { PlanText.render(self) }
}
