import Glibc

/// A lane's buffers: equal blocks, taken for a message in flight and given back after it.
///
/// A connection at rest holds none, so their number bounds messages in flight, not connections. The last given back is
/// the first taken again: a lane touches only as many pages as it ever had messages in flight.
struct Blocks: ~Copyable {
    /// Holds every message of the benchmark's session, and a browser's handshake.
    static let bytes = 1_024
    static let none = UInt32.max

    private let memory: UnsafeMutableRawPointer
    private let free: UnsafeMutablePointer<UInt32>
    let count: Int
    /// How many can be taken now.
    private(set) var available: Int
    /// Blocks below this number were handed out at least once; the others need no place in the free list yet.
    private var touched: UInt32 = 0
    private var listed = 0

    init(count: Int) {
        precondition(count > 0 && count <= Int(Token.blockLimit))
        self.count = count
        available = count
        memory = Pages.map(bytes: count * Blocks.bytes)
        free = Pages.map(bytes: count * MemoryLayout<UInt32>.stride).bindMemory(to: UInt32.self, capacity: count)
    }

    deinit {
        Pages.unmap(memory, bytes: count * Blocks.bytes)
        Pages.unmap(UnsafeMutableRawPointer(free), bytes: count * MemoryLayout<UInt32>.stride)
    }

    /// A block, or `none` when all are in flight.
    @inline(__always) mutating func take() -> UInt32 {
        if listed > 0 {
            listed &-= 1
            available &-= 1
            return free[listed]
        }
        guard Int(touched) < count else { return Blocks.none }
        available &-= 1
        touched &+= 1
        return touched &- 1
    }

    @inline(__always) mutating func giveBack(_ block: UInt32) {
        assert(block < touched)
        free[listed] = block
        listed &+= 1
        available &+= 1
    }

    @inline(__always) subscript(block: UInt32) -> UnsafeMutableRawPointer { memory + Int(block) &* Blocks.bytes }
}

/// Anonymous memory that costs nothing until it is touched.
enum Pages {
    static func map(bytes: Int) -> UnsafeMutableRawPointer {
        let address = mmap(nil, max(bytes, 1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let address, address != MAP_FAILED else {
            fatalError("simbench: \(bytes) bytes of address space were refused (errno \(errno)): the address space or vm.overcommit_memory limits this process.")
        }
        return address
    }

    /// nil when the kernel refuses it: for memory a lane can do without.
    static func tryMap(bytes: Int) -> UnsafeMutableRawPointer? {
        let address = mmap(nil, max(bytes, 1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        return address == MAP_FAILED ? nil : address
    }

    static func unmap(_ address: UnsafeMutableRawPointer, bytes: Int) {
        munmap(address, max(bytes, 1))
    }
}
