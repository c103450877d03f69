import Glibc

/// Who listens in one network namespace, as the kernel's tables have it: seen without connecting to anybody.
///
/// The tables belong to the namespace that they were opened in, as those of a `SocketCensus`, and keep it alive.
public final class Listeners {
    private var tables: [Int32] = []

    /// `namespace` nil: the calling thread's own.
    public init(namespace: Int32?) throws {
        tables = try namespace.map { try onThread(inNamespace: $0, Self.open) } ?? Self.open()
    }

    private init() { tables = Self.open() }

    deinit { close() }

    /// Those of the calling thread's namespace; none where the tables cannot be read.
    static func ofThisThread() -> Listeners { Listeners() }

    public func close() {
        for table in tables { Glibc.close(table) }
        tables = []
    }

    /// Whether a socket listens on this TCP port, of whatever address. Reads the listening sockets of the namespace.
    public func contains(port: UInt16) -> Bool { tables.contains { Self.contains($0, port) } }

    private static func open() -> [Int32] {
        // Not /proc/net, which is the process' first thread's.
        ["tcp", "tcp6"].map { Glibc.open("/proc/thread-self/net/\($0)", O_RDONLY | O_CLOEXEC) }.filter { $0 >= 0 }
    }

    private static let readBytes = 16_384

    /// Listening sockets come first in the table, so that it is not read to its end on a busy host.
    private static func contains(_ table: Int32, _ port: UInt16) -> Bool {
        var bytes = [UInt8](repeating: 0, count: readBytes)
        var (offset, rest, isHeading) = (0, "", true)
        while true {
            let count = pread(table, &bytes, bytes.count, off_t(offset))
            guard count > 0 else { return false }
            offset += count
            let lines = (rest + String(decoding: bytes[..<count], as: UTF8.self)).split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines.dropLast() {
                defer { isHeading = false }
                guard !isHeading else { continue }
                guard let listener = listener(line) else { return false }
                if listener == port { return true }
            }
            rest = lines.last.map(String.init) ?? ""
        }
    }

    /// The port of a table's line; nil when its socket does not listen, or the line is none of a table's. Pure.
    static func listener(_ line: some StringProtocol) -> UInt16? {
        let listening = "0A"
        let fields = line.split(separator: " ")
        guard fields.count > 3, fields[3] == listening else { return nil }
        return fields[1].split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
    }
}
