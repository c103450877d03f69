import Lab
import Profiles

/// Finds what stopped growth or slowed it down, from counters that say so themselves.
///
/// Where the curve bends, the cause is the one that began there. Where it ends without a bend, it is the first in this
/// order: what is nearer to the cause comes before what follows from it.
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
        /// Of a target that is a command: the process that is nearest to its limit of descriptors.
        var targetTable: DescriptorTable?
        var peakConnected = 0
        /// Where a paced curve bent, and what began when.
        var knee: Knee?
        var onsets = Onsets()
        var droplet: Summary.Droplet?
        var interference = Summary.Interference()
    }

    static func attribute(_ evidence: Evidence) -> Summary.Ceiling {
        var reasons: [(cause: String, sentence: String)] = []
        let errors = evidence.tally.errors
        func add(_ cause: String, _ count: UInt64?, _ sentence: (String) -> String) {
            if let count, count > 0 { reasons.append((cause, sentence(UnitText.count(Int(clamping: count))))) }
        }
        func error(_ name: String) -> UInt64? { errors[name].map { UInt64($0) } }
        if let kills = evidence.droplet?.oomKills, kills > 0 {
            reasons.append(("memory", "The kernel killed the target: its droplet's memory of \(megabytes(evidence.droplet?.limitBytes)) was full, and \(swapSentence(evidence.droplet))."))
        }
        if let ended = evidence.ended { reasons.append((evidence.targetEnded ? "target_exit" : "broken", ended)) }
        if let left = evidence.memoryLeftBytes {
            reasons.append(("memory", "The ramp was stopped with \(left >> 20) MiB of the host's memory available."))
        }
        add("memory", error("memory")) { "\($0) connections failed for lack of kernel memory (ENOMEM or ENOBUFS)." }
        add("ports", error("eaddrnotavail")) { "\($0) connection attempts found no free source port (EADDRNOTAVAIL)." }
        if let swap = evidence.droplet?.swapPeakBytes, swap > 0, evidence.droplet?.limitHits != 0 {
            let hits = evidence.droplet?.limitHits.map { " (\(UnitText.count(Int(clamping: $0))) times)" } ?? ""
            reasons.append(("swap", "The droplet's memory was full\(hits), and up to \(megabytes(swap)) of it went to swap."))
        }
        add("descriptors", error("descriptors")) { "\($0) sockets were refused for lack of descriptors (EMFILE or ENFILE)." }
        if evidence.lanesFull {
            reasons.append(("descriptors", "The target's lanes were full: no descriptors were left to accept with."))
        }
        if let table = evidence.targetTable, table.isFull {
            reasons.append(("descriptors", "The target's process \(table.pid) (\(table.name)) had \(table.open) of at most \(table.limit) descriptors open: raise RLIMIT_NOFILE (ulimit -n) for more."))
        }
        add("accept_queue", evidence.target?.listenOverflows) { "The target's accept queue overflowed \($0) times." }
        add("syn_drops", evidence.softnet?.dropped) { "The host's packet backlog dropped \($0) packets: net.core.netdev_max_backlog is too small for the bursts." }
        add("syn_drops", evidence.target?.requestQueueDrops) { "The target's SYN queue dropped \($0) requests." }
        add("tcp_mem", evidence.target?.abortsOnMemory) { "TCP ran out of net.ipv4.tcp_mem \($0) times." }
        add("timeouts", error("etimedout")) { "\($0) connection attempts timed out (ETIMEDOUT)." }
        if let seconds = evidence.stalledSeconds {
            reasons.append(("timeouts", "No user joined for \(Int(seconds)) s while \(UnitText.count(evidence.planned - evidence.tally.openedTotal)) were still to come."))
        }
        if evidence.interrupted { reasons.append(("interrupted", "The run was interrupted with \(UnitText.count(evidence.tally.openedTotal)) of \(UnitText.count(evidence.planned)) users joined.")) }
        let complete = evidence.tally.openedTotal >= evidence.planned && !evidence.targetEnded
        var sentences = reasons.map(\.sentence)
        if let sentence = evidence.interference.sentence { sentences.append(sentence) }
        if let knee = evidence.knee, knee.slopeAfter < knee.slopeBefore {
            let cause = evidence.onsets.nearest(to: knee)
            sentences = bend(knee, cause, evidence.onsets) + processors(evidence) + sentences
            if let cause { return Summary.Ceiling(cause: cause, atConnected: Int(knee.connected), evidence: sentences) }
        }
        return Summary.Ceiling(
            cause: complete ? "none" : reasons.first?.cause ?? "none",
            atConnected: complete ? nil : max(evidence.peakConnected, evidence.tally.connected), evidence: sentences)
    }

    /// What happened at the bend, and what did not.
    private static func bend(_ knee: Knee, _ cause: String?, _ onsets: Onsets) -> [String] {
        var sentences = [
            "Growth slowed from \(whole(knee.slopeBefore)) to \(whole(knee.slopeAfter)) connections a model second at "
                + "\(whole(knee.seconds)) s (\(whole(knee.interval.lowerBound)) to \(whole(knee.interval.upperBound)) s), "
                + "with \(whole(knee.connected.rounded(.down))) connected; \(cause.map { "what began there is \($0)" } ?? "nothing that is watched began there")."
        ]
        for (name, mark) in onsets.marks.sorted(by: { ($0.value.modelSeconds, $0.key) < ($1.value.modelSeconds, $1.key) }) {
            sentences.append("First sign of \(name): \(whole(mark.modelSeconds)) s, with \(UnitText.count(mark.connected)) connected.")
        }
        return sentences
    }

    /// Who used the CPUs, where they were used up.
    private static func processors(_ evidence: Evidence) -> [String] {
        let gauge = evidence.interference
        guard evidence.onsets.marks["cpu"] != nil, let target = gauge.targetPct, let workers = gauge.workersPct else { return [] }
        let softirq = gauge.softirqPct.map { ", softirq \(Int($0.rounded())) %" } ?? ""
        return ["Of the CPUs the target used \(Int(target.rounded())) % over the ramp, the workers \(Int(workers.rounded())) %\(softirq)."]
    }

    private static func whole(_ value: Double) -> String { UnitText.number(value.rounded(), places: 0) }

    private static func megabytes(_ bytes: UInt64?) -> String { bytes.map { "\($0 >> 20) MiB" } ?? "unknown size" }

    /// Of the swap's size: this much of it counts as full.
    private static let fullSwap = 0.95

    private static func swapSentence(_ droplet: Summary.Droplet?) -> String {
        if droplet?.swapLimitBytes == 0 { return "it had no swap to go to" }
        guard let peak = droplet?.swapPeakBytes else { return "what was in swap is not known" }
        if let size = droplet?.swapLimitBytes, Double(peak) >= fullSwap * Double(size) {
            return "so was its swap, with \(peak >> 20) MiB in it at most"
        }
        return "what was left could not go to swap, which held \(peak >> 20) MiB at most"
    }
}
