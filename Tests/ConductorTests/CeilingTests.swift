import Lab
import Testing

@testable import Conductor

@Suite struct CeilingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var cause: String
        var sentence: String
        var change: @Sendable (inout Ceiling.Evidence) -> Void
        var testDescription: String { "\(cause): \(sentence)" }
    }

    private static func counters(_ name: String) -> TcpCounters { TcpCounters("TcpExt: \(name)\nTcpExt: 17\n") }

    static let cases = [
        Case(cause: "broken", sentence: "not ready") { $0.ended = "The lanes were not ready." },
        Case(cause: "memory", sentence: "127 MiB") { $0.memoryLeftBytes = 127 << 20 },
        Case(cause: "memory", sentence: "3 connections") { $0.tally.errors = ["memory": 3] },
        Case(cause: "ports", sentence: "EADDRNOTAVAIL") { $0.tally.errors = ["eaddrnotavail": 3] },
        Case(cause: "descriptors", sentence: "EMFILE") { $0.tally.errors = ["descriptors": 3] },
        Case(cause: "descriptors", sentence: "lanes were full") { $0.lanesFull = true },
        Case(cause: "accept_queue", sentence: "17 times") { $0.target = counters("ListenOverflows") },
        Case(cause: "syn_drops", sentence: "17 requests") { $0.target = counters("TCPReqQFullDrop") },
        Case(cause: "syn_drops", sentence: "18 packets") { $0.softnet = SoftnetStat("0 12 0\n") },
        Case(cause: "tcp_mem", sentence: "tcp_mem 17 times") { $0.target = counters("TCPAbortOnMemory") },
        Case(cause: "timeouts", sentence: "ETIMEDOUT") { $0.tally.errors = ["etimedout": 3] },
        Case(cause: "timeouts", sentence: "while 40 were still to come") { $0.stalledSeconds = 150 },
        Case(cause: "interrupted", sentence: "interrupted") { $0.interrupted = true },
        Case(cause: "none", sentence: "") { _ in },
        // What is nearer to the cause comes before what follows from it.
        Case(cause: "ports", sentence: "EADDRNOTAVAIL") { $0.tally.errors = ["eaddrnotavail": 3, "etimedout": 9_999] },
        Case(cause: "target_exit", sentence: "gone") {
            $0.tally.errors = ["memory": 3]
            $0.ended = "The target is gone."
            $0.targetEnded = true
        },
        Case(cause: "none", sentence: "") { $0.tally.errors = ["econnreset": 3] },
    ]

    private func evidence(joined: Int) -> Ceiling.Evidence {
        Ceiling.Evidence(tally: Fixture.tally { ($0.openedTotal, $0.connected) = (joined, 55) }, planned: 100)
    }

    @Test(arguments: cases) func theFirstReasonIsTheCause(_ one: Case) {
        var evidence = evidence(joined: 60)
        one.change(&evidence)
        let ceiling = Ceiling.attribute(evidence)
        #expect(ceiling.cause == one.cause && ceiling.atConnected == 55)
        if one.sentence.isEmpty {
            #expect(ceiling.evidence.isEmpty)
        } else {
            #expect(ceiling.evidence.first?.contains(one.sentence) == true, "\(ceiling.evidence)")
        }
    }

    @Test(arguments: cases) func whereAllJoinedThereIsNoCeiling(_ one: Case) {
        var evidence = evidence(joined: 100)
        one.change(&evidence)
        let ceiling = Ceiling.attribute(evidence)
        // But for a target that is gone: whoever had joined is not connected any more.
        guard !evidence.targetEnded else { return #expect(ceiling.cause == one.cause && ceiling.atConnected == 55) }
        #expect(ceiling.cause == "none" && ceiling.atConnected == nil)
        #expect(ceiling.evidence.isEmpty == one.sentence.isEmpty, "what happened is told all the same")
    }
}
