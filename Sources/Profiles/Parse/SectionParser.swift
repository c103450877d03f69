/// The profile's smaller sections: target, network, footprint, tuning, reference.
enum SectionParser {
    static func target(_ cursor: YAMLCursor) throws(ProfileError) -> Profile.Target {
        let fields = try cursor.fields(["droplet", "command", "port", "port_count", "path"] + RulesParser.keys, "target")
        var target = Profile.Target()
        if let droplet = fields["droplet"] { target.droplet = try self.droplet(droplet) }
        if let command = fields["command"] { target.command = try command.read(TargetCommand.check) }
        if let port = fields["port"] { target.port = UInt16(try port.count(1...65_535)) }
        if let portCount = fields["port_count"] { target.portCount = try portCount.count(1...Limits.targetPorts) }
        guard Int(target.port) + target.portCount - 1 <= 65_535 else {
            throw cursor.error("\(target.portCount) ports from \(target.port) on go beyond 65535")
        }
        if let path = fields["path"] { target.path = try path.read(Plan.Rules.path) }
        target.rules = try RulesParser.rules(fields)
        return target
    }

    static func droplet(_ cursor: YAMLCursor) throws(ProfileError) -> Plan.Droplet {
        let fields = try cursor.fields(["memory", "swap", "swap_speed", "base", "cpus"], "a droplet")
        var droplet = Plan.Droplet()
        if let memory = fields["memory"] {
            droplet.memoryBytes = try memory.read(Units.bytes)
            droplet.swapBytes = 0
        }
        if let swap = fields["swap"] { droplet.swapBytes = try swap.read(Self.swap) }
        if let speed = fields["swap_speed"] { droplet.swapBytesPerSecond = try speed.read(Units.bytesPerSecond) }
        if let base = fields["base"] { droplet.baseBytes = try base.read(Units.bytes) }
        if let cpus = fields["cpus"] { droplet.cpus = try cpus.count(1...Limits.cpus) }
        if droplet.memoryBytes == 0 {
            throw cursor.error("a droplet without memory runs nothing; leave memory out for no limit")
        }
        if let needless = ["swap", "swap_speed", "base"].first(where: { fields[$0] != nil }), droplet.memoryBytes == nil {
            throw cursor.error("\(needless) says nothing without memory: a machine that has no limit never swaps")
        }
        if droplet.swapBytesPerSecond != nil, droplet.swapBytes ?? 0 == 0 {
            throw cursor.error("swap_speed needs a swap of the droplet's own, such as swap: 32 GiB")
        }
        return droplet
    }

    /// An amount of memory, `none`, or `host` for whatever the host has.
    private static func swap(_ text: String) throws(UnitError) -> UInt64? {
        switch text {
        case "none": return 0
        case "host": return nil
        default: return try Units.bytes(text)
        }
    }

    /// A short name that is safe in file names, reports and cgroup paths.
    static func identifier(_ cursor: YAMLCursor) throws(ProfileError) -> String {
        let text = try cursor.text()
        let isPlain = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
        }
        guard isPlain, !text.isEmpty, text.count <= 64, !text.hasPrefix(".") else {
            throw cursor.error(
                "\"\(text.prefix(64))\" is not a name; letters, digits, -, _ and . make one, 64 at most")
        }
        return text
    }

    // MARK: The rest

    static func network(_ cursor: YAMLCursor) throws(ProfileError) -> (Plan.NetworkModel, Plan.PacketSteering) {
        let fields = try cursor.fields(["model", "rps"], "network")
        let model: Plan.NetworkModel? = try fields["model"].map { model throws(ProfileError) in try model.choice() }
        let rps: Plan.PacketSteering? = try fields["rps"].map { rps throws(ProfileError) in try rps.choice() }
        guard model != nil || rps != nil else { throw cursor.error("network says nothing; write such as model: bridge") }
        return (model ?? .routed, rps ?? .off)
    }

    static func period(_ cursor: YAMLCursor) throws(ProfileError) -> Double {
        let seconds = try cursor.read(Units.seconds)
        guard Limits.samplePeriodSeconds.contains(seconds) else {
            throw cursor.error("\"\(try cursor.text())\" is out of range; a sampling period is 50 ms to 1 h")
        }
        return seconds
    }

    static func footprint(_ cursor: YAMLCursor) throws(ProfileError) -> [Profile.FootprintPart] {
        var parts: [Profile.FootprintPart] = []
        for element in try cursor.list("footprint") {
            parts.append(try footprintPart(element))
        }
        return parts
    }

    private static func footprintPart(_ cursor: YAMLCursor) throws(ProfileError) -> Profile.FootprintPart {
        let keys = ["name", "bytes", "basis", "source", "on_message", "hibernates_to"]
        let fields = try cursor.fields(keys, "a footprint part")
        var part = Profile.FootprintPart(
            name: try fields.required("name", "what the memory is for").text(),
            bytes: try fields.required("bytes", "its size per connection, such as 2704 B").read(Units.bytes),
            basis: try fields.required("basis", "known, measured, calibrated or assumed").choice(),
            source: try fields.required("source", "where the figure is from").text())
        guard part.bytes > 0, part.bytes <= Limits.footprintPartBytes else {
            throw cursor.error(
                "a part has 1 B to \(UnitText.bytes(Limits.footprintPartBytes)) per connection; leave it out if it has none")
        }
        if let access = fields["on_message"] { part.onMessage = try access.choice() }
        if let left = fields["hibernates_to"] {
            part.hibernatedBytes = try left.read(Units.bytes)
            guard let bytes = part.hibernatedBytes, bytes > 0, bytes <= part.bytes else {
                throw left.error("what is left after hibernation is at least 1 B and no more than the part's bytes")
            }
        }
        return part
    }

    // MARK: Cloud

    static func cloud(_ cursor: YAMLCursor) throws(ProfileError) -> Plan.Cloud {
        let fields = try cursor.fields(["hours", "machines"], "cloud")
        let hours = try fields.required("hours", "how long the machines are rented, such as 2 h").read(Units.seconds) / 3_600
        let machines = try fields.required("machines", "name, count, memory, dollars_per_hour").list("cloud.machines")
        return Plan.Cloud(machines: try machines.map(Self.machines), hours: hours)
    }

    private static func machines(_ cursor: YAMLCursor) throws(ProfileError) -> Plan.Cloud.Machines {
        let fields = try cursor.fields(["name", "count", "memory", "dollars_per_hour"], "a cloud machine")
        return Plan.Cloud.Machines(
            name: try fields.required("name", "what it is for").text(),
            count: try fields["count"].map { count throws(ProfileError) in try count.count(1...Limits.workers) } ?? 1,
            memoryBytes: try fields.required("memory", "its memory, such as 64 GiB").read(Units.bytes),
            dollarsPerHour: try fields.required("dollars_per_hour", "its price").read(Units.number))
    }

    static func tuning(_ cursor: YAMLCursor) throws(ProfileError) -> Profile.Tuning {
        let fields = try cursor.fields(["active_lanes", "window", "target_lanes", "waiting"], "tuning")
        var tuning = Profile.Tuning()
        if let lanes = fields["active_lanes"] { tuning.activeLanes = try lanes.count(1...Limits.activeLanes) }
        if let window = fields["window"] { tuning.window = try window.count(1...Limits.window) }
        if let lanes = fields["target_lanes"] { tuning.targetLanes = try lanes.count(1...Limits.lanes) }
        if let waiting = fields["waiting"] { tuning.waiting = try waiting.choice() }
        return tuning
    }

    /// The curve's path, relative to the profile's folder unless it is absolute.
    static func reference(_ cursor: YAMLCursor) throws(ProfileError) -> String {
        let text = try cursor.text()
        guard text.hasSuffix(".csv") else {
            throw cursor.error("\"\(text)\" is not a reference curve; name a .csv file, relative to the profile")
        }
        if text.hasPrefix("/") { return text }
        guard let slash = cursor.source.file.lastIndex(of: "/") else { return text }
        return String(cursor.source.file[...slash]) + text
    }
}
