import CLab
import Glibc

/// Threads for lanes.
enum LaneThread {
    /// A lane's frames are shallow; the default of 8 MiB of address space is for others.
    private static let stackBytes = 256 * 1_024

    private final class Start {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    /// Runs `body` on a thread of its own; 0 or the negated errno.
    static func start(_ body: @escaping () -> Void) -> Int32 {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let start = Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let error = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        if error != 0 { start.release() }
        return -error
    }

    /// A sentence on standard error, which the conductor keeps.
    static func complain(_ sentence: String) {
        let line = sentence + "\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
    }
}

/// Waits for the bell, or for a time: what a process does whose lanes do the work.
struct BellWatch: ~Copyable {
    private let set: Int32
    private let event: UnsafeMutableRawPointer

    init(_ bell: Int32) {
        set = simbench_epoll_create()
        _ = simbench_epoll_add(set, bell, SIMBENCH_EPOLL_IN | SIMBENCH_EPOLL_EDGE, 0)
        event = .allocate(byteCount: 16, alignment: 8)
    }

    deinit {
        close(set)
        event.deallocate()
    }

    /// nil waits for ever.
    func wait(nanoseconds: Int64?) { _ = simbench_epoll_wait_nanoseconds(set, event, 1, nanoseconds ?? -1) }
}
