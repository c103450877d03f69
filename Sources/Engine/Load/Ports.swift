import Synchronization

/// Which source port a connection binds to.
///
/// A sequence is Tsung's (ts_cport): one counter for each load machine hands out its range from first to last and round
/// again, whatever is in use, and the kernel is asked for that very port. When the port's connection to the same
/// destination is still there, the kernel answers EADDRNOTAVAIL, and the user tries again with the port that is next
/// then. All lanes of a worker share the counter, which lies on the board.
struct Ports {
    /// Port 0: bind nothing, the kernel chooses within the namespace's ip_local_port_range.
    static let kernelsChoice: UInt16 = 0

    private let first: UInt16
    /// Ports in the range.
    private let size: UInt64
    /// Ports handed out so far by all lanes of the worker; nil leaves the choice to the kernel.
    private let cursor: UnsafeMutablePointer<Atomic<UInt64>>?

    static var kernel: Ports { Ports(first: 0, size: 1, cursor: nil) }

    private init(first: UInt16, size: UInt64, cursor: UnsafeMutablePointer<Atomic<UInt64>>?) {
        self.first = first
        self.size = size
        self.cursor = cursor
    }

    /// The sequence first...last; `cursor` outlives it.
    init(first: UInt16, last: UInt16, cursor: UnsafeMutablePointer<Atomic<UInt64>>) {
        precondition(first > 0 && first <= last, "a port range")
        self.init(first: first, size: UInt64(last - first) + 1, cursor: cursor)
    }

    var isSequence: Bool { cursor != nil }

    /// The port for the next attempt. It costs one atomic addition; the order between lanes is nobody's business.
    @inline(__always) func take() -> UInt16 {
        guard let cursor else { return Ports.kernelsChoice }
        let number = cursor.pointee.wrappingAdd(1, ordering: .relaxed).oldValue
        return first &+ UInt16(truncatingIfNeeded: number % size)
    }
}
