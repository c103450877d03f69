import Profiles

/// `<clients>`: the load machines, as groups of workers.
extension TsungXML {
    /// Tsung's default of maxusers.
    private static let defaultUsers = 800

    /// - Parameter users: how many users the load starts in all, at most.
    mutating func groups(_ clients: Tag, users: Int, ports: (range: Draft.Value, order: Draft.Value)) -> [Draft.Group] {
        findings.check(clients, attributes: [], children: ["client"])
        let all = clients.children("client")
        guard !all.isEmpty else {
            findings.refuse(clients, nil, "it names no <client>")
            return []
        }
        guard all.count <= Limits.workers else {
            findings.refuse(clients, nil, "there are \(all.count) clients; at most \(Limits.workers) are workers of one profile")
            return []
        }
        checkHosts(all)
        checkWeights(all)
        var kinds: [(users: Int, clients: [Tag])] = []
        for client in all {
            let users = capacity(client)
            if let index = kinds.firstIndex(where: { $0.users == users }) {
                kinds[index].clients.append(client)
            } else {
                kinds.append((users, [client]))
            }
        }
        guard kinds.count <= Limits.elements else {
            findings.refuse(clients, nil, "its clients have \(kinds.count) different numbers of users; at most \(Limits.elements) are groups of one profile")
            return []
        }
        let needed = needed(users, kinds.map { ($0.users, $0.clients.count) })
        return kinds.enumerated().map { index, kind in
            group(index, kind.clients, limit: kind.users, needed: needed, ports: ports)
        }
    }

    private func group(
        _ index: Int, _ clients: [Tag], limit: Int, needed: Int, ports: (range: Draft.Value, order: Draft.Value)
    ) -> Draft.Group {
        let lines = clients.map(\.line)
        let first = lines.min() ?? 0, last = lines.max() ?? 0
        let place = first == last ? "line \(first)" : "lines \(first) to \(last)"
        var users = Draft.Value(String(limit), "<client maxusers>")
        if needed > limit {
            users = Draft.Value(
                String(needed),
                "not maxusers, \(limit): Tsung starts another process on the same machine when one is full, and the load needs so many a machine")
        } else if clients.contains(where: { $0.attributes["maxusers"] == nil }) {
            users.source = "Tsung's default of maxusers"
        }
        if let cpus = clients[0].attributes["cpu"], cpus != "1", needed <= limit { users.source += " x cpu" }
        return Draft.Group(
            name: index == 0 ? "worker" : "worker-\(index + 1)", count: Draft.Value(String(clients.count), "<client>, \(place)"),
            users: users, ports: ports.range, portOrder: ports.order)
    }

    /// Users each machine must start where the machines' own limits are lower than the load.
    private func needed(_ users: Int, _ kinds: [(users: Int, count: Int)]) -> Int {
        let capacity = kinds.reduce(0) { $0 + $1.users * $1.count }
        guard capacity < users else { return 0 }
        let machines = kinds.reduce(0) { $0 + $1.count }
        return (users + machines - 1) / machines
    }

    /// Users that one machine holds before Tsung starts more processes on it.
    private mutating func capacity(_ client: Tag) -> Int {
        findings.check(
            client, attributes: ["host", "cpu", "maxusers", "use_controller_vm", "weight", "type", "batch", "scan_intf"],
            children: ["ip", "iprange"])
        if client.attributes["type"] ?? "machine" != "machine" || client.attributes["batch"] != nil || client.attributes["scan_intf"] != nil {
            findings.refuse(client, "type", "machines of a batch scheduler are not known here; name each with host")
        }
        if findings.flag(client, "use_controller_vm", default: false) {
            findings.remark(client, "use_controller_vm", "there is no controller among the workers")
        }
        checkAddresses(client)
        let cpus = findings.whole(client, "cpu", 1...Limits.cpus) ?? 1
        let users = findings.whole(client, "maxusers", 1...Limits.users) ?? Self.defaultUsers
        return min(users * cpus, Limits.users)
    }

    private mutating func checkAddresses(_ client: Tag) {
        for range in client.children("iprange") { findings.refuse(range, nil, "a worker has one address") }
        let addresses = client.children("ip")
        for other in addresses.dropFirst() { findings.refuse(other, nil, "a worker has one address; name each machine as a client of its own") }
        guard let address = addresses.first else { return }
        findings.check(address, attributes: ["value", "scan"])
        if findings.flag(address, "scan", default: false) {
            findings.refuse(address, "scan", "a worker has one address")
        } else {
            findings.remark(address, nil, "workers have addresses of the lab")
        }
    }

    private mutating func checkHosts(_ clients: [Tag]) {
        var lines: [String: Int] = [:]
        for client in clients {
            guard let host = client.attributes["host"] else { continue }
            if let line = lines[host] {
                findings.refuse(client, "host", "\(host.prefix(100)) is a client in line \(line) already; one machine is one client, with cpu for its processes")
            }
            lines[host] = client.line
        }
        if let first = clients.first, let host = first.attributes["host"] {
            let others = clients.count > 1 ? " and \(clients.count - 1) more" : ""
            findings.remark(first, "host", "\(host.prefix(100))\(others); workers are numbered")
        }
    }

    /// All machines start the same number of users here, unless the smaller ones are full.
    private mutating func checkWeights(_ clients: [Tag]) {
        let weights = clients.map { $0.attributes["weight"] ?? "1" }
        for (client, weight) in zip(clients, weights) where weight != weights[0] {
            findings.refuse(
                client, "weight", "\(weight.prefix(40)) here and \(weights[0].prefix(40)) in line \(clients[0].line): workers share the users evenly; give all the same weight")
        }
    }
}
