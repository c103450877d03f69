import Testing

@testable import Conductor
@testable import Engine

@Suite struct TallyTests {
    @Test func lanesAddUp() {
        let tally = Fixture.withBoard(targetLanes: 2, workerLanes: 3) { board in
            for lane in 0..<3 {
                let counters: [Counter] = [
                    .usersStarted, .usersEnded, .connectedNow, .connected, .joinedNow, .joined, .retries, .lost, .verified,
                    .bytesIn, .bytesOut, .errorTimedOut,
                ]
                for (index, counter) in counters.enumerated() { board.worker(lane).add(counter, UInt64(index + 1 + lane)) }
            }
            board.worker(0).set(.rampState, 2)
            board.worker(1).set(.sweepState, 1)
            board.worker(2).add(.errorAddressNotAvailable, 5)
            for lane in 0..<2 { board.target(lane).add(.openNow, 10) }
            board.target(1).add(.acceptTableFull, 4)
            // What the target counts of its own does not go into what the workers saw.
            board.target(0).add(.bytesIn, 1_000)
            return Tally(board)
        }
        #expect(tally.started == 6 && tally.ended == 9 && tally.connected == 12 && tally.connectedTotal == 15)
        #expect(tally.joined == 18 && tally.joinedTotal == 21 && tally.retries == 24 && tally.lost == 27)
        #expect(tally.verified == 30 && tally.bytesIn == 33 && tally.bytesOut == 36)
        #expect(tally.errors == ["etimedout": 39, "eaddrnotavail": 5] && tally.errorCount == 44)
        #expect(tally.ramping == 2 && tally.sweeping == 3 && tally.served == 20 && tally.acceptTableFull == 4)
    }

    @Test func whatDidNotHappenIsNotThere() {
        let tally = Fixture.tally()
        #expect(tally.errors.isEmpty && tally.errorCount == 0 && tally.digest == nil && tally.ramping == 2)
    }

    @Test func theDigestDoesNotDependOnTheLanes() {
        func digest(_ parts: [(UInt64, UInt64)]) -> String? {
            Fixture.withBoard { board in
                for (index, part) in parts.enumerated() {
                    board.worker(index % 2).add(.digestLow, part.0)
                    board.worker(index % 2).add(.digestHigh, part.1)
                    board.worker(index % 2).add(.digestUsers)
                }
                return Tally(board).digest
            }
        }
        let parts: [(UInt64, UInt64)] = [(.max, 1), (2, .max), (7, 9)]
        #expect(digest(parts) == "00000000000000080000000000000009-3")
        #expect(digest(parts) == digest(parts.reversed()))
    }
}
