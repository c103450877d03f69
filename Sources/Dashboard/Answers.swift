import FlyingFox
import Foundation
import Synchronization
import Views

/// Answers the server's requests, once `Requests` has let them through.
struct Answers: HTTPHandler {
    let hub: Hub
    let requests: Requests
    let page: Data
    let pace = Pace()
    /// Called when the page's button was pressed.
    let onStop: @Sendable () -> Void

    /// The page loads nothing and sends to nowhere else, and nobody frames it.
    private static let headers: [HTTPHeader: String] = [
        HTTPHeader("Cache-Control"): "no-store",
        HTTPHeader("Content-Security-Policy"):
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
        HTTPHeader("Referrer-Policy"): "no-referrer",
        HTTPHeader("X-Content-Type-Options"): "nosniff",
    ]

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await pace.turn()
        let answer = requests.judge(
            Requests.Request(
                method: request.method.rawValue, path: request.target.path(), host: request.headers[HTTPHeader("Host")],
                origin: request.headers[HTTPHeader("Origin")], site: request.headers[HTTPHeader("Sec-Fetch-Site")],
                token: request.headers[HTTPHeader(Requests.tokenHeader)]))
        switch answer {
        case .page: return respond(200, "text/html; charset=utf-8", page)
        case .state: return respond(200, "application/json", Data(hub.whole().utf8))
        case .metrics: return respond(200, OpenMetrics.contentType, Data((hub.metrics.map(OpenMetrics.render) ?? "# EOF\n").utf8))
        case .events:
            guard let signals = hub.subscribe() else {
                return refuse(503, "\(Hub.streamLimit) pages are open already; close one.")
            }
            var headers = HTTPHeaders(Self.headers)
            headers[HTTPHeader("Content-Type")] = "text/event-stream"
            return HTTPResponse(
                statusCode: .ok, headers: headers, body: HTTPBodySequence(from: EventStream(hub: hub, signals: signals)))
        case .stop:
            onStop()
            return respond(202, "text/plain; charset=utf-8", Data("The run is told to stop.\n".utf8))
        case .refused(let status, let sentence): return refuse(status, sentence)
        }
    }

    private func refuse(_ status: Int, _ sentence: String) -> HTTPResponse {
        respond(status, "text/plain; charset=utf-8", Data((sentence + "\n").utf8))
    }

    private func respond(_ status: Int, _ type: String, _ body: Data) -> HTTPResponse {
        var headers = HTTPHeaders(Self.headers)
        headers[HTTPHeader("Content-Type")] = type
        return HTTPResponse(statusCode: Self.codes[status] ?? .internalServerError, headers: headers, body: body)
    }

    private static let codes: [Int: HTTPStatusCode] = [
        200: .ok, 202: .accepted, 400: .badRequest, 403: .forbidden, 404: .notFound, 405: .methodNotAllowed,
        421: HTTPStatusCode(421, phrase: "Misdirected Request"), 503: .serviceUnavailable,
    ]
}

/// Lets requests through one after another, so many a second, so that nobody who asks faster takes CPU from the load.
final class Pace: Sendable {
    static let requestsPerSecond = 50.0
    private let next = Mutex(ContinuousClock.now)

    func turn() async throws {
        let turn = next.withLock { next in
            let turn = max(next, ContinuousClock.now)
            next = turn + .seconds(1 / Self.requestsPerSecond)
            return turn
        }
        // A page and what it asks for come at once, and need not wait for each other.
        let start = turn - .milliseconds(200)
        if start > ContinuousClock.now { try await Task.sleep(until: start, clock: .continuous) }
    }
}
