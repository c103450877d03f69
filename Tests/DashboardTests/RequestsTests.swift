import Testing

@testable import Dashboard

@Suite struct RequestsTests {
    private let requests = Requests(isLoopback: true, token: "a-b")

    private func status(
        _ method: String, _ path: String, host: String? = "127.0.0.1:4080", origin: String? = nil, site: String? = nil,
        token: String? = nil
    ) -> Int? {
        let request = Requests.Request(method: method, path: path, host: host, origin: origin, site: site, token: token)
        if case .refused(let status, let sentence) = requests.judge(request) {
            #expect(sentence.hasSuffix("."))
            return status
        }
        return nil
    }

    @Test func pagesAreFewAndKnownByName() {
        for path in ["/", "/live", "/state", "/metrics"] {
            #expect(status("GET", path) == nil)
            for method in ["POST", "HEAD", "OPTIONS", "PUT", "DELETE", "CONNECT"] { #expect(status(method, path) == 405) }
        }
        for path in ["", "/x", "//", "/../etc/passwd", "/live/../state", "/%2e%2e/", "/live/", "/STATE", "http://127.0.0.1/"] {
            #expect(status("GET", path) == 404)
        }
        #expect(status("GET", "/stop") == 405)
    }

    @Test func otherNamesAreNotThisDashboard() {
        for host in ["127.0.0.1", "127.0.0.1:4080", "localhost", "LocalHost:9", "127.1.2.3:80"] {
            #expect(status("GET", "/", host: host) == nil)
        }
        for host in [
            "evil.example", "evil.example:4080", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.evil", "10.0.0.1",
            "127.0.0.1:x", "127.0.0.1:", "[::1]:4080", "127.0.0.1:80:80", " 127.0.0.1",
        ] { #expect(status("GET", "/", host: host) == 421) }
        #expect(status("GET", "/", host: nil) == 400 && status("GET", "/", host: "") == 400)
    }

    @Test func onlyThePageItselfStops() {
        let own = "http://127.0.0.1:4080"
        #expect(status("POST", "/stop", origin: own, site: "same-origin", token: "a-b") == nil)
        #expect(status("POST", "/stop", token: "a-b") == nil)
        #expect(status("POST", "/stop") == 403)
        for token in ["", "a-", "a-c", "a-bb"] { #expect(status("POST", "/stop", origin: own, token: token) == 403) }
        for origin in ["http://evil.example", "null", "http://127.0.0.1:4081", "https://127.0.0.1:4080", "file://"] {
            #expect(status("POST", "/stop", origin: origin, token: "a-b") == 403)
        }
        for site in ["cross-site", "same-site", "none"] { #expect(status("POST", "/stop", site: site, token: "a-b") == 403) }
        #expect(status("POST", "/stop", host: "evil.example:4080", origin: "http://evil.example:4080", token: "a-b") == 421)
    }
}
