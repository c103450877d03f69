import Profiles

/// A Tsung configuration (tsung-1.0.dtd, as of Tsung 1.7.0) to a draft: the elements that a benchmark of WebSocket
/// connections uses. Everything else is refused with its line, or named as left out where it changes nothing.
struct TsungXML {
    var findings: Findings

    /// nil when something was refused; `findings` says what.
    static func draft(_ root: Tag, doctypeLine: Int?, name: String, findings: inout Findings) -> Draft? {
        var reader = TsungXML(findings: findings)
        defer { findings = reader.findings }
        guard root.name == "tsung" else {
            reader.findings.refuse(root, nil, "a Tsung configuration's first element is <tsung>")
            return nil
        }
        if let doctypeLine { reader.findings.remark(doctypeLine, "the document type; it is not read") }
        let draft = reader.draft(root, name: name)
        return reader.findings.error == nil ? draft : nil
    }

    private mutating func draft(_ root: Tag, name: String) -> Draft? {
        findings.check(
            root, attributes: ["loglevel", "version", "dumptraffic", "backend"],
            children: ["information", "clients", "servers", "monitoring", "load", "options", "sessions"])
        for attribute in ["loglevel", "dumptraffic", "backend"] where root.attributes[attribute] != nil {
            findings.remark(root, attribute, "a run leaves the same record whatever is logged")
        }
        for tag in root.children("information") { findings.remark(tag, nil, "words about the test") }
        for tag in root.children("monitoring") { findings.remark(tag, nil, "a run watches its own machines") }
        for needed in ["clients", "servers", "load", "sessions"] {
            let found = root.children(needed)
            if found.isEmpty { findings.refuse(root, nil, "the element <\(needed)> is missing") }
            for tag in found.dropFirst() { findings.refuse(tag, nil, "there is one before it, in line \(found[0].line)") }
        }
        let options = self.options(root.children("options").flatMap { inspected($0) })
        guard let clients = root.child("clients"), let servers = root.child("servers"), let load = root.child("load"),
            let sessions = root.child("sessions")
        else { return nil }

        var draft = Draft(name: name, about: "")
        draft.targetPort = port(servers)
        draft.retries = options.retries
        draft.retryWait = options.retryWait
        let script = session(sessions, options)
        draft.targetPath = script.path
        draft.session = SessionFolding.folded(script.steps)
        checkLength(draft.session, sessions)
        let arrivals = self.arrivals(load, sessionSeconds: SessionFolding.seconds(draft.session))
        draft.phases = arrivals.phases
        draft.groups = groups(clients, users: arrivals.users, ports: options.ports)
        draft.about = "\(UnitText.count(arrivals.users)) users at most, by the Tsung file \(findings.file.prefix(100))"
        return draft
    }

    private mutating func inspected(_ options: Tag) -> [Tag] {
        findings.check(options, attributes: [], children: ["option"])
        return options.children("option")
    }

    // MARK: Servers

    private mutating func port(_ servers: Tag) -> Draft.Value? {
        findings.check(servers, attributes: [], children: ["server"])
        let all = servers.children("server")
        guard let server = all.first else {
            findings.refuse(servers, nil, "it names no <server>")
            return nil
        }
        for other in all.dropFirst() { findings.refuse(other, nil, "a run has one target; keep one server") }
        findings.check(server, attributes: ["host", "port", "type", "weight"])
        switch server.attributes["type"] {
        case "tcp": break
        case "tcp6": findings.refuse(server, "type", "the lab's network is IPv4; write tcp")
        case "ssl", "ssl6", "websocket_ssl", "bosh_ssl":
            findings.refuse(server, "type", "connections are not encrypted here; write tcp")
        case let type: findings.refuse(server, "type", "\"\(type?.prefix(40) ?? "")\" is not what a target serves; write tcp")
        }
        if let host = server.attributes["host"] {
            findings.remark(server, "host", "\(host.prefix(100)); the target stands in the lab, at an address of its own")
        }
        return findings.requiredWhole(server, "port", 1...65_535).map {
            Draft.Value(String($0), "\(server.named("port")), line \(server.line)")
        }
    }
}
