import Lab
import Profiles

/// Finds what stopped growth, from counters that say so themselves.
enum Ceiling {
    struct Evidence {
        var tally: Tally
        var planned: Int
        /// The conductor stopped the ramp because the host's memory ran out; bytes that were left.
        var memoryLeftBytes: UInt64?
        var stalledSeconds: Double?
        var interrupted = false
        /// Why the run could not go on.
        var ended: String?
        var targetEnded = false
        var target: TcpCounters?
        var softnet: SoftnetStat?
        var lanesFull = false
    }

    static func attribute(_ evidence: Evidence) -> Summary.Ceiling {
        var reasons: [(cause: String, sentence: String)] = []
        let errors = evidence.tally.errors
        func add(_ cause: String, _ count: UInt64?, _ sentence: (UInt64) -> String) {
            if let count, count > 0 { reasons.append((cause, sentence(count))) }
        }
        func error(_ name: String) -> UInt64? { errors[name].map { UInt64($0) } }
        if let ended = evidence.ended { reasons.append((evidence.targetEnded ? "target_exit" : "broken", ended)) }
        if let left = evidence.memoryLeftBytes {
            reasons.append(("memory", "The ramp was stopped with \(left >> 20) MiB of the host's memory available."))
        }
        add("memory", error("memory")) { "\($0) connections failed for lack of kernel memory (ENOMEM or ENOBUFS)." }
        add("ports", error("eaddrnotavail")) { "\($0) connection attempts found no free source port (EADDRNOTAVAIL)." }
        add("descriptors", error("descriptors")) { "\($0) sockets were refused for lack of descriptors (EMFILE or ENFILE)." }
        if evidence.lanesFull {
            reasons.append(("descriptors", "The target's lanes were full: no descriptors were left to accept with."))
        }
        add("accept_queue", evidence.target?.listenOverflows) { "The target's accept queue overflowed \($0) times." }
        add("syn_drops", evidence.softnet?.dropped) { "The host's packet backlog dropped \($0) packets: net.core.netdev_max_backlog is too small for the bursts." }
        add("syn_drops", evidence.target?.requestQueueDrops) { "The target's SYN queue dropped \($0) requests." }
        add("tcp_mem", evidence.target?.abortsOnMemory) { "TCP ran out of net.ipv4.tcp_mem \($0) times." }
        add("timeouts", error("etimedout")) { "\($0) connection attempts timed out (ETIMEDOUT)." }
        if let seconds = evidence.stalledSeconds {
            reasons.append(("timeouts", "No user joined for \(Int(seconds)) s while \(evidence.planned - evidence.tally.joinedTotal) were still to come."))
        }
        if evidence.interrupted { reasons.append(("interrupted", "The run was interrupted with \(evidence.tally.joinedTotal) of \(evidence.planned) users joined.")) }
        let complete = evidence.tally.joinedTotal >= evidence.planned
        return Summary.Ceiling(
            cause: complete ? "none" : reasons.first?.cause ?? "none", atConnected: complete ? nil : evidence.tally.connected,
            evidence: reasons.map(\.sentence))
    }
}
