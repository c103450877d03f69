@testable import Engine

private let sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="
private let sampleAccept = Array("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".utf8)

private let browser = "GET /socket/websocket?a=1&vsn=2.0.0 HTTP/1.1\r\nHost: h:1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    + "Origin: http://h:1\r\nSec-WebSocket-Key: \(sampleKey)\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, b\r\n\r\n"

extension FuzzTarget {
    /// A client's handshake. The first byte says where the bytes are cut.
    static let upgradeRequest = FuzzTarget(
        name: "upgrade-request", maximumBytes: 640,
        seeds: [
            seed(128, browser), seed(10, browser + "\u{1}\u{2}"), seed(0, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            seed(200, "GET /s HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nX:\t\r\n\r\n"),
        ],
        words: [
            "\r\n", "\r\n\r\n", ": ", "GET /", " HTTP/1.1\r\n", "?vsn=2.0.0", "&vsn=1.0.0", "Host:", "Upgrade:", "websocket", "Connection:",
            "Upgrade", ", ", "Origin:", "Sec-WebSocket-Key:", sampleKey, "Sec-WebSocket-Version:", "13", "8", "7",
            "Sec-WebSocket-Protocol:", "Content-Length:", "Transfer-Encoding:",
        ],
        run: { input in
            guard let (cut, bytes) = input.choice else { return }
            let verdict = UpgradeRequest.parse(bytes)
            let piece = UpgradeRequest.parse(bytes.first(bytes.count * Int(cut) / 256))
            require(piece == .needMore || piece == verdict, "A verdict on a piece is the verdict on the whole.")
            switch verdict {
            case .accepted(let head):
                checkHead(head, bytes)
                checkAccepted(head, bytes, verdict)
            case .plain(let head): checkHead(head, bytes)
            case .rejected(let status): require(status == .badRequest, "A bad request is a bad request.")
            case .needMore: require(bytes.count < HTTPHead.limitBytes, "A head is bounded.")
            }
            var memo = UpgradeMemo(storage: Scratch.first)
            require(memo.parse(bytes) == verdict, "The memo agrees with the parser at first.")
            require(memo.parse(bytes) == verdict, "The memo agrees with the parser again.")
        })

    /// A server's answer. The first byte says where the bytes are cut.
    static let upgradeResponse = FuzzTarget(
        name: "upgrade-response", maximumBytes: 320,
        seeds: [
            seed(64, "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: "
                + String(decoding: sampleAccept, as: UTF8.self) + "\r\n\r\n"),
            seed(255, "HTTP/1.1 101 \r\nUpgrade: WebSocket\r\nDate: x\r\nConnection: a, upgrade\r\nSec-WebSocket-Accept:x\r\n\r\n"),
            seed(0, "HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
        ],
        words: [
            "\r\n", "\r\n\r\n", ": ", "HTTP/1.1 ", "101", "200", "503 ", "connection:", "upgrade", "upgrade:", "websocket", ", ",
            "sec-websocket-accept:", String(decoding: sampleAccept, as: UTF8.self), "sec-websocket-protocol:", "sec-websocket-extensions:",
        ],
        run: { input in
            guard let (cut, bytes) = input.choice else { return }
            sampleAccept.withUnsafeBytes { accept in
                guard let accept = accept.baseAddress else { return }
                let verdict = UpgradeResponse.check(bytes, accept: accept)
                require(verdict == UpgradeResponse.checkAny(bytes, accept: accept), "The fast way agrees with the general.")
                let piece = UpgradeResponse.check(bytes.first(bytes.count * Int(cut) / 256), accept: accept)
                require(piece == .needMore || piece == verdict, "A verdict on a piece is the verdict on the whole.")
                if case .ok(let headBytes) = verdict {
                    require(headBytes <= bytes.count, "A head is no longer than what came.")
                    require(bytes.first(headBytes).suffix(4).elementsEqual([13, 10, 13, 10]), "A head ends with an empty line.")
                }
                if case .refused(let status) = verdict { require(status != 101 && status < 1_000, "A refusal has a status of three digits.") }
            }
        })

    /// An Origin header's value.
    static let origin = FuzzTarget(
        name: "origin", maximumBytes: 64,
        seeds: ["http://a.example:4000", "https://[::1]:80", "http://x.wide.example", "null", "moz-extension://a.example"].map { seed($0) },
        words: ["http://", "https://", "://", "a.example", ".wide.example", "wide.example", "[::1]", ":80", "@", "/", ".", "null"],
        run: { bytes in
            guard originCheck.admits(bytes) else { return }
            // Admitted: behind the scheme comes a listed host and nothing but a port.
            var start = 0
            while bytes[start] != 0x2F { start += 1 }
            start += 2
            var end = bytes.count
            while end > start, bytes[end - 1] &- 0x30 < 10 { end -= 1 }
            if end > start, bytes[end - 1] == 0x3A { end -= 1 } else { end = bytes.count }
            let host = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            let domain = UnsafeRawBufferPointer(rebasing: host.suffix(13))
            require(
                host.equalsIgnoringCase("a.example") || host.equals("[::1]") || host.equalsIgnoringCase("wide.example")
                    || domain.equalsIgnoringCase(".wide.example"), "An admitted origin's host is listed.")
        })
}

nonisolated(unsafe) private let originCheck = OriginCheck(hosts: ["a.example", "[::1]", "*.wide.example"])!

private func checkHead(_ head: UpgradeHead, _ bytes: UnsafeRawBufferPointer) {
    require(head.headBytes <= min(bytes.count, HTTPHead.limitBytes), "A head is no longer than what came.")
    require(bytes.first(head.headBytes).suffix(4).elementsEqual([13, 10, 13, 10]), "A head ends with an empty line.")
    require(UpgradeRequest.parse(bytes.first(head.headBytes - 1)) == .needMore, "A head without its last byte is not one.")
    require(bytes[Int(head.path.start)] == 0x2F, "A path begins with a slash.")
    for range in [head.path, head.query, head.host, head.origin, head.protocols, head.key] {
        require(range.end <= head.headBytes, "Ranges are within the head.")
    }
    _ = originCheck.admits(head, in: bytes)
}

/// The memo knows the next user's request, which differs in its key, and takes nothing else for it.
private func checkAccepted(_ head: UpgradeHead, _ bytes: UnsafeRawBufferPointer, _ verdict: UpgradeParse) {
    require(Int(head.key.count) == UpgradeRequest.keyBytes, "A key has 24 characters.")
    guard let base = bytes.baseAddress else { return }
    var memo = UpgradeMemo(storage: Scratch.first)
    _ = memo.parse(bytes)
    let other = UnsafeMutableRawBufferPointer(start: Scratch.second, count: bytes.count)
    Scratch.second.copyMemory(from: base, byteCount: bytes.count)
    other[Int(head.key.start)] = other[Int(head.key.start)] == 0x41 ? 0x42 : 0x41
    require(memo.parse(UnsafeRawBufferPointer(other)) == verdict, "Another key changes nothing.")
    // One byte of the rest, which the input itself points at.
    let place = (Int(bytes[0]) &+ Int(bytes[head.headBytes / 2]) &* 7) % head.headBytes
    other[place] ^= 1
    require(memo.parse(UnsafeRawBufferPointer(other)) == UpgradeRequest.parse(UnsafeRawBufferPointer(other)), "The memo agrees on a near miss.")
}
