/// A client's handshake (RFC 6455 section 4.1), prepared once per lane: each connection copies it and patches the key.
///
/// The headers and their order are those of the published run's Tsung: 172 + 2 × host bytes for /socket/websocket,
/// which is 200 with a 14-character host.
struct UpgradeRequest {
    static let keyBytes = Base64.nonceCharacters

    /// The prepared bytes; they are the caller's and must outlive this.
    let bytes: UnsafeRawBufferPointer
    private let keyOffset: Int

    /// How many bytes `write` fills.
    var count: Int { bytes.count }

    /// Prepares the request in `storage`; nil if it does not fit there or in the head a server accepts, or if host or path
    /// hold a character that would break the head. `origin` nil is "http://" and the host.
    init?(host: String, path: String, origin: String? = nil, storage: UnsafeMutableRawBufferPointer) {
        guard let start = storage.baseAddress, UpgradeRequest.isClean(host), UpgradeRequest.isClean(path),
            UpgradeRequest.isClean(origin ?? "-"), path.utf8.first == 0x2F
        else { return nil }
        var at = 0
        func put(_ text: String) -> Bool {
            guard at + text.utf8.count <= min(storage.count, HTTPHead.limitBytes) else { return false }
            for byte in text.utf8 {
                start.storeBytes(of: byte, toByteOffset: at, as: UInt8.self)
                at += 1
            }
            return true
        }
        guard put("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"),
            put("Origin: \(origin ?? "http://" + host)\r\nSec-WebSocket-Key: ")
        else { return nil }
        keyOffset = at
        guard put("AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n") else { return nil }
        bytes = UnsafeRawBufferPointer(start: start, count: at)
    }

    /// Writes one connection's request and returns its length. `out` has room for `count` bytes.
    @inline(__always) func write(_ user: Keyed, attempt: UInt64, to out: UnsafeMutableRawPointer) -> Int {
        out.copyMemory(from: bytes.baseAddress.unsafelyUnwrapped, byteCount: bytes.count)
        user.writeNonce(attempt: attempt, to: out + keyOffset)
        return bytes.count
    }

    /// Writes a request with the 24 characters at `key`.
    @inline(__always) func write(key: UnsafeRawPointer, to out: UnsafeMutableRawPointer) -> Int {
        out.copyMemory(from: bytes.baseAddress.unsafelyUnwrapped, byteCount: bytes.count)
        (out + keyOffset).copyMemory(from: key, byteCount: UpgradeRequest.keyBytes)
        return bytes.count
    }

    private static func isClean(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }
    }
}

/// The proof that a server read the key: base64 of SHA-1 of the key and a fixed GUID (RFC 6455 section 4.2.2).
enum AcceptKey {
    static let bytes = Base64.digestCharacters
    private static var guid: StaticString { "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" }

    /// Writes the 28 characters that answer the 24 at `key`.
    static func write(forKey key: UnsafeRawPointer, to out: UnsafeMutableRawPointer) {
        withUnsafeTemporaryAllocation(byteCount: SHA1.blockBytes, alignment: 8) { block in
            guard let start = block.baseAddress else { return }
            start.copyMemory(from: key, byteCount: 24)
            (start + 24).copyMemory(from: guid.utf8Start, byteCount: 36)
            // The padding of a 60-byte message begins in this block: see SHA1.digestOfHandshake.
            start.storeBytes(of: UInt32(0x80), toByteOffset: 60, as: UInt32.self)
            Base64.writeDigest(SHA1.digestOfHandshake(UnsafeRawPointer(start)), to: out)
        }
    }

    /// Writes what a server must answer to a user's n-th attempt; nothing of the request has to be kept for it.
    static func write(for user: Keyed, attempt: UInt64, to out: UnsafeMutableRawPointer) {
        withUnsafeTemporaryAllocation(byteCount: UpgradeRequest.keyBytes, alignment: 8) { key in
            guard let start = key.baseAddress else { return }
            user.writeNonce(attempt: attempt, to: start)
            write(forKey: UnsafeRawPointer(start), to: out)
        }
    }
}
