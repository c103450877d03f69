/// Equal blocks in one stretch of memory, as an allocator's carriers hold them: packed, and handed out in an order in
/// which neighbours in time are not neighbours in memory.
///
/// The order is scattered within a window of blocks only, so that pages are touched in proportion to the blocks in use,
/// but for the last window. All memory is the caller's and costs nothing until it is touched.
struct SizeClass {
    /// The window, unless a single block is larger: 64 pages.
    static let windowBytes = 262_144

    /// A multiple of 8; 0 for blocks that hold nothing.
    let blockBytes: Int
    private let memory: UnsafeMutableRawPointer
    /// Blocks given back, the last one on top: it is the next to be taken, so memory in use stays together.
    private let free: UnsafeMutablePointer<UInt32>
    private let windowBits: UInt32
    private let salt: UInt32
    private var freeCount = 0
    /// Blocks that were handed out at least once.
    private var fresh: UInt32 = 0

    /// `memory` has `memoryBytes(blockBytes:count:)` bytes, `free` room for `count` numbers; both outlive this.
    init(blockBytes: Int, memory: UnsafeMutableRawPointer, free: UnsafeMutablePointer<UInt32>, salt: UInt32) {
        self.blockBytes = blockBytes
        self.memory = memory
        self.free = free
        self.salt = salt
        windowBits = SizeClass.windowBits(blockBytes)
    }

    /// How much address space `count` blocks take: whole windows.
    static func memoryBytes(blockBytes: Int, count: Int) -> Int {
        let window = 1 << Int(windowBits(blockBytes))
        return (count + window - 1) / window * window * blockBytes
    }

    private static func windowBits(_ blockBytes: Int) -> UInt32 {
        let blocks = max(1, windowBytes / max(8, blockBytes))
        return UInt32(Int.bitWidth - 1 - blocks.leadingZeroBitCount)
    }

    /// The block of the `number`-th in order: every number has one of its own, within the same window.
    @inline(__always) func scattered(_ number: UInt32) -> UInt32 {
        // An odd factor and a shifted exclusive-or are one-to-one in so many bits, and so is what they make together.
        let mask: UInt32 = 1 &<< windowBits &- 1
        var place = (number &* 0x9E37_79B1 &+ salt &+ (number &>> windowBits) &* 0x7FEB_352D) & mask
        place ^= place &>> (windowBits / 2 &+ 1)
        place = place &* 0x85EB_CA6B & mask
        return number & ~mask | place
    }

    /// A block that nobody has. There is one: a part has as many blocks as it can be asked for.
    @inline(__always) mutating func take() -> UInt32 {
        if freeCount > 0 {
            freeCount &-= 1
            return free[freeCount]
        }
        fresh &+= 1
        return scattered(fresh &- 1)
    }

    @inline(__always) mutating func giveBack(_ block: UInt32) {
        free[freeCount] = block
        freeCount &+= 1
    }

    @inline(__always) subscript(block: UInt32) -> UnsafeMutableRawPointer { memory + Int(block) &* blockBytes }
}

/// Bytes that no compressor makes smaller: memory written with them weighs in zswap and zram what it weighs in RAM.
enum Incompressible {
    /// Writes bytes `from`..<`to` (multiples of 8) of the sequence that belongs to `seed`. Words of one sequence are all
    /// different; those of two are equal no more often than random numbers.
    static func write(_ memory: UnsafeMutableRawPointer, from: Int = 0, to: Int, seed: UInt64) {
        var state = seed &+ UInt64(from / 8) &* 0x9E37_79B9_7F4A_7C15
        var at = from
        while at < to {
            state &+= 0x9E37_79B9_7F4A_7C15
            // SplitMix64 with one round instead of two: no structure is left that a compressor could find.
            var word = (state ^ state &>> 30) &* 0xBF58_476D_1CE4_E5B9
            word ^= word &>> 27
            memory.storeBytes(of: word, toByteOffset: at, as: UInt64.self)
            at &+= 8
        }
    }

    /// Reads and writes a word of each 64 bytes, and leaves it as random as it was.
    static func touch(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        var at = 0
        while at < bytes {
            let word = memory.load(fromByteOffset: at, as: UInt64.self)
            memory.storeBytes(of: word &+ 0x9E37_79B9_7F4A_7C15, toByteOffset: at, as: UInt64.self)
            at &+= 64
        }
    }
}
