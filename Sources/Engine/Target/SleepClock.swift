/// Which connections have been silent for so long that they hibernate. None of them has a timer of its own.
///
/// An awake connection waits in a timing wheel. A message only notes its time; when a connection's turn comes and it has
/// spoken meanwhile, it waits again for the rest. One that closes stays in the wheel until its turn, unless its slot is
/// used again before that. Eight bytes a slot, and the caller's memory.
struct SleepClock {
    /// A tick is this part of the silence: hibernation comes late by at most two of them, and never early.
    private static let ticksOfSilence: UInt64 = 256
    private static let buckets = 512
    /// Values of a mark: nobody is there, or sleeps there; else the tick of the last message, counted from `awake`.
    private static var nobody: UInt32 { 0 }
    private static var asleep: UInt32 { 1 }
    private static var awake: UInt32 { 2 }

    private var wheel: RetryWheel
    private let marks: UnsafeMutablePointer<UInt32>
    private let tickNanoseconds: UInt64
    /// From the tick of the last message to that of the hibernation.
    private let silenceTicks: UInt64
    /// The lane's time when it was first told here; 0 before.
    private var began: UInt64 = 0
    private var now: UInt64 = 0

    /// How much memory, aligned to eight bytes, `init` wants. What it is given is zeroes.
    static func bytes(slots: Int) -> Int { RetryWheel.bytes(slots: slots, buckets: buckets) + slots * 4 }

    init(slots: Int, silenceNanoseconds: UInt64, storage: UnsafeMutableRawPointer) {
        wheel = RetryWheel(slots: slots, buckets: SleepClock.buckets, storage: storage)
        marks = (storage + RetryWheel.bytes(slots: slots, buckets: SleepClock.buckets))
            .bindMemory(to: UInt32.self, capacity: slots)
        // 36 years are for ever, and leave room for sums.
        let silence = min(silenceNanoseconds, 1 << 60)
        tickNanoseconds = max(1_000_000, silence / SleepClock.ticksOfSilence + 1)
        silenceTicks = silence / tickNanoseconds + 2
    }

    /// The lane's time now. It never goes back.
    mutating func follow(_ now: UInt64) {
        if began == 0 { began = now }
        self.now = now
        // While everybody sleeps nobody turns the wheel, and it reaches only so far.
        if wheel.count == 0 { _ = wheel.pop(now: tick) }
    }

    private var tick: UInt64 { (now &- began) / tickNanoseconds }

    func isAsleep(_ slot: UInt32) -> Bool { marks[Int(slot)] == SleepClock.asleep }

    /// Something happened on a connection, or it joined. True when it slept until now.
    @inline(__always) mutating func noteMessage(_ slot: UInt32) -> Bool {
        let tick = self.tick
        let wasAsleep = isAsleep(slot)
        marks[Int(slot)] = SleepClock.awake &+ UInt32(clamping: tick)
        if !wheel.isWaiting(slot) { wheel.insert(slot, due: tick &+ silenceTicks) }
        return wasAsleep
    }

    mutating func leave(_ slot: UInt32) { marks[Int(slot)] = SleepClock.nobody }

    /// The next connection that has been silent for long enough: from here on it is asleep. nil when there is none now.
    mutating func nextToSleep() -> UInt32? {
        while let slot = wheel.pop(now: tick) {
            let mark = marks[Int(slot)]
            guard mark >= SleepClock.awake else { continue }
            let due = UInt64(mark &- SleepClock.awake) &+ silenceTicks
            if due > tick {
                wheel.insert(slot, due: due)
                continue
            }
            marks[Int(slot)] = SleepClock.asleep
            return slot
        }
        return nil
    }

    /// How long nobody's turn comes, nanoseconds; nil when everybody sleeps.
    var waitNanoseconds: Int64? {
        wheel.nextDue.map { due in
            let time = began &+ due &* tickNanoseconds
            return time > now ? Int64(clamping: time &- now) : 0
        }
    }
}
