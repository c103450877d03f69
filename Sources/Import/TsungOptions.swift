import Profiles

/// `<options>`: what concerns every user.
struct TsungOptions {
    var ports: (range: Draft.Value, order: Draft.Value) = (
        Draft.Value("32768-60999", "there is no ports_range: the kernel's own range, as it is by default"),
        Draft.Value("kernel", "the kernel chooses")
    )
    var retries = Draft.Value("3", "Tsung's default of max_retries")
    var retryWait = Draft.Value("10 ms", "Tsung's default of retry_timeout")
    /// Seconds.
    var think = Thinking(value: 5, isRandom: false)
    /// The option's thinking time takes the place of each element's own.
    var overridesThinking = false

    struct Thinking: Equatable {
        var value: Double
        /// Exponential, with `value` as its mean.
        var isRandom: Bool
    }
}

extension TsungXML {
    /// Options that change nothing for a WebSocket session on TCP, and why.
    private static let harmless: [String: String] = [
        "tcp_reuseaddr": "workers bind their ports so that they can be used again at once",
        "hibernate": "workers keep a few bytes for a user, thinking or not",
        "tcp_snd_buffer": "workers leave buffers to the kernel", "tcp_rcv_buffer": "workers leave buffers to the kernel",
        "udp_snd_buffer": "nothing is sent by UDP", "udp_rcv_buffer": "nothing is sent by UDP",
        "max_ssh_startup_per_core": "no machine is started by ssh", "file_server": "only variables read files, and sessions here have none",
        "websocket_path": "of servers of the type websocket", "websocket_frame": "of servers of the type websocket",
        "websocket_subprotocols": "of servers of the type websocket", "websocket_origin": "of servers of the type websocket",
        "ssl_ciphers": "nothing is encrypted", "ssl_versions": "nothing is encrypted", "ssl_reuse_sessions": "nothing is encrypted",
        "ssl_disable_sni": "nothing is encrypted", "bosh_path": "not of WebSocket sessions", "user_agent": "not of WebSocket sessions",
        "global_number": "nobody waits for all others here", "job_notify_port": "not of WebSocket sessions",
    ]

    /// The kernel gives up a connection attempt after six SYN retries, 127 s.
    private static let synPatienceMilliseconds = 127_000

    mutating func options(_ tags: [Tag]) -> TsungOptions {
        var options = TsungOptions()
        for tag in tags {
            guard let name = tag.attributes["name"] else {
                findings.refuse(tag, nil, "it has no name")
                continue
            }
            option(tag, name, &options)
        }
        return options
    }

    private mutating func option(_ tag: Tag, _ name: String, _ options: inout TsungOptions) {
        let source = "<option name=\"\(name)\">, line \(tag.line)"
        switch name {
        case "ports_range":
            if let range = ports(tag) {
                options.ports = (Draft.Value(range, source), Draft.Value("sequence", "Tsung hands out its range from one counter a machine"))
            }
        case "max_retries":
            findings.check(tag, attributes: ["name", "value"])
            if let value = findings.requiredWhole(tag, "value", 0...Limits.retries) { options.retries = Draft.Value(String(value), source) }
        case "retry_timeout":
            findings.check(tag, attributes: ["name", "value"])
            if let value = findings.requiredWhole(tag, "value", 0...86_400_000) { options.retryWait = Draft.Value("\(value) ms", source) }
        case "thinktime":
            findings.check(tag, attributes: ["name", "value", "random", "override"])
            options.think.value = findings.positive(tag, "value") ?? options.think.value
            options.think.isRandom = findings.flag(tag, "random", default: false)
            options.overridesThinking = findings.flag(tag, "override", default: false)
        case "connect_timeout":
            findings.check(tag, attributes: ["name", "value"])
            guard let value = findings.requiredWhole(tag, "value", 1...Int(Int32.max)) else { return }
            if value >= Self.synPatienceMilliseconds {
                findings.remark(tag, nil, "connect_timeout of \(UnitText.count(value)) ms; the kernel gives up after 127 s")
            } else {
                findings.refuse(tag, nil, "a connect_timeout of \(UnitText.count(value)) ms: workers wait as long as the kernel does; set load.syn_retries in the profile")
            }
        case "seed": findings.remark(tag, nil, "seed \(tag.attributes["value"]?.prefix(40) ?? ""); give one with run --seed")
        default:
            if let reason = Self.harmless[name] {
                findings.remark(tag, nil, "\(name); \(reason)")
            } else if let type = tag.attributes["type"], type != "ts_websocket" {
                findings.remark(tag, nil, "\(name.prefix(60)); of sessions of the type \(type.prefix(40))")
            } else {
                findings.refuse(tag, nil, "the import does not know the option \"\(name.prefix(60))\"")
            }
        }
    }

    private mutating func ports(_ tag: Tag) -> String? {
        findings.check(tag, attributes: ["name", "min", "max"])
        guard let first = findings.requiredWhole(tag, "min", 1...65_535), let last = findings.requiredWhole(tag, "max", 1...65_535) else { return nil }
        guard first <= last else {
            findings.refuse(tag, nil, "the range ends before it begins")
            return nil
        }
        return "\(first)-\(last)"
    }
}
