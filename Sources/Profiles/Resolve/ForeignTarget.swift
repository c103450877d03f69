/// Somebody else's server, which the workers alone are pointed at.
public struct ForeignTarget: Equatable, Sendable {
    /// Dotted IPv4: one of this host's own.
    public var address: String
    public var url: TargetURL

    public init(address: String, url: TargetURL) {
        self.address = address
        self.url = url
    }

    /// Every address of 127.0.0.0/8 can be a worker's when the server is on loopback; else the kernel chooses.
    var isOnLoopback: Bool { address.hasPrefix("127.") }
}

/// `ws://HOST[:PORT][/PATH]`, taken apart. Pure.
public struct TargetURL: Equatable, Sendable {
    /// A name or a dotted address.
    public var host: String
    public var port: UInt16
    /// With the query, if there is one.
    public var path: String

    /// What the handshake's Host header names: the port is left out where it is the scheme's own.
    public var authority: String { port == Self.defaultPort ? host : "\(host):\(port)" }

    private static let defaultPort: UInt16 = 80
    private static let scheme = "ws://"

    public init(parsing text: String) throws(UnitError) {
        let lowered = text.lowercased()
        guard !lowered.hasPrefix("wss://"), !lowered.hasPrefix("https://") else {
            throw UnitError(
                "\"\(text)\" asks for TLS, which the workers do not speak; point them at the server's plain port, such as "
                    + "ws://127.0.0.1:4000/socket/websocket")
        }
        guard lowered.hasPrefix(Self.scheme) else {
            throw UnitError("\"\(text)\" is not a WebSocket URL; write such as ws://127.0.0.1:4000/socket/websocket")
        }
        let rest = text.dropFirst(Self.scheme.count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        (host, port) = try Self.place(String(rest[..<end]), in: text)
        let tail = String(rest[end...])
        path = try Plan.Rules.path(tail.hasPrefix("/") ? tail : "/" + tail)
    }

    private static func place(_ text: String, in url: String) throws(UnitError) -> (String, UInt16) {
        guard !text.contains("@") else { throw UnitError("\"\(url)\" names a user; the workers have no passwords to give") }
        guard !text.hasPrefix("[") else { throw UnitError("\"\(url)\" names an IPv6 address; the workers speak IPv4") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, isHost(parts[0]) else {
            throw UnitError("\"\(url)\" names no host; write such as ws://127.0.0.1:4000/socket/websocket")
        }
        guard parts.count == 2 else { return (String(parts[0]), defaultPort) }
        return (String(parts[0]), UInt16(try Units.count(String(parts[1]), in: 1...65_535)))
    }

    /// Letters, digits, - and _, in parts with points between them.
    static func isHost(_ name: Substring) -> Bool {
        let isPlain = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
        }
        return isPlain && !name.isEmpty && name.utf8.count <= Limits.hostCharacters
    }
}

extension Profile {
    /// Takes out what is about a target of our own: its machine, its memory, its rules. Returns sentences on what went.
    mutating func disown() -> [String] {
        var lost: [String] = []
        if target.droplet != Plan.Droplet() || !footprint.isEmpty || hibernateAfterSeconds != nil {
            lost.append("The target is somebody else's: the profile's droplet and footprint are not built around it.")
        }
        if target.portCount > 1 { lost.append("The target's \(target.portCount) ports are one: the URL names no more.") }
        target = Target()
        footprint = []
        hibernateAfterSeconds = nil
        tuning.targetLanes = nil
        return lost
    }
}
