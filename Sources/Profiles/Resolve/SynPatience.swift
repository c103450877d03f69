/// How long a connection attempt waits for an answer before it fails with ETIMEDOUT, as two settings of the kernel.
///
/// The kernel sends a SYN again after 1 s and doubles the wait each time, so `retries` of them give up after
/// 2^(retries + 1) - 1 s. Since Linux 6.5 `linear` retries of a second each come before those (net.ipv4.
/// tcp_syn_linear_timeouts, 4 by default, unknown to every published run), which adds as many seconds: the kernel's
/// documentation has 131 s for six retries after four. But only while `linear` is below 2^retries: the kernel also gives up at
/// the first retry that comes later than the doubled waits alone would have lasted (tcp_write_timeout, as of 6.18).
struct SynPatience: Equatable {
    /// net.ipv4.tcp_syn_retries
    var retries: Int
    /// net.ipv4.tcp_syn_linear_timeouts
    var linear: Int

    /// Wall seconds from the first SYN to the failure.
    var seconds: Double { Double(linear) + Double(UInt64(1) << UInt64(min(retries + 1, 40))) - 1 }

    /// The patience that comes nearest in wall time to the profile's in model time: no speedup changes the kernel's clock.
    /// Without linear waits only 3, 7, 15 … s can be had, with them most of what lies between.
    static func chosen(_ profile: Int, speedup: Double, host: HostFacts, notes: inout [String]) -> SynPatience {
        let asked = SynPatience(retries: profile, linear: 0)
        guard speedup > 1 else { return asked }
        let wanted = asked.seconds / speedup
        let hasLinear = host.isKernelAtLeast(6, 5)
        // More than six retries wait for minutes, and a second more or less is nothing to them.
        let candidates = (1...max(1, profile)).flatMap { retries in
            (0..<(hasLinear ? 1 << min(retries, 6) : 1)).map { SynPatience(retries: retries, linear: $0) }
        }
        let chosen = candidates.min { abs($0.seconds - wanted) < abs($1.seconds - wanted) } ?? asked
        notes.append(
            "An unanswered connect gives up after \(UnitText.seconds(chosen.seconds)) of wall clock (tcp_syn_retries \(chosen.retries), "
                + "tcp_syn_linear_timeouts \(chosen.linear)): \(UnitText.seconds(asked.seconds)) of model time at speedup "
                + "\(UnitText.decimal(speedup, places: 2)) are \(UnitText.seconds(wanted)).")
        return chosen
    }
}

extension Plan {
    /// Wall seconds after which an unanswered connect fails.
    public var synPatienceSeconds: Double { SynPatience(retries: synRetries, linear: synLinearTimeouts).seconds }
}
