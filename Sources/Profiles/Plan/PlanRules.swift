extension Plan {
    /// What the target admits, and how long it bears with a client.
    ///
    /// How long a client may be idle is model time, for it is about how often users speak. The other two times are wall
    /// time: they are about packets on their way, which no speedup makes faster.
    public struct Rules: Codable, Equatable, Sendable {
        /// Largest payload of one frame, and largest message, all its fragments together. The benchmark's largest frame
        /// has 98 bytes.
        public var frameLimitBytes: UInt64 = 65_536
        public var messageLimitBytes: UInt64 = 65_536
        /// A connection without a message for so long is closed; nil: none is, as in the published benchmark. Phoenix'
        /// own default is 60 s.
        public var idleTimeoutSeconds: Double?
        /// For opening the WebSocket.
        public var handshakeTimeoutSeconds = 10.0
        /// For ending a message that was begun, for taking what is sent, and for answering a close.
        public var messageTimeoutSeconds = 60.0
        /// Hosts that an Origin header may name (Phoenix' check_origin); nil admits every origin.
        public var origins: [String]?

        public init() {}
    }
}

/// The rules' values as people write them, in a profile or as flags.
extension Plan.Rules {
    /// A limit for frames or messages: no less than a control frame holds, no more than 1 GiB.
    public static func limit(_ text: String) throws(UnitError) -> UInt64 {
        let bytes = try Units.bytes(text)
        guard Limits.messageBytes.contains(bytes) else {
            throw UnitError("\"\(text)\" is out of range; a limit for frames and messages is 125 B to 1 GiB")
        }
        return bytes
    }

    /// A time to bear with a client, above 0.
    public static func timeout(_ text: String) throws(UnitError) -> Double {
        let seconds = try Units.seconds(text)
        guard seconds >= Limits.shortestTimeoutSeconds else {
            throw UnitError("\"\(text)\" is too short; a timeout is at least 10 ms")
        }
        return seconds
    }

    /// A timeout, or `infinity` for none.
    public static func idleTimeout(_ text: String) throws(UnitError) -> Double? {
        if text == "infinity" { return nil }
        do { return try timeout(text) } catch { throw UnitError("\(error.message); infinity is no timeout") }
    }

    /// A host as an Origin header names it, without scheme and path: `example.org`, `localhost:4000`; `*.example.org`
    /// stands for a host and all below it. A port is allowed and, as by Phoenix, not compared.
    public static func origin(_ text: String) throws(UnitError) -> String {
        let name = text.hasPrefix("//") ? String(text.dropFirst(2)) : text
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        let host = parts[0].hasPrefix("*.") ? parts[0].dropFirst(2) : parts[0]
        let isPort = parts.count == 1 || parts.count == 2 && UInt16(parts[1]) != nil
        guard isPort, TargetURL.isHost(host) else {
            throw UnitError("\"\(text)\" is not a host that an Origin header names; write such as example.org, without http://")
        }
        return name.lowercased()
    }

    /// A request path: it goes into the handshake as it is, so it must not be able to end the request line.
    public static func path(_ text: String) throws(UnitError) -> String {
        guard text.hasPrefix("/"), text.utf8.count <= Limits.pathCharacters,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x23 })
        else {
            throw UnitError("\"\(text)\" is not a request path; it starts with / and has no spaces, such as /socket/websocket")
        }
        return text
    }
}

/// The rules' keys of the profile's `target` section.
enum RulesParser {
    static let keys = ["frame_limit", "message_limit", "idle_timeout", "handshake_timeout", "message_timeout", "check_origin"]

    static func rules(_ fields: Fields) throws(ProfileError) -> Plan.Rules {
        var rules = Plan.Rules()
        if let limit = fields["frame_limit"] { rules.frameLimitBytes = try limit.read(Plan.Rules.limit) }
        if let limit = fields["message_limit"] { rules.messageLimitBytes = try limit.read(Plan.Rules.limit) }
        if let timeout = fields["idle_timeout"] { rules.idleTimeoutSeconds = try timeout.read(Plan.Rules.idleTimeout) }
        if let timeout = fields["handshake_timeout"] { rules.handshakeTimeoutSeconds = try timeout.read(Plan.Rules.timeout) }
        if let timeout = fields["message_timeout"] { rules.messageTimeoutSeconds = try timeout.read(Plan.Rules.timeout) }
        if let check = fields["check_origin"] { rules.origins = try origins(check) }
        return rules
    }

    /// `false`, or the hosts that may be named.
    private static func origins(_ cursor: YAMLCursor) throws(ProfileError) -> [String]? {
        if case .scalar(let scalar) = cursor.node {
            guard scalar.string == "false" else {
                throw cursor.error("\"\(scalar.string.prefix(64))\" is not a check; write false, or a list of hosts such as [example.org]")
            }
            return nil
        }
        var hosts: [String] = []
        for element in try cursor.list("check_origin") { hosts.append(try element.read(Plan.Rules.origin)) }
        return hosts
    }
}
