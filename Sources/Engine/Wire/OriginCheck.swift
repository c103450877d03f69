/// Phoenix' check_origin: which pages a browser may open a WebSocket from. Prepared once; a check allocates nothing.
///
/// An Origin (RFC 6454 section 7.1) is a scheme, a host and perhaps a port. Only the host counts here, in any case, like
/// "//host" in Phoenix' list. "*.host" admits the host and all its subdomains, as in `compare_host?` of
/// lib/phoenix/socket/transport.ex. "null", which sandboxed pages and files send, has no host and is refused.
struct OriginCheck {
    /// Longest name of a host (RFC 1035 section 2.3.4).
    static let hostLimitBytes = 255

    /// The hosts in lower case, each with a line feed, which no host holds, behind it. They outlive every lane.
    private let hosts: StaticBytes

    /// Prepares the check. Of each entry only the host is kept: of "https://a.example:8443", "a.example". Nil if an entry
    /// is no host, or one longer than `hostLimitBytes`.
    init?(hosts entries: [String]) {
        var lines = ""
        for entry in entries {
            let named = entry.firstRange(of: "//").map { entry[$0.upperBound...] } ?? entry[...]
            let isWide = named.hasPrefix("*.")
            let origin = Array("x://\(isWide ? named.dropFirst(2) : named)".utf8)
            guard let host = origin.withUnsafeBytes({ bytes in OriginCheck.host(bytes).map { $0.bytes(in: bytes).map(ASCII.lowercased) } })
            else { return nil }
            lines += (isWide ? "*." : "") + String(decoding: host, as: UTF8.self) + "\n"
        }
        hosts = StaticBytes(lines)
    }

    /// Whether a handshake may go on. One without an Origin is no browser's and may, as for Phoenix.
    func admits(_ head: UpgradeHead, in bytes: UnsafeRawBufferPointer) -> Bool {
        head.origin == .none || admits(head.origin.bytes(in: bytes))
    }

    /// Whether the value of an Origin header names a host of the list.
    func admits(_ origin: UnsafeRawBufferPointer) -> Bool {
        guard let host = OriginCheck.host(origin)?.bytes(in: origin) else { return false }
        var start = 0
        let list = hosts.bytes
        while start < list.count {
            var end = start
            while list[end] != 0x0A { end += 1 }
            if OriginCheck.matches(host, UnsafeRawBufferPointer(rebasing: list[start..<end])) { return true }
            start = end + 1
        }
        return false
    }

    private static func matches(_ host: UnsafeRawBufferPointer, _ allowed: UnsafeRawBufferPointer) -> Bool {
        guard allowed.has("*.", at: 0) else { return host.count == allowed.count && ends(host, with: allowed) }
        // With its dot it is the end of a subdomain; without it, the host itself.
        let domain = UnsafeRawBufferPointer(rebasing: allowed[2...])
        return host.count == domain.count
            ? ends(host, with: domain) : ends(host, with: UnsafeRawBufferPointer(rebasing: allowed[1...]))
    }

    private static func ends(_ host: UnsafeRawBufferPointer, with lowercase: UnsafeRawBufferPointer) -> Bool {
        guard host.count >= lowercase.count else { return false }
        let before = host.count - lowercase.count
        for i in 0..<lowercase.count where ASCII.lowercased(host[before + i]) != lowercase[i] { return false }
        return true
    }

    /// Finds the host in an origin: a scheme, "://", the host, and nothing behind it but a port. Nil for everything else,
    /// such as a path, a user's name or a list of origins, which no browser sends.
    private static func host(_ origin: UnsafeRawBufferPointer) -> ByteRange? {
        var at = 0
        while at < origin.count, isScheme(origin[at]) { at += 1 }
        guard at > 0, origin.has("://", at: at) else { return nil }
        let start = at + 3
        at = start
        let isAddress = at < origin.count && origin[at] == 0x5B
        if isAddress { at += 1 }
        while at < origin.count, isHost(origin[at], inBrackets: isAddress) { at += 1 }
        if isAddress {
            guard at < origin.count, origin[at] == 0x5D, at > start + 1 else { return nil }
            at += 1
        }
        guard at > start, at - start <= hostLimitBytes else { return nil }
        let host = ByteRange(start, at)
        if at < origin.count {
            guard origin[at] == 0x3A else { return nil }
            at += 1
        }
        while at < origin.count, ASCII.isDigit(origin[at]) { at += 1 }
        return at == origin.count ? host : nil
    }

    /// RFC 3986 section 3.1.
    @inline(__always) private static func isScheme(_ c: UInt8) -> Bool {
        ASCII.lowercased(c) &- 0x61 < 26 || ASCII.isDigit(c) || c == 0x2B || c == 0x2D || c == 0x2E
    }

    /// Letters, digits, "-", "." and "_", which names in use hold; in brackets the characters of an IPv6 address.
    @inline(__always) private static func isHost(_ c: UInt8, inBrackets: Bool) -> Bool {
        if inBrackets { return ASCII.isDigit(c) || (c | 0x20) &- 0x61 < 6 || c == 0x3A || c == 0x2E }
        return ASCII.lowercased(c) &- 0x61 < 26 || ASCII.isDigit(c) || c == 0x2D || c == 0x2E || c == 0x5F
    }
}
