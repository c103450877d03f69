import Glibc

@testable import Engine

/// A footprint on a board of its own, and what should be true of it.
final class Holding: CustomReflectable {
    /// A failed expectation prints what it speaks of; reflection knows nothing of what cannot be copied.
    var customMirror: Mirror { Mirror(self, children: []) }

    let parts: [FootprintPart]
    let memory = BoardMemory(targetLanes: 1, workerLanes: 0)
    let slots: Int
    let silence: UInt64?
    private var footprint: Footprint
    /// Joined connections, and whether they hibernate.
    var isAsleep: [UInt32: Bool] = [:]

    init(_ parts: [FootprintPart], slots: Int, silence: UInt64? = nil) {
        self.parts = parts
        self.slots = slots
        self.silence = silence
        footprint = memory.footprint(parts, slots: slots, hibernateAfterNanoseconds: silence)
    }

    var board: LaneBoard { memory.board.target(0) }

    var isEmpty: Bool { footprint.isEmpty && footprint.memory == nil }
    var hibernates: Bool { footprint.hibernates }

    /// Connections as the footprint has them now.
    func noteSleepers() { for slot in isAsleep.keys { isAsleep[slot] = footprint.isAsleep(slot) } }
    func block(_ part: Int, _ slot: UInt32) -> UnsafeRawBufferPointer { footprint.block(part: part, slot: slot) }
    func follow(_ now: UInt64) { footprint.follow(now) }
    func hibernateSilent(now: UInt64) -> Int64? { footprint.hibernateSilent(now: now) }

    func join(_ slot: UInt32) {
        footprint.join(slot)
        isAsleep[slot] = false
    }

    func message(_ slot: UInt32) {
        footprint.message(slot)
        isAsleep[slot] = false
    }

    func leave(_ slot: UInt32) {
        footprint.leave(slot)
        isAsleep[slot] = nil
    }

    /// Bytes of a part of a connection, as they are allocated.
    func size(_ part: Int, _ slot: UInt32) -> Int {
        let bytes = isAsleep[slot] == true ? parts[part].hibernatedBytes ?? parts[part].bytes : parts[part].bytes
        return (bytes + 7) / 8 * 8
    }

    /// What the board says is what the connections hold, and no byte is two connections'.
    func wrongs() -> [String] {
        var wrongs: [String] = []
        var blocks: [(start: UInt, end: UInt)] = []
        var bytes = 0
        for slot in isAsleep.keys {
            for part in parts.indices {
                let block = block(part, slot)
                if block.count != size(part, slot) { wrongs.append("part \(part) of \(slot) has \(block.count) bytes") }
                bytes += block.count
                let start = UInt(bitPattern: block.baseAddress)
                if start % 8 != 0 { wrongs.append("a block at \(start)") }
                if block.count > 0 { blocks.append((start, start + UInt(block.count))) }
            }
        }
        blocks.sort { $0.start < $1.start }
        for (one, next) in zip(blocks, blocks.dropFirst()) where one.end > next.start { wrongs.append("blocks overlap") }
        let hibernating = isAsleep.values.count { $0 }
        if board[.footprintBytes] != UInt64(bytes) { wrongs.append("\(board[.footprintBytes]) bytes on the board, \(bytes) held") }
        if board[.hibernatedNow] != UInt64(hibernating) { wrongs.append("\(board[.hibernatedNow]) hibernate, not \(hibernating)") }
        return wrongs
    }

    /// All words of all joined connections.
    func words() -> [UInt64] {
        isAsleep.keys.flatMap { slot in
            parts.indices.flatMap { part in Array(block(part, slot).bindMemory(to: UInt64.self)) }
        }
    }

    func words(_ part: Int, _ slot: UInt32) -> [UInt64] {
        Array(block(part, slot).bindMemory(to: UInt64.self))
    }

    /// Pages of the mapping that are in memory.
    func residentPages() -> Int {
        guard let memory = footprint.memory else { return 0 }
        var pages = [UInt8](repeating: 0, count: (footprint.memoryBytes + 4_095) / 4_096)
        guard mincore(memory, footprint.memoryBytes, &pages) == 0 else { return -1 }
        return pages.count { $0 & 1 != 0 }
    }
}
