import Glibc

/// The TCP line of /proc/net/sockstat.
public struct TcpSockets: Equatable, Sendable {
    /// Listening and connected, in the namespace.
    public var inUse: UInt64
    /// Without a process, still closing; the whole host's.
    public var orphans: UInt64
    public var timeWait: UInt64
    /// All TCP sockets that exist; the whole host's.
    public var allocated: UInt64
    /// Pages of buffers; the whole host's, held against net.ipv4.tcp_mem.
    public var memoryPages: UInt64

    /// Pure.
    public init?(_ text: String) {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("TCP:") }) else { return nil }
        let fields = line.fields.dropFirst().map(String.init)
        var values: [String: UInt64] = [:]
        for index in stride(from: 0, to: fields.count - 1, by: 2) { values[fields[index]] = UInt64(fields[index + 1]) }
        guard let inUse = values["inuse"], let orphans = values["orphan"], let timeWait = values["tw"],
            let allocated = values["alloc"], let memory = values["mem"]
        else { return nil }
        self.inUse = inUse
        self.orphans = orphans
        self.timeWait = timeWait
        self.allocated = allocated
        memoryPages = memory
    }
}

/// Reads one namespace's counters again and again.
///
/// The files are opened once, on a thread inside the namespace, and belong to it from then on: a reading costs two or
/// three system calls and no thread. They keep the namespace alive: close before removing the world. Not for
/// concurrent use.
public final class SocketCensus {
    private var sockstat: Int32 = -1
    private var netstat: Int32 = -1

    /// `namespace` nil: the calling thread's own.
    public init(namespace: Int32?) throws {
        func openBoth() throws -> (Int32, Int32) {
            // Not /proc/net, which is the process' first thread's.
            let sockstat = open("/proc/thread-self/net/sockstat", O_RDONLY | O_CLOEXEC)
            guard sockstat >= 0 else { throw LabError.system("open sockstat", code: errno) }
            let netstat = open("/proc/thread-self/net/netstat", O_RDONLY | O_CLOEXEC)
            guard netstat >= 0 else {
                let code = errno
                Glibc.close(sockstat)
                throw LabError.system("open netstat", code: code)
            }
            return (sockstat, netstat)
        }
        (sockstat, netstat) = try namespace.map { try onThread(inNamespace: $0, openBoth) } ?? openBoth()
    }

    deinit { close() }

    public func close() {
        for descriptor in [sockstat, netstat] where descriptor >= 0 { Glibc.close(descriptor) }
        (sockstat, netstat) = (-1, -1)
    }

    public func sockets() -> TcpSockets? {
        (try? SystemFile.readAll(sockstat)).flatMap { TcpSockets($0) }
    }

    public func counters() -> TcpCounters? {
        (try? SystemFile.readAll(netstat)).map { TcpCounters($0) }
    }
}
