import CUring
import Glibc

/// The buffers that a ring may fill with what comes first on connections at rest.
///
/// A receive that is armed on a connection at rest names this group and no buffer: the kernel takes one when bytes are
/// there, so that thousands of armed receives hold none. The buffers are a lane's blocks, lent: each comes back as the block
/// of a `received`, and the lane lends another.
struct RestBuffers: ~Copyable {
    /// Lent at the most; a power of two. The kernel does a few dozen operations between two looks of a lane at its
    /// completions, and one that finds no buffer is no loss: the lane is told that there is something to receive. The
    /// kernel goes through all of them in turn, so each is memory that a lane touches.
    static let most = 64
    /// The number of the group, of which a ring has one.
    static let group: UInt32 = 0
    private static let placeBytes = 16

    /// How many may be lent: 0 where connections at rest are polled.
    let limit: Int
    private(set) var lent = 0
    private let places: UnsafeMutableRawPointer

    /// - Parameter isUsed: false costs nothing.
    init(isUsed: Bool) {
        limit = isUsed ? RestBuffers.most : 0
        places = Pages.map(bytes: limit * RestBuffers.placeBytes)
    }

    deinit { Pages.unmap(places, bytes: limit * RestBuffers.placeBytes) }

    /// Tells the kernel where the buffers will be named. 0 or the negated errno.
    func share(_ ring: UnsafeMutablePointer<io_uring>) -> Int32 {
        limit == 0 ? 0 : simbench_share_buffers(ring, places, UInt32(limit), RestBuffers.group)
    }

    @inline(__always) mutating func lend(_ buffer: UnsafeMutableRawPointer, capacity: Int, block: UInt32) {
        simbench_give_buffer(places, UInt32(limit), buffer, UInt32(capacity), UInt16(truncatingIfNeeded: block))
        lent &+= 1
    }

    /// What the end of a watch means to the lane. Only a receive names a buffer; a poll's result is its events.
    @inline(__always) mutating func told(_ handle: Handle, _ result: Int32, _ flags: UInt32) -> Completion {
        if simbench_names_buffer(flags) {
            lent &-= 1
            return Completion(operation: .received, handle: handle, result: result, block: simbench_buffer_named(flags))
        }
        // With every buffer filled there is something to receive, and the lane has others.
        if result > 0 || result == -ENOBUFS { return Completion(operation: .ready, handle: handle, result: max(result, 1), block: 0) }
        return Completion(operation: .received, handle: handle, result: result, block: Blocks.none)
    }
}
