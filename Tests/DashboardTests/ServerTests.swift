import Foundation
import Glibc
import Synchronization
import Testing

@testable import Conductor
@testable import Dashboard

/// The server over real sockets, spoken to by hand.
@Suite(.serialized) struct ServerTests {
    @Test func aPageIsServedAndAStrangerRefused() throws {
        try withDashboard { port, _ in
            let page = try exchange(port, "GET / HTTP/1.1\r\nHost: localhost:\(port)\r\nConnection: close\r\n\r\n")
            #expect(page.hasPrefix("HTTP/1.1 200 ") && page.contains("default-src 'none'") && page.hasSuffix("</html>\n"))
            let rebound = try exchange(port, "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            #expect(rebound.hasPrefix("HTTP/1.1 421 ") && !rebound.contains("data-token"))
            let escape = try exchange(port, "GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(escape.hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func theButtonStopsOnlyWithItsToken() throws {
        try withDashboard { port, presses in
            let page = try exchange(port, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            let token = try #require(page.split(separator: "data-token=\"").last?.prefix { $0 != "\"" })
            let head = "POST /stop HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n"
            #expect(try exchange(port, head + "\r\n").hasPrefix("HTTP/1.1 403 "))
            #expect(presses.count.withLock { $0 } == 0)
            #expect(try exchange(port, head + "X-Simbench-Token: \(token)\r\n\r\n").hasPrefix("HTTP/1.1 202 "))
            #expect(presses.count.withLock { $0 } == 1)
        }
    }

    @Test func whoSendsWithoutEndIsCutOff() throws {
        try withDashboard { port, _ in
            let client = try connected(port)
            defer { close(client) }
            let piece = [UInt8](repeating: 0x61, count: 4_096)
            var sent = 0
            // Far beyond the limit; the last writes fail because nobody takes them any more.
            while sent < 1 << 30, write(client, piece, piece.count) > 0 { sent += piece.count }
            #expect(sent < 1 << 30)
            #expect(try exchange(port, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func connectionsAreFew() throws {
        try withDashboard { port, _ in
            let clients = try (0..<(2 * SocketWatch.connectionLimit)).map { _ in try connected(port) }
            defer { for client in clients { close(client) } }
            // As many as are beyond the limit are closed; the others are left waiting.
            var closed = 0
            for _ in 0..<300 where closed < SocketWatch.connectionLimit {
                // Those that are closed already would end a poll at once: they are looked at, and given time.
                usleep(100_000)
                var polled = clients.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                _ = poll(&polled, nfds_t(polled.count), 0)
                closed = polled.filter { $0.revents != 0 }.count
            }
            #expect(closed == SocketWatch.connectionLimit)
        }
    }

    @Test func aStreamTellsWhatIsShownAndEnds() throws {
        let plan = try Fixture.plan()
        let dashboard = try Dashboard(Endpoint(address: "127.0.0.1", port: 0).tried()) {}
        dashboard.begin(plan, directory: "/somewhere")
        let client = try connected(port(of: dashboard))
        defer { close(client) }
        let request = Array("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        #expect(write(client, request, request.count) == request.count)
        #expect(text(client, until: "event: start").contains("text/event-stream"))
        dashboard.show(Fixture.ramping(plan, seconds: 2, connected: 1_234))
        #expect(text(client, until: "\"connected\":1234").contains("event: tick"))
        dashboard.close()
        #expect(text(client, until: "event: end").contains("event: end"))
    }

    @Test func aPortInUseIsSaid() throws {
        let dashboard = try Dashboard(Endpoint(address: "127.0.0.1", port: 0).tried()) {}
        defer { dashboard.close() }
        let taken = Endpoint(address: "127.0.0.1", port: port(of: dashboard))
        let error = #expect(throws: RunError.self) { try Dashboard.open(.at(taken)) }
        #expect(error?.description.contains("\(taken)") == true)
    }

    // MARK: helpers

    private func withDashboard(_ body: (UInt16, Presses) throws -> Void) throws {
        let presses = Presses()
        let dashboard = try Dashboard(Endpoint(address: "127.0.0.1", port: 0).tried()) { presses.count.withLock { $0 += 1 } }
        defer { dashboard.close() }
        signal(SIGPIPE, SIG_IGN)
        try body(port(of: dashboard), presses)
    }

    private final class Presses: Sendable { let count = Mutex(0) }

    private func port(of dashboard: Dashboard) -> UInt16 { UInt16(URL(string: dashboard.url)?.port ?? 0) }

    private func connected(_ port: UInt16) throws -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(client, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        try #require(result == 0)
        return client
    }

    private func exchange(_ port: UInt16, _ request: String) throws -> String {
        let client = try connected(port)
        defer { close(client) }
        let bytes = Array(request.utf8)
        try #require(write(client, bytes, bytes.count) == bytes.count)
        return text(client, until: nil)
    }

    /// What comes, until the text appears in it or the other side ends.
    private func text(_ client: Int32, until end: String?) -> String {
        var text = ""
        var piece = [UInt8](repeating: 0, count: 65_536)
        while end.map({ !text.contains($0) }) ?? true {
            let count = read(client, &piece, piece.count)
            guard count > 0 else { break }
            text += String(decoding: piece[..<count], as: UTF8.self)
        }
        return text
    }
}
