import CLab
import Glibc
import Testing

@testable import Engine

@Suite struct BoardTests {
    @Test func everyLaneHasAPartOfItsOwn() {
        let memory = BoardMemory(targetLanes: 3, workerLanes: 4)
        let board = memory.board
        var lanes = (0..<3).map { board.target($0) } + (0..<4).map { board.worker($0) }
        let size = Board.bytes(targetLanes: 3, workerLanes: 4)
        for (index, lane) in lanes.enumerated() {
            #expect(lane.base - board.base == Board.headerBytes + index * Board.laneBytes)
            #expect(lane.base + Board.laneBytes <= board.base + size)
            for counter in Counter.allCases { lane.add(counter, UInt64(index * 1_000 + counter.rawValue)) }
            for latency in Latency.allCases {
                for _ in 0...index { lane.histogram(latency).record(microseconds: UInt64(100 * index + latency.rawValue)) }
            }
        }
        lanes.reverse()
        for (index, lane) in lanes.reversed().enumerated() {
            for counter in Counter.allCases { #expect(lane[counter] == UInt64(index * 1_000 + counter.rawValue)) }
            for latency in Latency.allCases {
                var sum = HistogramSum()
                sum.add(lane.histogram(latency))
                #expect(sum.count == UInt64(index + 1) && sum.maximumMicroseconds == UInt64(100 * index + latency.rawValue))
            }
        }
        #expect(board.targetLanes == 3 && board.workerLanes == 4 && board.phase == .preparing)
    }

    @Test func countersFitTheirPlace() {
        #expect(Counter.allCases.count <= Counter.limit)
        #expect(Set(Counter.allCases.map(\.rawValue)).count == Counter.allCases.count)
        #expect(Board.laneBytes % 4_096 == 0)
        #expect(Board.Control.chains.rawValue > Board.Control.failures.rawValue)
        #expect((Board.Control.chains.rawValue + Board.chainLimit) * 8 <= Board.headerBytes)
    }

    @Test func aPortCursorTouchesNothingElse() {
        let memory = BoardMemory(targetLanes: 1, workerLanes: 2)
        let board = memory.board
        for lane in 0..<2 {
            for latency in Latency.allCases { board.worker(lane).histogram(latency).record(microseconds: .max) }
            for counter in Counter.allCases { board.worker(lane).set(counter, 5) }
            board.portCursor(ofWorkerWithFirstLane: lane).pointee.store(.max, ordering: .relaxed)
        }
        for lane in 0..<2 {
            #expect(board.portCursor(ofWorkerWithFirstLane: lane).pointee.load(ordering: .relaxed) == .max)
            #expect(Counter.allCases.allSatisfy { board.worker(lane)[$0] == 5 })
            for latency in Latency.allCases {
                var sum = HistogramSum()
                sum.add(board.worker(lane).histogram(latency))
                #expect(sum.count == 1)
            }
        }
        let used = Counter.limit * 8 + Latency.allCases.count * Histogram.byteCount
        #expect(used + Board.cursorBytes <= Board.laneBytes && Board.laneBytes % 64 == 0)
    }

    @Test func countersFallAndAreSet() {
        let memory = BoardMemory(targetLanes: 1, workerLanes: 1)
        let lane = memory.board.worker(0)
        lane.add(.joinedNow, 5)
        lane.subtract(.joinedNow)
        lane.set(.rampState, 2)
        #expect(lane[.joinedNow] == 4 && lane[.rampState] == 2 && memory.board.target(0)[.joinedNow] == 0)
    }

    @Test func aBoardIsAttachedThroughItsDescriptorAndNothingElseIsABoard() throws {
        let bytes = Board.bytes(targetLanes: 2, workerLanes: 5)
        let file = PlainSocket(simbench_memory_file("simbench-test-board", UInt64(bytes)))
        let first = try #require(Board.map(descriptor: file.descriptor, bytes: bytes))
        let second = try #require(Board.map(descriptor: file.descriptor, bytes: bytes))
        defer { Pages.unmap(first, bytes: bytes); Pages.unmap(second, bytes: bytes) }
        #expect(Board(attachingAt: second) == nil, "zeroes are no board yet")
        let made = Board(creatingAt: first, targetLanes: 2, workerLanes: 5)
        let attached = try #require(Board(attachingAt: second))
        #expect(attached.targetLanes == 2 && attached.workerLanes == 5)
        made.worker(4).add(.joined, 3)
        made[.phase].store(Board.Phase.sweep.rawValue, ordering: .releasing)
        made.chain(1).pointee.store(2, ordering: .releasing)
        #expect(attached.worker(4)[.joined] == 3 && attached.phase == .sweep)
        #expect(attached.chain(1).pointee.load(ordering: .acquiring) == 2)
        #expect(Board.map(descriptor: -1, bytes: bytes) == nil)
    }

    /// One writes, another reads: never a value that was not there, never one that falls.
    @Test func aReaderSeesATotalThatOnlyGrows() {
        let memory = BoardMemory(targetLanes: 1, workerLanes: 1)
        let lane = memory.board.worker(0)
        let steps: UInt64 = 200_000
        let error = LaneThread.start { for _ in 0..<steps { lane.add(.bytesIn, 0x1_0000_0001) } }
        #expect(error == 0)
        var last: UInt64 = 0
        while last < steps * 0x1_0000_0001 {
            let now = lane[.bytesIn]
            guard now >= last && now % 0x1_0000_0001 == 0 else {
                Issue.record("\(now) after \(last)")
                break
            }
            last = now
            sched_yield()
        }
    }

    @Test func everyErrnoHasACounterWithACause() {
        for error in Int32(1)...133 { #expect(Counter.forError(-error).cause != nil) }
        #expect(Counter.forError(-EADDRNOTAVAIL) == .errorAddressNotAvailable && Counter.forError(-ECONNREFUSED) == .errorRefused)
        #expect(Counter.forError(-EMFILE) == .errorDescriptors && Counter.forError(-ETIMEDOUT) == .errorTimedOut)
        let causes = Counter.allCases.compactMap(\.cause)
        #expect(Set(causes).count == causes.count)
    }
}
