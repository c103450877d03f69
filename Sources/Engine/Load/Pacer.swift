/// When users arrive: pure arithmetic on model time, one instance per worker.
///
/// As Tsung's launchers do, each worker draws its own gaps, -ln(U) / rate for exponential ones, beginning with one before
/// its first user. A phase lasts its whole duration: when its users are all started early, the next still waits. A gap that
/// would cross the end of a phase is dropped and drawn anew at the next one's rate, which for a process without memory is
/// the same thing (Tsung carries it over, one user a phase at the wrong rate).
///
/// The lane is never slow here: a due time is when an arrival should have been, and latency counts from there.
struct Pacer {
    /// One worker's share of a phase.
    struct Phase: Equatable {
        var durationNanoseconds: UInt64
        /// Users per second of this worker; infinite is `max`, everything due when the phase begins.
        var ratePerSecond: Double
        /// This worker starts at most this many users in this phase.
        var maximumUsers: UInt32
    }

    enum Spacing: UInt8 {
        /// Tsung's: arrivals of all workers together form a Poisson process.
        case exponential
        /// Equal gaps. Where in its first gap a worker starts comes from the seed, lest all workers start as one.
        case uniform
    }

    struct Arrival: Equatable {
        /// Model time since the load began.
        var dueNanoseconds: UInt64
        /// In a `max` phase a user is due as soon as the lane can take it, so lateness means nothing.
        var isImmediate: Bool
    }

    private let phases: UnsafePointer<Phase>
    private let phaseCount: Int
    private let random: Keyed
    private let spacing: Spacing
    private var phaseIndex = 0
    private var phaseStartNanoseconds: UInt64 = 0
    /// Users started in this phase.
    private var started: UInt32 = 0
    /// Time into this phase. A double holds 100 days of nanoseconds exactly.
    private var offsetNanoseconds = 0.0
    private var draws: UInt64 = 0

    /// `phases` is the caller's and outlives the pacer.
    init(phases: UnsafePointer<Phase>, count: Int, spacing: Spacing, seed: UInt64, worker: UInt32) {
        self.phases = phases
        phaseCount = count
        self.spacing = spacing
        random = Keyed(seed: seed, user: UInt64(worker))
    }

    /// The next arrival, never before the one handed out last; nil when the load is over.
    mutating func next() -> Arrival? {
        while phaseIndex < phaseCount {
            let phase = phases[phaseIndex]
            if started < phase.maximumUsers, let due = nextDue(phase) {
                started &+= 1
                return due
            }
            phaseStartNanoseconds &+= phase.durationNanoseconds
            phaseIndex += 1
            started = 0
            offsetNanoseconds = 0
        }
        return nil
    }

    /// Passes over `count` arrivals, for a lane that carries a later part of a worker's users.
    mutating func skip(_ count: Int) {
        for _ in 0..<count where next() == nil { return }
    }

    /// The next arrival of `phase`; nil if it would come after the phase's end.
    private mutating func nextDue(_ phase: Phase) -> Arrival? {
        if phase.ratePerSecond == .infinity {
            return Arrival(dueNanoseconds: phaseStartNanoseconds, isImmediate: true)
        }
        guard phase.ratePerSecond > 0 else { return nil }
        let meanNanoseconds = 1e9 / phase.ratePerSecond
        switch spacing {
        case .exponential: offsetNanoseconds += Pacer.exponential(draw()) * meanNanoseconds
        case .uniform: offsetNanoseconds += started == 0 ? Pacer.unit(draw()) * meanNanoseconds : meanNanoseconds
        }
        guard offsetNanoseconds < Double(phase.durationNanoseconds) else { return nil }
        return Arrival(
            dueNanoseconds: phaseStartNanoseconds &+ UInt64(offsetNanoseconds), isImmediate: false)
    }

    private mutating func draw() -> UInt64 {
        draws &+= 1
        return random.value(.arrival, draws)
    }
}

// MARK: - Gaps

extension Pacer {
    /// 53 random bits as a number in (0, 1]: never 0, whose logarithm there is none.
    @inline(__always) static func unit(_ bits: UInt64) -> Double {
        Double((bits &>> 11) &+ 1) * 0x1p-53
    }

    /// A gap of mean 1: -ln(U).
    @inline(__always) static func exponential(_ bits: UInt64) -> Double { minusLogarithm(unit(bits)) }

    /// -ln(x) for x in (0, 1], within two units in the last place.
    ///
    /// Not the C library's: that one picks its code by the CPU and changes with its version, and the last bit of a sum of
    /// thousands of gaps would change with it. Additions, multiplications and divisions are the same everywhere.
    static func minusLogarithm(_ x: Double) -> Double {
        // x = m × 2^e with m in [√½, √2): ln m = 2 artanh(s) with s = (m - 1) / (m + 1), |s| < 0.1716.
        var exponent = Double(x.exponent)
        var m = x.significand
        if m > 1.414_213_562_373_095_1 {
            m *= 0.5
            exponent += 1
        }
        let s = (m - 1) / (m + 1)
        let z = s * s
        // 2 / (2k + 1), from k = 10 down to 1.
        var sum = 2.0 / 21
        sum = sum * z + 2.0 / 19
        sum = sum * z + 2.0 / 17
        sum = sum * z + 2.0 / 15
        sum = sum * z + 2.0 / 13
        sum = sum * z + 2.0 / 11
        sum = sum * z + 2.0 / 9
        sum = sum * z + 2.0 / 7
        sum = sum * z + 2.0 / 5
        sum = sum * z + 2.0 / 3
        let logarithm = 2 * s + s * z * sum
        return -(exponent * 0.693_147_180_559_945_3 + logarithm)
    }
}
