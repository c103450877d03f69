import Profiles

/// `<sessions>`: the one session that users play.
extension TsungXML {
    struct Script {
        var path: Draft.Value?
        var steps: [Draft.Noted] = []
        var isConnected = false
        var isClosed = false
        var hasJoined = false
    }

    /// Loops in loops in loops …
    private static let deepestLoop = 8
    private static let mostRounds = 1_000_000_000

    mutating func session(_ sessions: Tag, _ options: TsungOptions) -> Script {
        findings.check(sessions, attributes: [], children: ["session"])
        let all = sessions.children("session")
        var script = Script()
        let played = all.filter { !isNeverPlayed($0) }
        for tag in all where isNeverPlayed(tag) { findings.remark(tag, nil, "its probability is 0") }
        guard let session = played.first else {
            findings.refuse(sessions, nil, "it has no <session> that is played")
            return script
        }
        for other in played.dropFirst() { findings.refuse(other, nil, "all users play the same session, which line \(session.line) has; keep one, or give the others the probability 0") }
        check(session)
        steps(session, options, depth: 0, &script)
        if !script.isConnected { findings.refuse(session, nil, "it has no <websocket type=\"connect\">; users connect first") }
        return script
    }

    private func isNeverPlayed(_ session: Tag) -> Bool {
        let share = session.attributes["probability"] ?? session.attributes["weight"] ?? "100"
        return (try? Units.number(share)) == 0
    }

    private mutating func check(_ session: Tag) {
        findings.check(session, attributes: ["name", "probability", "weight", "type", "bidi", "persistent"], children: session.children.map(\.name))
        if session.attributes["type"] != "ts_websocket" {
            findings.refuse(session, "type", "\"\(session.attributes["type"]?.prefix(40) ?? "")\" is not played here; users are of the type ts_websocket")
        }
        for name in ["bidi", "persistent"] where !findings.flag(session, name, default: true) {
            findings.refuse(session, name, "a WebSocket session is \(name) here; leave it out")
        }
    }

    /// No more than a profile may say, and than a user may play.
    mutating func checkLength(_ steps: [Draft.Noted], _ sessions: Tag) {
        let written = SessionFolding.written(steps)
        if written > Limits.elements {
            findings.refuse(sessions, nil, "the session has \(UnitText.count(written)) steps; at most \(UnitText.count(Limits.elements)) are written in a profile")
        }
        if SessionFolding.played(steps) > Double(Limits.sessionSteps) {
            findings.refuse(sessions, nil, "a user would play more than \(UnitText.count(Limits.sessionSteps)) steps, all loops written out")
        }
    }

    // MARK: Steps

    private mutating func steps(_ parent: Tag, _ options: TsungOptions, depth: Int, _ script: inout Script) {
        for tag in parent.children {
            switch tag.name {
            case "request": request(tag, depth, &script)
            case "thinktime": think(tag, options, &script)
            case "for": loop(tag, options, depth, &script)
            case "transaction":
                findings.check(tag, attributes: ["name"], children: tag.children.map(\.name))
                findings.remark(tag, nil, "\(tag.attributes["name"]?.prefix(60) ?? ""); its steps are played, its time is not measured by itself")
                steps(tag, options, depth: depth, &script)
            default:
                findings.refuse(tag, nil, "it is not played here; sessions have <request>, <thinktime>, <for> and <transaction>")
            }
        }
    }

    private mutating func loop(_ tag: Tag, _ options: TsungOptions, _ depth: Int, _ script: inout Script) {
        findings.check(tag, attributes: ["var", "from", "to", "incr"], children: tag.children.map(\.name))
        let range = 0...Self.mostRounds
        guard let from = findings.requiredWhole(tag, "from", range), let to = findings.requiredWhole(tag, "to", range) else { return }
        let step = tag.attributes["incr"] == nil ? 1 : findings.whole(tag, "incr", 1...Self.mostRounds)
        guard let step else { return }
        guard depth < Self.deepestLoop else { return findings.refuse(tag, nil, "loops stand in each other more than \(Self.deepestLoop) deep") }
        var inner = script
        inner.steps = []
        steps(tag, options, depth: depth + 1, &inner)
        // Tsung compares after each round, so that there is always one.
        let times = to > from ? (to - from + step - 1) / step + 1 : 1
        guard times <= Limits.loopTimes else { return findings.refuse(tag, nil, "it has more than \(UnitText.count(Limits.loopTimes)) rounds") }
        let body = inner.steps
        inner.steps = script.steps
        script = inner
        if !body.isEmpty { script.steps.append(Draft.Noted(step: .loop(times: times, steps: body), source: "<for>, line \(tag.line)")) }
    }

    private mutating func think(_ tag: Tag, _ options: TsungOptions, _ script: inout Script) {
        findings.check(tag, attributes: ["value", "random", "min", "max"])
        guard mayFollow(tag, script) else { return }
        var thinking = options.think
        if options.overridesThinking {
            if tag.attributes["value"] != nil { findings.remark(tag, "value", "the option thinktime overrides it") }
        } else {
            if tag.attributes["min"] != nil || tag.attributes["max"] != nil {
                return findings.refuse(tag, "min max", "a range of thinking times is not played here; write value, with random=\"true\" for an exponential one")
            }
            switch tag.attributes["value"] {
            case "wait_global"?, "wait_bidi"?:
                return findings.refuse(tag, "value", "waiting for other users or for the server is not played here; write seconds")
            case let value? where value.contains("%%"):
                return findings.refuse(tag, "value", "variables are not known here; write seconds")
            case nil: break
            default:
                guard let value = findings.positive(tag, "value") else { return }
                thinking.value = value
            }
            thinking.isRandom = findings.flag(tag, "random", default: thinking.isRandom)
        }
        guard thinking.value <= Limits.durationSeconds else { return findings.refuse(tag, "value", "users think for 30 days at most") }
        let source = "<thinktime>, line \(tag.line)"
        script.steps.append(Draft.Noted(step: thinking.isRandom ? .thinkAbout(mean: thinking.value) : .think(thinking.value), source: source))
    }

    private mutating func mayFollow(_ tag: Tag, _ script: Script) -> Bool {
        if !script.isConnected { findings.refuse(tag, nil, "users connect first, with <websocket type=\"connect\">") }
        if script.isClosed { findings.refuse(tag, nil, "the connection is closed before; a session ends with close") }
        return script.isConnected && !script.isClosed
    }

    // MARK: Requests

    private mutating func request(_ tag: Tag, _ depth: Int, _ script: inout Script) {
        findings.check(tag, attributes: ["subst", "tag"], children: ["websocket", "match", "dyn_variable"])
        for other in tag.children where ["match", "dyn_variable"].contains(other.name) {
            findings.refuse(other, nil, "answers are not searched here")
        }
        let all = tag.children("websocket")
        guard let message = all.first, all.count == 1 else { return findings.refuse(tag, nil, "it has one <websocket>") }
        findings.check(message, attributes: ["type", "ack", "frame", "origin", "subprotocols", "path"])
        let isSubstituted = tag.attributes["subst"] == "true" || tag.attributes["subst"] == "all_except_body"
        switch message.attributes["type"] {
        case "connect": connect(message, isSubstituted, depth, &script)
        case "message":
            guard mayFollow(message, script), let step = Message.step(message, tag.attributes["subst"] == "true", depth, &script, &findings) else { return }
            script.steps.append(Draft.Noted(step: step, source: "<websocket type=\"message\">, line \(message.line)"))
        case "close":
            guard mayFollow(message, script) else { return }
            guard depth == 0 else { return findings.refuse(message, nil, "a close in a loop is not played here") }
            script.isClosed = true
            script.steps.append(Draft.Noted(step: .close, source: "<websocket type=\"close\">, line \(message.line)"))
        case let type: findings.refuse(message, "type", "\"\(type?.prefix(40) ?? "")\" is none of connect, message and close")
        }
    }

    private mutating func connect(_ tag: Tag, _ isSubstituted: Bool, _ depth: Int, _ script: inout Script) {
        for name in ["origin", "subprotocols"] where !(tag.attributes[name] ?? "").isEmpty {
            findings.refuse(tag, name, "the handshake is sent without it; leave it out")
        }
        guard !script.isConnected else { return findings.refuse(tag, nil, "it is the session's second connect; users connect once") }
        script.isConnected = true
        if depth > 0 { findings.refuse(tag, nil, "a connect in a loop is not played here") }
        let path = tag.attributes["path"] ?? "/"
        if isSubstituted && path.contains("%%") { findings.refuse(tag, "path", "variables are not known in a path") }
        guard (try? Plan.Rules.path(path)) != nil, path.utf8.count <= Limits.textCharacters else {
            return findings.refuse(tag, "path", "\"\(path.prefix(40))\" is not a request path; it starts with / and has neither spaces nor #")
        }
        script.path = Draft.Value(YAMLScalar.text(path), tag.attributes["path"] == nil ? "Tsung's default path" : "<websocket path>, line \(tag.line)")
        script.steps.append(Draft.Noted(step: .connect, source: "<websocket type=\"connect\">, line \(tag.line)"))
    }
}
