/// What a request asks for, and whether it may. Pure: no I/O.
///
/// There are no files behind it: five paths are known by name, and every other is not found.
struct Requests: Sendable {
    enum Answer: Equatable, Sendable {
        case page, events, state, metrics, stop
        case refused(status: Int, sentence: String)
    }

    /// Of a request what is judged; header values are nil when absent.
    struct Request: Equatable, Sendable {
        var method: String
        var path: String
        var host: String?
        var origin: String?
        /// Sec-Fetch-Site: where the browser says that the request comes from.
        var site: String?
        var token: String?
    }

    static let tokenHeader = "X-Simbench-Token"

    /// Whether it listens on 127.0.0.0/8 only.
    let isLoopback: Bool
    /// Known to whoever has the page, and to nobody else.
    let token: String

    func judge(_ request: Request) -> Answer {
        guard let host = request.host, !host.isEmpty else {
            return .refused(status: 400, sentence: "The request has no Host header.")
        }
        // A page of somebody else's whose name was made to point here (DNS rebinding) still names itself in Host.
        if isLoopback, !Self.isLocal(host) {
            return .refused(status: 421, sentence: "This dashboard is reached as 127.0.0.1 or localhost only.")
        }
        switch (request.method, request.path) {
        case ("GET", "/"): return .page
        case ("GET", "/live"): return .events
        case ("GET", "/state"): return .state
        case ("GET", "/metrics"): return .metrics
        case ("POST", "/stop"): return judgeStop(request, host: host)
        case (_, "/"), (_, "/live"), (_, "/state"), (_, "/metrics"):
            return .refused(status: 405, sentence: "Only GET is answered here.")
        case (_, "/stop"): return .refused(status: 405, sentence: "Only POST is answered here.")
        default: return .refused(status: 404, sentence: "There is no such page; the dashboard is at /.")
        }
    }

    /// Other pages may send a POST anywhere, but can neither read the token nor send its header unasked.
    private func judgeStop(_ request: Request, host: String) -> Answer {
        if let origin = request.origin, origin.lowercased() != "http://\(host.lowercased())" {
            return .refused(status: 403, sentence: "Only the dashboard's own page may stop a run.")
        }
        if let site = request.site, site != "same-origin" {
            return .refused(status: 403, sentence: "Only the dashboard's own page may stop a run.")
        }
        guard let given = request.token, Self.isSame(given, token) else {
            return .refused(status: 403, sentence: "The token of this run's page is missing or wrong; load the page again.")
        }
        return .stop
    }

    /// A name that cannot be made to point elsewhere, whatever the port: one may be forwarded.
    static func isLocal(_ host: String) -> Bool {
        let parts = host.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.first?.lowercased() else { return false }
        if parts.count == 2, parts[1].isEmpty || parts[1].contains(where: { !$0.isASCII || !$0.isNumber }) { return false }
        if name == "localhost" { return true }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127"
            && numbers.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy { $0.isASCII && $0.isNumber } }
    }

    /// Takes as long for a wrong token as for the right one.
    private static func isSame(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
