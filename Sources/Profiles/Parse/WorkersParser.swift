import Yams

/// The `workers` section: a list of groups, or one group as a mapping.
enum WorkersParser {
    private static let keys = ["group", "count", "users", "ports", "port_order", "droplet", "unanswered"]

    static func groups(_ cursor: YAMLCursor) throws(ProfileError) -> [Profile.WorkerGroup] {
        var groups: [Profile.WorkerGroup] = []
        let elements: [YAMLCursor]
        if case .mapping = cursor.node { elements = [cursor] } else { elements = try cursor.list("workers") }
        for element in elements {
            let group = try self.group(element)
            guard !groups.contains(where: { $0.group == group.group }) else {
                throw element.error("there is a group \"\(group.group)\" already; give each group a name of its own")
            }
            guard group.count != .auto || !groups.contains(where: { $0.count == .auto }) else {
                throw element.error("only one group's count may be auto")
            }
            groups.append(group)
        }
        let total = groups.reduce(0) { if case .fixed(let count) = $1.count { $0 + count } else { $0 } }
        guard total <= Limits.workers else {
            throw cursor.error(
                "the groups have \(UnitText.count(total)) workers; at most \(UnitText.count(Limits.workers)) are allowed"
            )
        }
        return groups
    }

    private static func group(_ cursor: YAMLCursor) throws(ProfileError) -> Profile.WorkerGroup {
        let fields = try cursor.fields(keys, "a worker group")
        return Profile.WorkerGroup(
            group: try fields["group"].map(SectionParser.identifier) ?? "worker",
            count: try fields.required("count", "how many workers there are, or auto").read(Self.count),
            users: try fields.required("users", "how many users each worker starts at most").count(1...Limits.users),
            ports: try fields["ports"].map { port throws(ProfileError) in try port.read(Units.ports) }
                ?? 1_025...65_535,
            portOrder: try fields["port_order"].map { order throws(ProfileError) in try order.choice() } ?? .kernel,
            droplet: try fields["droplet"].map(SectionParser.droplet) ?? Plan.Droplet(),
            unansweredShare: try fields["unanswered"].map { share throws(ProfileError) in try share.read(Units.share) } ?? 0)
    }

    private static func count(_ text: String) throws(UnitError) -> Profile.WorkerCount {
        text == "auto" ? .auto : .fixed(try Units.count(text, in: 1...Limits.workers))
    }
}
