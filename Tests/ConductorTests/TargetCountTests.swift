import Foundation
import Testing

@testable import Conductor
@testable import Engine

@Suite struct TargetCountTests {
    @Test func lanesAddUp() throws {
        let count = Fixture.withBoard(targetLanes: 2, workerLanes: 0) { board in
            for lane in 0..<2 {
                board.target(lane).add(.accepted, 5)
                board.target(lane).add(.upgraded, 4)
                board.target(lane).add(.channelsJoined, 3)
                board.target(lane).add(.bytesIn, 100)
                board.target(lane).add(.acceptErrors)
            }
            return TargetCount(board)
        }
        #expect(count.accepted == 10 && count.upgraded == 8 && count.joined == 6 && count.bytesIn == 200)
        #expect(count.refusedByCause == ["accept": 2])
        let json = String(decoding: try count.encoded(), as: UTF8.self)
        #expect(json.contains("\"schema\" : \"simbench.target/1\"") && json.contains("\"bytes_in\" : 200"))
    }

    /// What is nobody's of ours is null, never 0.
    @Test func aForeignTargetHasNoFigures() {
        var bytes = Summary.ConnectionBytes(method: "m.")
        (bytes.targetKernel, bytes.targetUser, bytes.pair, bytes.workerKernel) = (1, 2, 3, 4)
        let stripped = bytes.withoutTarget
        #expect(stripped.targetKernel == nil && stripped.targetUser == nil && stripped.pair == nil && stripped.workerKernel == 4)
        let sample = Sample(wallSeconds: 0, modelSeconds: 0, tally: Fixture.tally(), hasTarget: false)
        let named = Dictionary(
            uniqueKeysWithValues: zip(
                Sample.header.split(separator: ",").map(String.init), sample.row.split(separator: ",", omittingEmptySubsequences: false)))
        #expect(named["footprint_bytes"] == "" && named["target_memory_bytes"] == "" && named["errors_total"] == "0")
    }
}
