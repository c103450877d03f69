import CLab
import Glibc

/// A lane's buffers for what does not fit a block: messages that come in pieces, and long answers.
///
/// No session of the benchmark needs one, so they are made when they are needed and given back to the kernel after it:
/// a lane that never sees a long message pays nothing. Their number and the bytes of all together are bounded.
struct LargeBuffers: ~Copyable {
    static let limit = 4_096
    /// In front of the bytes, for the header of the frame that may carry them back.
    static let headroomBytes = 16
    private static let pageBytes = 4_096

    private struct Buffer {
        var memory: UnsafeMutableRawPointer?
        var mappedBytes = 0
    }

    private let buffers: UnsafeMutablePointer<Buffer>
    private let free: UnsafeMutablePointer<UInt16>
    private var listed = 0
    private var touched = 0
    private(set) var count = 0
    private(set) var bytes = 0
    /// All buffers together take at most so many bytes.
    let bytesLimit: Int

    init(bytesLimit: Int) {
        self.bytesLimit = bytesLimit
        buffers = Pages.map(bytes: LargeBuffers.limit * MemoryLayout<Buffer>.stride)
            .bindMemory(to: Buffer.self, capacity: LargeBuffers.limit)
        free = Pages.map(bytes: LargeBuffers.limit * 2).bindMemory(to: UInt16.self, capacity: LargeBuffers.limit)
    }

    deinit {
        for index in 0..<touched { if let memory = buffers[index].memory { Pages.unmap(memory, bytes: buffers[index].mappedBytes) } }
        Pages.unmap(UnsafeMutableRawPointer(buffers), bytes: LargeBuffers.limit * MemoryLayout<Buffer>.stride)
        Pages.unmap(UnsafeMutableRawPointer(free), bytes: LargeBuffers.limit * 2)
    }

    /// A buffer with room for `capacity` bytes, or nil when the limits or the kernel refuse it.
    mutating func take(_ capacity: Int) -> Int? {
        let mapped = LargeBuffers.mappedBytes(capacity)
        guard count < LargeBuffers.limit, bytes + mapped <= bytesLimit, let memory = Pages.tryMap(bytes: mapped) else { return nil }
        let index: Int
        if listed > 0 {
            listed -= 1
            index = Int(free[listed])
        } else {
            index = touched
            touched += 1
        }
        buffers[index] = Buffer(memory: memory, mappedBytes: mapped)
        count += 1
        bytes += mapped
        return index
    }

    /// Makes room for `capacity` bytes, at least twice what there was; the bytes may move. False when that is refused.
    mutating func reserve(_ capacity: Int, _ index: Int) -> Bool {
        let old = buffers[index].mappedBytes
        if capacity + LargeBuffers.headroomBytes <= old { return true }
        let mapped = max(LargeBuffers.mappedBytes(capacity), old * 2)
        guard bytes + mapped - old <= bytesLimit, let memory = buffers[index].memory,
            let moved = simbench_remap(memory, UInt64(old), UInt64(mapped))
        else { return false }
        buffers[index] = Buffer(memory: moved, mappedBytes: mapped)
        bytes += mapped - old
        return true
    }

    mutating func giveBack(_ index: Int) {
        guard let memory = buffers[index].memory else { return }
        Pages.unmap(memory, bytes: buffers[index].mappedBytes)
        bytes -= buffers[index].mappedBytes
        buffers[index] = Buffer()
        free[listed] = UInt16(index)
        listed += 1
        count -= 1
    }

    /// The bytes themselves; the headroom is before them.
    @inline(__always) subscript(index: Int) -> UnsafeMutableRawPointer {
        buffers[index].memory.unsafelyUnwrapped + LargeBuffers.headroomBytes
    }

    private static func mappedBytes(_ capacity: Int) -> Int {
        (capacity + headroomBytes + pageBytes - 1) / pageBytes * pageBytes
    }
}
