import Testing

@testable import Engine

private let sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="
private let sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/// RFC 6455 section 1.2, with a `vsn`.
private let browser = """
    GET /socket/websocket?user=1&vsn=2.0.0 HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: WebSocket\r
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: \(sampleKey)\r\nOrigin: http://example.com\r
    Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n
    """.replacing("\r\n\n", with: "\r\n")

private func parse(_ text: String) -> UpgradeParse { bytes(text).withUnsafeBytes { UpgradeRequest.parse($0) } }

private func request(_ lines: String...) -> String { lines.map { $0 + "\r\n" }.joined() + "\r\n" }

@Suite struct UpgradeRequestTests {
    /// The published run's 200 bytes.
    @Test func bytesOfTheOriginal() throws {
        let host = "10.128.0.1:400"
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 8)
        defer { storage.deallocate() }
        let template = try #require(UpgradeRequest(host: host, path: "/socket/websocket", storage: storage))
        #expect(template.count == 200)
        let key = bytes(sampleKey)
        let sent = written { out in key.withUnsafeBytes { template.write(key: $0.baseAddress!, to: out) } }
        #expect(text(sent) == request(
            "GET /socket/websocket HTTP/1.1", "Host: \(host)", "Upgrade: websocket", "Connection: Upgrade",
            "Origin: http://\(host)", "Sec-WebSocket-Key: \(sampleKey)", "Sec-WebSocket-Version: 13"))
        // A user's key is a function of seed, user and attempt, and the target accepts it.
        let users = (0..<4).map { user in
            written { template.write(Keyed(seed: 1, user: UInt64(user / 2)), attempt: UInt64(user % 2), to: $0) }
        }
        #expect(Set(users).count == 4)
        for sent in users { #expect(sent.withUnsafeBytes(isAccepted)) }
    }

    @Test func templatesThatCannotBe() {
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096 + 512, alignment: 8)
        defer { storage.deallocate() }
        #expect(UpgradeRequest(host: "h", path: "no-slash", storage: storage) == nil)
        #expect(UpgradeRequest(host: "h\r\nX: y", path: "/", storage: storage) == nil)
        #expect(UpgradeRequest(host: "h", path: "/a b", storage: storage) == nil)
        #expect(UpgradeRequest(host: "", path: "/", storage: storage) == nil)
        #expect(UpgradeRequest(host: "h", path: "/" + String(repeating: "x", count: 4_096), storage: storage) == nil)
        let small = UnsafeMutableRawBufferPointer(rebasing: storage[..<100])
        #expect(UpgradeRequest(host: "h", path: "/", storage: small) == nil)
    }

    @Test func acceptsABrowser() throws {
        guard case .accepted(let head) = parse(browser) else { Issue.record("not accepted"); return }
        func said(_ range: ByteRange) -> String { bytes(browser).withUnsafeBytes { text(Array(range.bytes(in: $0))) } }
        #expect(head.headBytes == browser.utf8.count)
        #expect(said(head.path) == "/socket/websocket")
        #expect(said(head.query) == "user=1&vsn=2.0.0")
        #expect(head.vsn == .v2)
        #expect(said(head.host) == "server.example.com")
        #expect(said(head.origin) == "http://example.com")
        #expect(said(head.key) == sampleKey)
        #expect(said(head.protocols) == "chat, superchat")
    }

    @Test(arguments: [
        ("/s", UpgradeHead.Vsn.absent), ("/s?vsn=1.0.0", .v1), ("/s?vsn=2.0.0", .v2), ("/s?a=b&vsn=1.0.0&c", .v1),
        ("/s?vsn=3.0.0", .other), ("/s?vsn=", .other), ("/s?vsn=10.0", .other), ("/s?xvsn=2.0.0", .absent),
        ("/s?vsn=2&x=.", .other),
    ])
    func versionsOfTheSerializer(target: String, vsn: UpgradeHead.Vsn) {
        guard case .plain(let head) = parse(request("GET \(target) HTTP/1.1", "Host: h")) else {
            Issue.record("not plain")
            return
        }
        #expect(head.vsn == vsn)
    }

    @Test(arguments: ["13", "8", "7"])
    func versionsOfTheProtocol(version: String) {
        #expect(bytes(browser.replacing("Version: 13", with: "Version: \(version)")).withUnsafeBytes(isAccepted))
    }

    /// What is changed in a sound request, and it no longer is one.
    @Test(arguments: [
        ("GET ", "POST "), ("GET ", "get "), ("HTTP/1.1", "HTTP/1.0"), ("HTTP/1.1", "HTTP/1.1 "), ("/socket", "socket"),
        ("/socket", "/sock\u{1}et"), ("/socket", "/#socket"), ("GET /", "GET  /"), ("Host:", "Host :"), ("Host:", "Ho st:"),
        ("Host: server.example.com\r\n", ""), ("Host: server", "Host: a\r\nHost: server"), ("Host: server", "Host: ser\u{0}ver"),
        ("keep-alive, Upgrade", "keep-alive"), ("keep-alive, Upgrade", "upgraded"), ("Version: 13", "Version: 12"),
        ("Version: 13", "Version: 130"), ("Version: 13", "Version: 13\r\nSec-WebSocket-Version: 13"),
        ("\(sampleKey)", "dGhlIHNhbXBsZSBub25jZQ="), ("\(sampleKey)", "dGhlIHNhbXBsZSBub25jZQ=="+"="),
        ("\(sampleKey)", "dGhlIHNhbXBsZSBub25jZ==="), ("\(sampleKey)", "dGhlIHNhbXBsZSBub25j*Q=="), ("\(sampleKey)", ""),
        ("Sec-WebSocket-Key: ", "X-Key: "), ("Origin:", "Content-Length: 5\r\nOrigin:"),
        ("Origin:", "Transfer-Encoding: chunked\r\nOrigin:"), ("Origin:", " folded\r\nOrigin:"), ("\r\nOrigin", "\nOrigin"),
        ("\r\nOrigin", "\r\rOrigin"), ("Origin:", ":"),
    ])
    func refuses(sound: String, broken: String) {
        let changed = browser.replacing(sound, with: broken, maxReplacements: 1)
        #expect(changed != browser)
        #expect(parse(changed) == .rejected(.badRequest))
    }

    @Test func pageRequestsArePlain() {
        let page = request("GET / HTTP/1.1", "Host: h", "Accept: */*")
        guard case .plain(let head) = parse(page) else { Issue.record("not plain"); return }
        #expect(head.headBytes == page.utf8.count)
    }

    @Test func headsAreBounded() {
        func verdict(_ bytes: some Collection<UInt8>) -> UpgradeParse { Array(bytes).withUnsafeBytes { UpgradeRequest.parse($0) } }
        let long = [UInt8](repeating: 0x78, count: 2 * HTTPHead.limitBytes)
        for endless in [bytes("GET / HTTP/1.1\r\nHost: h\r\nX: ") + long, bytes("GET /") + long] {
            #expect(verdict(endless.prefix(HTTPHead.limitBytes - 1)) == .needMore)
            #expect(verdict(endless.prefix(HTTPHead.limitBytes)) == .rejected(.badRequest))
            #expect(verdict(endless) == .rejected(.badRequest))
        }
        let fits = bytes(browser).dropLast(2) + bytes("X: ")
        let exact = fits + long.prefix(HTTPHead.limitBytes - fits.count - 4) + bytes("\r\n\r\n")
        let isExactAccepted = Array(exact).withUnsafeBytes(isAccepted)
        #expect(isExactAccepted && exact.count == HTTPHead.limitBytes)
    }

    @Test func everyTruncationNeedsMore() {
        let guarded = GuardedBytes()
        let whole = bytes(browser)
        for count in 0..<whole.count {
            #expect(UpgradeRequest.parse(guarded.hold(whole[..<count])) == .needMore, "\(count) bytes")
        }
        let expected = UpgradeRequest.parse(guarded.hold(whole))
        // Frames right behind the head change nothing.
        #expect(UpgradeRequest.parse(guarded.hold(whole + [0x82, 0x80, 1, 2, 3, 4])) == expected)
    }

    @Test func memoAlwaysAgreesWithTheParser() {
        let storage = UnsafeMutableRawPointer.allocate(byteCount: HTTPHead.limitBytes, alignment: 8)
        defer { storage.deallocate() }
        var memo = UpgradeMemo(storage: storage)
        let guarded = GuardedBytes()
        let seeds = [bytes(browser), bytes(browser.replacing("vsn=2", with: "vsn=1")), bytes(request("GET / HTTP/1.1", "Host: h"))]
        var random = SplitMix64(seed: 2)
        var accepted = 0
        for run in 0..<fuzzRuns {
            var input = seeds[run % seeds.count]
            if run % 3 != 0 {
                input = mutated(input, with: seeds, &random)
            } else if let place = text(input).firstRange(of: sampleKey) {
                // A valid key of another user.
                let at = text(input).utf8.distance(from: text(input).startIndex, to: place.lowerBound)
                input[at + Int(random.next() % 22)] = bytes("AZaz09+/")[Int(random.next() % 8)]
            }
            let held = guarded.hold(input)
            let verdict = memo.parse(held)
            guard verdict == UpgradeRequest.parse(held) else { Issue.record("disagree on \(text(input))"); return }
            if case .accepted = verdict { accepted += 1 }
            // A verdict stands when more bytes come: what is true of a piece is true of the whole.
            let piece = UpgradeRequest.parse(UnsafeRawBufferPointer(rebasing: held[..<(held.count / 2)]))
            guard piece == .needMore || piece == verdict else { Issue.record("changed its mind on \(text(input))"); return }
        }
        #expect(accepted > fuzzRuns / 20)
    }
}

private func isAccepted(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if case .accepted = UpgradeRequest.parse(bytes) { true } else { false }
}

@Suite struct UpgradeResponseTests {
    private static let ours = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
        + "sec-websocket-accept: \(sampleAccept)\r\n\r\n"

    private func check(_ text: String) -> UpgradeCheck {
        bytes(sampleAccept).withUnsafeBytes { accept in
            bytes(text).withUnsafeBytes { UpgradeResponse.check($0, accept: accept.baseAddress!) }
        }
    }

    @Test func theAnswerIs129Bytes() {
        let key = bytes(sampleKey)
        let sent = written { out in key.withUnsafeBytes { UpgradeResponse.writeAccepted(key: $0.baseAddress!, to: out) } }
        #expect(sent.count == 129)
        #expect(text(sent) == Self.ours)
    }

    @Test(arguments: [HTTPStatus.badRequest, .forbidden, .notFound, .requestTimeout])
    func refusalsAreShortAndUnderstood(status: HTTPStatus) {
        let sent = written { UpgradeResponse.writeRefused(status, to: $0) }
        #expect(sent.count <= UpgradeResponse.refusedMaximumBytes)
        #expect(text(sent).hasPrefix("HTTP/1.1 \(status.rawValue) "))
        #expect(text(sent).hasSuffix("content-length: 0\r\n\r\n"))
        #expect(check(text(sent)) == .refused(status: status.rawValue))
    }

    @Test func acceptsAnyOrderAndCase() {
        #expect(check(Self.ours) == .ok(headBytes: 129))
        #expect(check(Self.ours + "\u{1}\u{2}") == .ok(headBytes: 129))
        let other = request(
            "HTTP/1.1 101", "Sec-WebSocket-Accept:\(sampleAccept)  ", "UPGRADE: WebSocket", "Date: today",
            "Connection: keep-alive , upgrade", "Server: Cowboy")
        #expect(check(other) == .ok(headBytes: other.utf8.count))
    }

    @Test(arguments: [
        (sampleAccept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo1", UpgradeCheck.wrongAccept), (sampleAccept, "x", .wrongAccept),
        ("sec-websocket-accept", "x-accept", .malformed), ("upgrade: websocket", "upgrade: h2c", .malformed),
        ("connection: Upgrade", "connection: close", .malformed), ("HTTP/1.1", "HTTP/1.0", .malformed),
        ("101", "10", .malformed), ("101", "1011", .malformed), ("101 ", "200 ", .refused(status: 200)),
        ("101", "1x1", .malformed), ("\r\nupgrade", "\r\nsec-websocket-extensions: permessage-deflate\r\nupgrade", .malformed),
        ("\r\nupgrade", "\r\nsec-websocket-protocol: chat\r\nupgrade", .malformed), ("\r\nupgrade", "\nupgrade", .malformed),
        ("\r\nupgrade", "\r\nsec-websocket-accept: \(sampleAccept)\r\nupgrade", .malformed),
    ])
    func refuses(sound: String, broken: String, verdict: UpgradeCheck) {
        let changed = Self.ours.replacing(sound, with: broken, maxReplacements: 1)
        #expect(changed != Self.ours)
        #expect(check(changed) == verdict)
    }

    @Test func isBounded() {
        let endless = "HTTP/1.1 101 x\r\nX: " + String(repeating: "x", count: HTTPHead.limitBytes)
        #expect(check(endless) == .malformed)
        #expect(check("HTTP/1.1 101 " + String(repeating: "x", count: HTTPHead.limitBytes)) == .malformed)
    }

    @Test func everyTruncationNeedsMore() {
        let guarded = GuardedBytes()
        let accept = bytes(sampleAccept)
        for whole in [bytes(Self.ours), bytes(Self.ours.replacing("101 Switching Protocols", with: "101"))] {
            for count in 0..<whole.count {
                let held = guarded.hold(whole[..<count])
                accept.withUnsafeBytes {
                    #expect(UpgradeResponse.check(held, accept: $0.baseAddress!) == .needMore, "\(count) bytes")
                }
            }
        }
    }

    @Test func fastWayAlwaysAgreesWithTheGeneral() {
        let guarded = GuardedBytes()
        let seeds = [
            bytes(Self.ours), bytes(Self.ours + "\u{2}ab"),
            bytes(request("HTTP/1.1 403 Forbidden", "content-length: 0")),
            bytes(request("HTTP/1.1 101 ", "Sec-WebSocket-Accept: \(sampleAccept)", "Upgrade: websocket", "Connection: upgrade")),
        ]
        var random = SplitMix64(seed: 3)
        let accept = bytes(sampleAccept)
        for run in 0..<fuzzRuns {
            let input = run % 16 == 0 ? seeds[0] : mutated(seeds[run % seeds.count], with: seeds, &random)
            let held = guarded.hold(input)
            let agree = accept.withUnsafeBytes { accept in
                let fast = UpgradeResponse.check(held, accept: accept.baseAddress!)
                let piece = UpgradeResponse.check(
                    UnsafeRawBufferPointer(rebasing: held[..<(held.count / 2)]), accept: accept.baseAddress!)
                return fast == UpgradeResponse.checkAny(held, accept: accept.baseAddress!) && (piece == .needMore || piece == fast)
            }
            guard agree else { Issue.record("disagree on \(text(input))"); return }
        }
    }
}
