/// How long a connection attempt waits for an answer before it fails with ETIMEDOUT, as two settings of the kernel.
///
/// The kernel sends a SYN again after 1 s and doubles the wait each time, so `retries` of them give up after
/// 2^(retries + 1) - 1 s. Since Linux 6.5 the first `linear` of the waits are a second each (net.ipv4.
/// tcp_syn_linear_timeouts, 4 by default, unknown to every published run).
struct SynPatience: Equatable {
    /// net.ipv4.tcp_syn_retries
    var retries: Int
    /// net.ipv4.tcp_syn_linear_timeouts
    var linear: Int

    /// Wall seconds from the first SYN to the failure.
    var seconds: Double {
        (0...retries).reduce(0) { $0 + ($1 <= linear ? 1 : Double(UInt64(1) << UInt64(min($1 - linear, 40)))) }
    }

    /// The patience that comes nearest in wall time to the profile's in model time: no speedup changes the kernel's clock.
    /// With linear waits every whole second can be had, without them only 1, 3, 7, 15 …
    static func chosen(_ profile: Int, speedup: Double, host: HostFacts, notes: inout [String]) -> SynPatience {
        let asked = SynPatience(retries: profile, linear: 0)
        guard speedup > 1 else { return asked }
        let wanted = asked.seconds / speedup
        let chosen: SynPatience
        if host.isKernelAtLeast(6, 5), wanted < Double(Limits.synRetries) {
            let retries = max(1, Int(wanted.rounded()) - 1)
            chosen = SynPatience(retries: retries, linear: retries)
        } else {
            let candidates = (1...max(1, profile)).map { SynPatience(retries: $0, linear: 0) }
            chosen = candidates.min { abs($0.seconds - wanted) < abs($1.seconds - wanted) } ?? asked
        }
        notes.append(
            "An unanswered connect gives up after \(UnitText.seconds(chosen.seconds)) of wall clock (\(chosen.retries) SYN retries"
                + "\(chosen.linear > 0 ? ", a second apart" : "")): \(UnitText.seconds(asked.seconds)) of model time at speedup "
                + "\(UnitText.decimal(speedup, places: 2)) are \(UnitText.seconds(wanted)).")
        return chosen
    }
}

extension Plan {
    /// Wall seconds after which an unanswered connect fails.
    public var synPatienceSeconds: Double { SynPatience(retries: synRetries, linear: synLinearTimeouts).seconds }
}
