import Testing

@testable import Engine

@Suite struct OriginCheckTests {
    private func isAdmitted(_ origin: String, by hosts: [String]) -> Bool? {
        OriginCheck(hosts: hosts).map { check in bytes(origin).withUnsafeBytes { check.admits($0) } }
    }

    private static let hosts = ["other.example", "a.example", "10.0.0.1", "[::1]", "*.wide.example"]

    @Test(arguments: [
        "http://a.example", "https://a.example", "HTTPS://A.Example", "http://a.example:4000", "http://other.example", "http://a.example:",
        "http://10.0.0.1:8080", "http://[::1]:4000", "http://[::1]", "moz-extension://a.example", "http://wide.example",
        "http://x.WIDE.example:1", "http://x.y.wide.example",
    ])
    func admitted(origin: String) { #expect(isAdmitted(origin, by: Self.hosts) == true) }

    @Test(arguments: [
        "", "null", "a.example", "//a.example", "http:/a.example", "http//a.example", "://a.example", "http://", "http://:80",
        "http://b.example", "http://a.example.evil", "http://evil-a.example", "http://xa.example", "http://a.exampl", "http://example",
        "http://user@a.example", "http://a.example@evil", "http://a.example/", "http://a.example/path", "http://a.example?",
        "http://a.example#", "http://a.example:80x", "http://a.example:80:80", "http://a.example http://evil", "http://evil http://a.example",
        "http://a.example\0", " http://a.example", "http://[::1", "http://[]", "http://::1", "http://[::2]", "http://[::1]x",
        "http://xwide.example", "http://wide.example.evil", "http://.example", "http://a.example.", "http://é.example", "ht_tp://a.example",
    ])
    func refused(origin: String) { #expect(isAdmitted(origin, by: Self.hosts) == false) }

    @Test func whatAnEntryMayBe() {
        for entry in ["A.Example", "//a.example", "https://a.example:8443", "//a.example:888", "a.example:80", "*.example"] {
            #expect(isAdmitted("http://a.example", by: [entry]) == true, "\(entry)")
        }
        #expect(isAdmitted("http://a.example", by: []) == false)
        let longest = String(repeating: "h", count: OriginCheck.hostLimitBytes)
        #expect(isAdmitted("http://\(longest):1", by: [longest]) == true)
        for entry in ["", "//", "*.", "*", "a.*.example", "a b", "http://", "a/b", "user@a", longest + "h", "é.example"] {
            #expect(OriginCheck(hosts: ["fine", entry]) == nil, "\(entry)")
        }
    }

    @Test func onlyAMissingHeaderIsNoBrowser() {
        func isAdmitted(_ header: String) -> Bool {
            let request = bytes("GET / HTTP/1.1\r\nHost: h\r\n\(header)\r\n")
            return request.withUnsafeBytes { raw in
                guard case .plain(let head) = UpgradeRequest.parse(raw) else { return false }
                return OriginCheck(hosts: ["a.example"])?.admits(head, in: raw) ?? false
            }
        }
        #expect(isAdmitted(""))
        #expect(isAdmitted("Origin: http://a.example\r\n"))
        #expect(!isAdmitted("Origin:\r\n"))
        #expect(!isAdmitted("Origin: null\r\n"))
        #expect(!isAdmitted("Origin: http://b.example\r\n"))
    }

    @Test func mutatedOriginsAreHosts() {
        let guarded = GuardedBytes()
        var random = SplitMix64(seed: 10)
        let seeds = ["http://a.example:4000", "https://[::1]:80", "http://x.wide.example", "null"].map(bytes)
        guard let check = OriginCheck(hosts: Self.hosts) else { Issue.record("not prepared"); return }
        var admitted = 0
        for run in 0..<fuzzRuns {
            let held = guarded.hold(mutated(seeds[run % seeds.count], with: seeds, &random))
            guard check.admits(held) else { continue }
            admitted += 1
            let origin = text(held).lowercased()
            let rest = origin.firstRange(of: "://").map { origin[$0.upperBound...] } ?? ""
            let isListed = Self.hosts.contains { rest.hasPrefix($0.replacing("*.", with: "")) } || rest.contains(".wide.example")
            guard isListed else { Issue.record("\(origin)"); return }
        }
        #expect(admitted > fuzzRuns / 50)
    }
}
