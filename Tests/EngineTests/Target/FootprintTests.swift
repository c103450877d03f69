import Glibc
import Testing

@testable import Engine

@Suite struct FootprintTests {
    /// The parts of the published server's connection, in every manner.
    private static let server = [
        FootprintPart(bytes: 2_704, access: .touch, hibernatedBytes: 1_100), FootprintPart(bytes: 2_704, access: .copy),
        FootprintPart(bytes: 261, access: .none), FootprintPart(bytes: 19_928, access: .copy, hibernatedBytes: 0),
    ]

    // MARK: bytes

    @Test func noTwoWordsAreAlike() {
        let holding = Holding(Self.server, slots: 300, silence: 1_000_000_000)
        holding.follow(1)
        for slot in 0..<UInt32(100) { holding.join(slot) }
        let fresh = holding.words()
        #expect(fresh.count == 100 * (338 + 338 + 33 + 2_491) && Set(fresh).count == fresh.count)
        // Nor after they were touched, copied, made smaller and whole again.
        for slot in 0..<UInt32(50) { holding.message(slot) }
        for slot in 0..<UInt32(100) { holding.isAsleep[slot] = true }
        var wait: Int64? = 0
        while wait != nil { wait = holding.hibernateSilent(now: 3_000_000_000) }
        #expect(holding.wrongs() == [])
        for slot in 0..<UInt32(30) { holding.message(slot) }
        let used = holding.words()
        #expect(holding.wrongs() == [] && Set(used).count == used.count)
    }

    /// Each of the 256 values of a byte is as frequent as the others, in each of a word's places.
    @Test func noByteIsMoreFrequentThanAnother() {
        let count = 1 << 16
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 8, alignment: 8)
        defer { memory.deallocate() }
        Incompressible.write(memory, to: count * 8, seed: 1)
        var counts = [[Int]](repeating: [Int](repeating: 0, count: 256), count: 8)
        for at in 0..<(count * 8) { counts[at % 8][Int(memory.load(fromByteOffset: at, as: UInt8.self))] += 1 }
        // 256 are expected of each, with a deviation of 16.
        #expect(counts.allSatisfy { $0.allSatisfy { $0 > 156 && $0 < 356 } })
    }

    @Test func aPartIsWrittenInPiecesAsInOne() {
        let whole = UnsafeMutableRawPointer.allocate(byteCount: 800, alignment: 8)
        let pieces = UnsafeMutableRawPointer.allocate(byteCount: 800, alignment: 8)
        defer { whole.deallocate(); pieces.deallocate() }
        Incompressible.write(whole, to: 800, seed: 9)
        Incompressible.write(pieces, to: 104, seed: 9)
        Incompressible.write(pieces, from: 104, to: 800, seed: 9)
        #expect(memcmp(whole, pieces, 800) == 0)
    }

    // MARK: where blocks lie

    @Test(arguments: [8, 40, 264, 2_704, 19_928, 300_000]) func theOrderIsScatteredWithinAWindow(bytes: Int) {
        let memory = UnsafeMutableRawPointer(bitPattern: 1 << 20)!
        let free = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
        defer { free.deallocate() }
        let blocks = SizeClass(blockBytes: bytes, memory: memory, free: free, salt: 0xBEEF)
        let count = 40_000
        let order = (0..<UInt32(count)).map(blocks.scattered)
        let room = SizeClass.memoryBytes(blockBytes: bytes, count: count) / bytes
        #expect(Set(order).count == count && order.allSatisfy { $0 < room }, "every number has a block of its own")
        let window = max(SizeClass.windowBytes / bytes, 1)
        #expect(order.enumerated().allSatisfy { abs(Int($1) - $0) < window }, "not farther than a window")
        if window > 8 {
            let neighbours = zip(order, order.dropFirst()).count { abs(Int($0) - Int($1)) == 1 }
            #expect(neighbours < count / 5, "\(neighbours) of \(count) are neighbours in time and in memory")
        }
    }

    /// A connection's bytes take as many pages, and no more than a window of each part beside them.
    @Test(arguments: [false, true]) func pagesGrowWithTheConnections(hibernates: Bool) {
        let holding = Holding(Self.server, slots: 20_000, silence: hibernates ? 60_000_000_000 : nil)
        let before = holding.residentPages()
        let bytes = 2_704 + 2_704 + 264 + 19_928
        // Four bytes a slot for a part whose blocks move, and the clock's; the window and a page at each end.
        let tables = hibernates ? 20_000 * 8 / 4_096 + 4 : 0
        let slack = 4 * (SizeClass.windowBytes / 4_096 + 2) + tables
        var joined = 0
        for count in [100, 1_000, 3_000] {
            holding.follow(1)
            while joined < count {
                holding.join(UInt32(joined))
                joined += 1
            }
            let pages = holding.residentPages() - before
            let needed = count * bytes / 4_096
            #expect(pages >= needed && pages <= needed + count * 12 / 4_096 + slack, "\(pages) pages for \(count), \(needed) are needed")
        }
        // Others in their place take no more.
        let pages = holding.residentPages()
        for slot in 0..<UInt32(joined) { holding.leave(slot) }
        #expect(holding.board[.footprintBytes] == 0)
        for slot in 0..<UInt32(joined) { holding.join(slot) }
        let again = holding.residentPages()
        // The numbers of free blocks take four bytes each of the parts that move.
        #expect(again <= pages + 3 * (joined * 4 / 4_096 + 1), "\(again) pages, before \(pages)")
    }

    @Test func nothingIsMappedForNothing() {
        let holding = Holding([], slots: 65_536, silence: 1_000)
        #expect(holding.isEmpty && !holding.hibernates)
        holding.join(5)
        holding.message(5)
        holding.leave(5)
        #expect(holding.board[.footprintBytes] == 0)
        let still = Holding([FootprintPart(bytes: 64, access: .copy, hibernatedBytes: 64)], slots: 4, silence: 1_000)
        #expect(!still.hibernates, "what keeps its size does not hibernate")
    }

    @Test func aRefusedMappingIsASentence() {
        let memory = BoardMemory(targetLanes: 1, workerLanes: 0)
        do {
            _ = try Footprint(
                [FootprintPart(bytes: 1 << 40, access: .none)], slots: 65_536, hibernateAfterNanoseconds: nil, lane: 0,
                board: memory.board.target(0))
            Issue.record("2^56 bytes were mapped")
        } catch {
            #expect("\(error)".contains("footprint of 65536 connections failed: Cannot allocate memory"), "\(error)")
        }
    }

    // MARK: what messages do

    @Test func touchWritesAWordOfEachLineAndCopyMoves() {
        let holding = Holding(
            [FootprintPart(bytes: 1_000, access: .none), FootprintPart(bytes: 1_000, access: .touch), FootprintPart(bytes: 1_000, access: .copy)],
            slots: 10)
        holding.join(3)
        holding.join(4)
        let before = (0..<3).map { holding.words($0, 3) }
        let places = (0..<3).map { holding.block($0, 3).baseAddress }
        holding.message(3)
        #expect(holding.words(0, 3) == before[0] && holding.block(0, 3).baseAddress == places[0])
        let changed = zip(holding.words(1, 3), before[1]).enumerated().filter { $1.0 != $1.1 }.map(\.offset)
        #expect(changed == Array(stride(from: 0, to: 125, by: 8)) && holding.block(1, 3).baseAddress == places[1])
        #expect(holding.words(2, 3) == before[2] && holding.block(2, 3).baseAddress != places[2])
        // The block that was given back is the next one's.
        holding.message(4)
        #expect(holding.block(2, 4).baseAddress == places[2] && holding.wrongs() == [])
    }

    // MARK: hibernation

    @Test func silenceIsMeasuredFromTheLastMessage() {
        let second: UInt64 = 1_000_000_000
        let holding = Holding(Self.server, slots: 100, silence: 10 * second)
        var now = 5 * second
        #expect(holding.hibernateSilent(now: now) == nil, "nobody to wait for")
        for slot in 0..<UInt32(10) { holding.join(slot) }
        now += 6 * second
        holding.follow(now)
        for slot in 0..<UInt32(5) { holding.message(slot) }
        // Never early, whatever is asked in between.
        for _ in 0..<39 {
            now += second / 10
            #expect(holding.hibernateSilent(now: now) != nil && holding.wrongs() == [])
        }
        // Late by two ticks at most, of 1/256 each.
        now += second / 10 + 2 * (10 * second / 256 + 2)
        for slot in 5..<UInt32(10) { holding.isAsleep[slot] = true }
        let wait = holding.hibernateSilent(now: now)
        #expect(holding.wrongs() == [] && wait != nil)
        // The lane may wait as long as it is told, and the next ones are due then.
        now += UInt64(wait ?? 0)
        var calls = 0
        while let more = holding.hibernateSilent(now: now), calls < 1_000 {
            now += UInt64(more)
            calls += 1
        }
        for slot in 0..<UInt32(5) { holding.isAsleep[slot] = true }
        #expect(holding.wrongs() == [] && calls < 10 && now <= 5 * second + 16 * second + 2 * (10 * second / 256 + 2))
        // However long all have slept, the first to speak is the first to sleep again.
        now += 100_000 * second
        holding.follow(now)
        holding.message(7)
        holding.message(8)
        #expect(holding.wrongs() == [] && holding.hibernateSilent(now: now + 10 * second) != nil && holding.wrongs() == [])
        holding.isAsleep[7] = true
        holding.isAsleep[8] = true
        #expect(holding.hibernateSilent(now: now + 11 * second) == nil && holding.wrongs() == [])
    }

    @Test func manyHibernateSomeAtATime() {
        let holding = Holding([FootprintPart(bytes: 16, access: .none, hibernatedBytes: 8)], slots: 5_000, silence: 1_000_000)
        holding.follow(1)
        for slot in 0..<UInt32(5_000) { holding.join(slot) }
        var turns = 0
        while holding.hibernateSilent(now: 1_000_000_000) == 0 { turns += 1 }
        #expect(turns == 5_000 / 256 && holding.board[.hibernatedNow] == 5_000 && holding.board[.footprintBytes] == 40_000)
    }

    // MARK: any history

    private func history(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let sizes = [8, 17, 264, 1_000, 2_704]
        let parts = (0..<(1 + Int(random.next() % 4))).map { _ in
            let bytes = sizes[Int(random.next() % 5)]
            return FootprintPart(
                bytes: bytes, access: [.none, .touch, .copy][Int(random.next() % 3)],
                hibernatedBytes: random.next() & 1 == 0 ? nil : Int(random.next() % UInt64(bytes + 1)))
        }
        let silence: UInt64? = random.next() % 4 == 0 ? nil : 20_000_000
        let slots = 40
        let holding = Holding(parts, slots: slots, silence: silence)
        var now: UInt64 = 1_000_000
        var spoken: [UInt32: UInt64] = [:]
        for step in 0..<1_500 {
            now += random.next() % 2_000_000
            var wait: Int64? = 0
            while wait == 0 { wait = holding.hibernateSilent(now: now) }
            // Silent connections hibernate, within two ticks; that the board's bytes say the same is checked below.
            holding.noteSleepers()
            for (slot, time) in spoken where holding.hibernates {
                let silent = now - time
                if silent < silence ?? .max { #expect(holding.isAsleep[slot] == false, "seed \(seed): asleep after \(silent) ns") }
                if silent > (silence ?? .max / 2) + 3_000_000 { #expect(holding.isAsleep[slot] == true, "seed \(seed): awake after \(silent) ns") }
            }
            let slot = UInt32(random.next() % UInt64(slots))
            if holding.isAsleep[slot] == nil {
                holding.join(slot)
                spoken[slot] = now
            } else if random.next() % 3 == 0 {
                holding.leave(slot)
                spoken[slot] = nil
            } else {
                let constant = parts.indices.filter { parts[$0].access != .touch && holding.isAsleep[slot] == false }
                let before = constant.map { holding.words($0, slot) }
                holding.message(slot)
                spoken[slot] = now
                #expect(constant.map { holding.words($0, slot) } == before, "a copy is a copy")
            }
            let wrongs = holding.wrongs()
            guard wrongs.isEmpty else {
                Issue.record("seed \(seed), step \(step): \(wrongs)")
                return
            }
        }
        for slot in holding.isAsleep.keys { holding.leave(slot) }
        #expect(holding.board[.footprintBytes] == 0 && holding.board[.hibernatedNow] == 0)
    }

    @Test(arguments: [UInt64](1...40)) func theAccountIsExactAndBlocksNeverOverlap(seed: UInt64) { history(seed: seed) }
}
