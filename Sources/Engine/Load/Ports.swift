/// Which source port a connection binds to.
///
/// A sequence hands out a lane's share of a worker's range from first to last and round again. It counts what is out, so
/// that an empty range is known without asking the kernel, which would search all of it for the same EADDRNOTAVAIL.
struct Ports {
    /// Port 0: bind nothing, the kernel chooses within the namespace's ip_local_port_range.
    static let kernelsChoice: UInt16 = 0

    private let first: UInt16
    /// Ports in the range; 0 leaves the choice to the kernel.
    private let size: UInt32
    private var cursor: UInt32 = 0
    private(set) var taken: UInt32 = 0

    static var kernel: Ports { Ports(first: 0, size: 0) }

    private init(first: UInt16, size: UInt32) {
        self.first = first
        self.size = size
    }

    /// Lane `lane` of `lanes` gets the `lane`-th of as many equal stretches of first...last; the first ones are longer by
    /// one if they cannot be equal.
    init(first: UInt16, last: UInt16, lane: Int, lanes: Int) {
        precondition(first > 0 && first <= last && lane >= 0 && lane < lanes, "a port range, and a lane within lanes")
        let all = Int(last) - Int(first) + 1
        let start = lane * (all / lanes) + min(lane, all % lanes)
        let count = all / lanes + (lane < all % lanes ? 1 : 0)
        // A lane without a port of its own has an exhausted range, not the kernel's choice: see `take`.
        self.init(first: UInt16(clamping: Int(first) + start), size: UInt32(count))
        if count == 0 { self = Ports.exhausted }
    }

    private static var exhausted: Ports {
        var ports = Ports(first: 1, size: 1)
        ports.taken = 1
        return ports
    }

    /// The port for the next connection; nil if all are out, which is EADDRNOTAVAIL.
    ///
    /// After the first round a port may still be in use, and binding it fails with EADDRINUSE: then `next` gives another
    /// for the same connection, at most `limit` times.
    mutating func take() -> UInt16? {
        if size == 0 { return Ports.kernelsChoice }
        guard taken < size else { return nil }
        taken &+= 1
        return next()
    }

    /// The port after the last one, for a connection that has already taken one.
    mutating func next() -> UInt16 {
        if size == 0 { return Ports.kernelsChoice }
        let port = first &+ UInt16(truncatingIfNeeded: cursor)
        cursor = cursor &+ 1 == size ? 0 : cursor &+ 1
        return port
    }

    /// How many ports are worth trying for one connection.
    var limit: Int { Int(size) }

    /// A connection has ended.
    mutating func giveBack() {
        if size == 0 { return }
        assert(taken > 0, "a port came back that was never out")
        taken &-= 1
    }
}
