import CLab
import FlyingSocks
import Foundation
import Glibc
import Synchronization

/// Waits for the server's sockets, in one thread of its own, and keeps them within limits that FlyingFox does not set: how
/// many there are, how much one may send, how long one may take nothing.
///
/// The thread polls a handful of descriptors; it sleeps while nobody is connected.
final class SocketWatch: AsyncSocketPool {
    /// Connections at the same time. A browser opens up to six for a page.
    static let connectionLimit = 24
    /// What one connection may send in its life: a request of ours is some 600 bytes.
    static let receivedLimitBytes: UInt64 = 64 << 10
    /// A connection that has taken nothing from us for so long is closed: it asks for nothing, asks too slowly, or does not
    /// read its answer. A page's stream is told something every few seconds.
    static let idleLimitSeconds = 20.0
    /// Between two looks at the connections; what one can send meanwhile is what it can make us hold.
    private static let lookMilliseconds: Int32 = 100
    /// Of a connection's receive buffer: so small that reading often waits for more, which is when it is counted.
    private static let receiveBufferBytes: Int32 = 8 << 10

    private struct Waiter {
        var descriptor: Int32
        var events: Int16
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watched {
        /// Tells a connection from a later one with the same descriptor.
        var peer: String
        var acknowledged: UInt64 = 0
        var movedSeconds: Double
    }

    private struct Contents {
        var waiters: [Int: Waiter] = [:]
        var watched: [Int32: Watched] = [:]
        var next = 0
        var isStopped = false
    }

    private let contents = Mutex(Contents())
    private let bell = simbench_eventfd(0)

    deinit { if bell >= 0 { close(bell) } }

    func prepare() async throws {
        guard bell >= 0 else { throw SocketError.makeFailed("eventfd") }
        let thread = Thread { [self] in loop() }
        thread.name = "dashboard"
        thread.start()
    }

    /// Lasts until the server is cancelled.
    func run() async throws {
        defer { stop() }
        while true { try await Task.sleep(for: .seconds(3_600)) }
    }

    private func stop() {
        let waiters = contents.withLock { contents in
            contents.isStopped = true
            defer { contents.waiters = [:] }
            return Array(contents.waiters.values)
        }
        for waiter in waiters { waiter.continuation.resume(throwing: CancellationError()) }
        ring()
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    // MARK: waiting

    func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
        // Threads that run tasks get what the load leaves idle, and a seventieth of a CPU that is busy: connects alone, of
        // which the server takes as many as come, could otherwise fill one. They have nothing else to do in this program.
        simbench_give_way()
        let descriptor = socket.file.rawValue
        let isListener = Self.isListener(descriptor)
        if isListener {
            shrink(descriptor)
            admitAccepted(by: descriptor)
        } else {
            try admit(descriptor)
        }
        var wanted: Int16 = 0
        if events.contains(.read) { wanted |= Int16(POLLIN) }
        if events.contains(.write), !isListener { wanted |= Int16(POLLOUT) }
        let number = contents.withLock { contents in
            contents.next += 1
            return contents.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isAdded = contents.withLock { contents in
                    // Whoever cancels after this finds the waiter; before it, the task knows.
                    guard !contents.isStopped, !Task.isCancelled else { return false }
                    contents.waiters[number] = Waiter(descriptor: descriptor, events: wanted, continuation: continuation)
                    return true
                }
                if isAdded { ring() } else { continuation.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            let waiter = contents.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func loop() {
        simbench_give_way()
        while true {
            let (numbers, isWatching, isStopped) = contents.withLock {
                (Array($0.waiters), !$0.watched.isEmpty, $0.isStopped)
            }
            if isStopped { return }
            var polled = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
            polled += numbers.map { pollfd(fd: $0.value.descriptor, events: $0.value.events, revents: 0) }
            _ = Glibc.poll(&polled, nfds_t(polled.count), isWatching ? Self.lookMilliseconds : -1)
            var rung: UInt64 = 0
            if polled[0].revents != 0 { _ = read(bell, &rung, 8) }
            for (index, waiter) in numbers.enumerated() where polled[index + 1].revents != 0 {
                contents.withLock { $0.waiters.removeValue(forKey: waiter.key) }?.continuation.resume()
            }
            look()
        }
    }

    // MARK: limits

    /// Takes note of what was just accepted: the server waits for the next connection right after it has taken one, while
    /// a connection whose bytes never cease need not wait at all. The descriptors are the kernel's list of this process.
    private func admitAccepted(by listener: Int32) {
        guard let port = Self.port(listener) else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            guard let descriptor = Int32(name), descriptor != listener, Self.port(descriptor) == port else { continue }
            do { try admit(descriptor) } catch { Self.reset(descriptor) }
        }
    }

    /// Takes note of a connection; throws when there are too many, or it has sent too much.
    private func admit(_ descriptor: Int32) throws {
        guard let peer = Self.peer(descriptor) else { throw SocketError.disconnected }
        var acknowledged: UInt64 = 0
        var received: UInt64 = 0
        guard simbench_tcp_bytes(descriptor, &acknowledged, &received) == 0, received <= Self.receivedLimitBytes else {
            throw SocketError.disconnected
        }
        try contents.withLock { contents in
            if contents.watched[descriptor]?.peer == peer { return }
            contents.watched[descriptor] = nil
            contents.watched = contents.watched.filter { Self.peer($0.key) == $0.value.peer }
            guard contents.watched.count < Self.connectionLimit else { throw SocketError.disconnected }
            contents.watched[descriptor] = Watched(peer: peer, movedSeconds: Self.seconds())
        }
    }

    /// Connections inherit it from the socket that listens.
    private func shrink(_ listener: Int32) {
        var bytes = Self.receiveBufferBytes
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Cuts off what is beyond its limits.
    private func look() {
        contents.withLock { contents in
            let now = Self.seconds()
            for (descriptor, entry) in contents.watched {
                var acknowledged: UInt64 = 0
                var received: UInt64 = 0
                guard simbench_tcp_bytes(descriptor, &acknowledged, &received) == 0, Self.peer(descriptor) == entry.peer else {
                    contents.watched[descriptor] = nil
                    continue
                }
                if acknowledged != entry.acknowledged {
                    contents.watched[descriptor]?.acknowledged = acknowledged
                    contents.watched[descriptor]?.movedSeconds = now
                }
                let idle = now - (contents.watched[descriptor]?.movedSeconds ?? now)
                guard received > Self.receivedLimitBytes || idle > Self.idleLimitSeconds else { continue }
                Self.reset(descriptor)
            }
        }
    }

    /// Resets a connection, and leaves its descriptor to the server, which finds it dead and closes it.
    ///
    /// A shutdown would not do: a socket that is shut down goes on taking what is sent to it. Should the descriptor have
    /// become another's since it was looked at, that is no connection of TCP, and refuses.
    private static func reset(_ descriptor: Int32) {
        var nobody = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        _ = Glibc.connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
    }

    private static func isListener(_ descriptor: Int32) -> Bool {
        var answer: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &length) == 0 && answer != 0
    }

    /// This end's port; nil for what is no socket of IPv4.
    private static func port(_ descriptor: Int32) -> UInt16? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 && address.sin_family == AF_INET ? UInt16(bigEndian: address.sin_port) : nil
    }

    /// Address and port of the other end; nil for what is no connection any more.
    private static func peer(_ descriptor: Int32) -> String? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        return result == 0 && address.sin_family == AF_INET ? "\(address.sin_addr.s_addr):\(address.sin_port)" : nil
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
