import Glibc

@testable import Engine

/// Memory that ends at a page nobody may touch: a parser that reads one byte beyond its input dies here and not at a user's.
final class GuardedBytes {
    static let capacity = 8 * 4_096
    private let start: UnsafeMutableRawPointer

    init() {
        let mapped = mmap(nil, GuardedBytes.capacity + 4_096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED, mprotect(mapped + GuardedBytes.capacity, 4_096, PROT_NONE) == 0 else {
            fatalError("no memory for a guard page")
        }
        start = mapped
    }

    deinit { munmap(start, GuardedBytes.capacity + 4_096) }

    /// The same bytes, right before the guard page; they are good until the next call.
    func hold(_ bytes: some Collection<UInt8>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(holdMutable(bytes))
    }

    func holdMutable(_ bytes: some Collection<UInt8>) -> UnsafeMutableRawBufferPointer {
        precondition(bytes.count <= GuardedBytes.capacity)
        let place = UnsafeMutableRawBufferPointer(start: start + GuardedBytes.capacity - bytes.count, count: bytes.count)
        place.copyBytes(from: bytes)
        return place
    }
}

/// Runs a writer on enough zeroed memory and returns what it wrote.
func written(_ write: (UnsafeMutableRawPointer) -> Int) -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { room in
        room.initializeMemory(as: UInt8.self, repeating: 0)
        let count = write(room.baseAddress!)
        return Array(room[..<count])
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

/// How often each fuzz loop runs; SIMBENCH_FUZZ_RUNS asks for more.
let fuzzRuns: Int = getenv("SIMBENCH_FUZZ_RUNS").flatMap { Int(String(cString: $0)) } ?? 200_000

/// One to four random edits of `seed`: flip, replace, insert, delete, repeat, cut, splice with another.
func mutated(_ seed: [UInt8], with others: [[UInt8]], _ random: inout SplitMix64) -> [UInt8] {
    var out = seed
    for _ in 0...Int(random.next() % 4) {
        let at = Int(random.next() % UInt64(out.count + 1))
        let byte = UInt8(truncatingIfNeeded: random.next())
        switch random.next() % 8 {
        case 0 where at < out.count: out[at] ^= 1 << (byte & 7)
        case 1 where at < out.count: out[at] = byte
        case 2: out.insert(interesting[Int(byte) % interesting.count], at: at)
        case 3 where at < out.count: out.remove(at: at)
        case 4 where at < out.count:
            let end = min(out.count, at + 1 + Int(byte & 15))
            out.insert(contentsOf: out[at..<end], at: at)
        case 5: out.removeSubrange(at...)
        case 6 where at < out.count: out[at] = interesting[Int(byte) % interesting.count]
        default:
            let other = others[Int(random.next() % UInt64(others.count))]
            out = Array(out[..<at] + other.dropFirst(Int(random.next() % UInt64(other.count + 1))))
        }
    }
    return out
}

/// Bytes that parsers care about.
private let interesting = bytes("\r\n \t:,\"\\{}[]0123456789-+.eEu/?=&#\u{7F}") + [0, 0x80, 0x81, 0x7E, 0x7F, 0xC0, 0xED, 0xFE, 0xFF]

/// The join of the original's Tsung scenario, to the byte.
func originalJoin(user: UInt64) -> String { #"{"topic":"rooms:lobby", "event":"phx_join", "payload": {"user":"\#(user)"}, "ref":"1"}"# }

/// Its frame, binary because Tsung's are.
func originalJoinFrame(user: UInt64, mask: UInt32) -> [UInt8] {
    let join = Array(originalJoin(user: user).utf8)
    return written { out in
        let header = Frame.writeMaskedHeader(.binary, payloadBytes: join.count, mask: mask, to: out)
        (out + header).copyMemory(from: join, byteCount: join.count)
        Mask.apply(mask, to: out + header, count: join.count)
        return header + join.count
    }
}
