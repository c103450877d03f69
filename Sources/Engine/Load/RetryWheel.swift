/// Who is due when: a timing wheel over a lane's slots.
///
/// Inserting and yielding cost a few instructions each however many wait. A slot waits at most once at a time and costs
/// four bytes; a bucket costs four bytes and a bit. Ticks are its owner's: for retries milliseconds since the lane
/// started, for hibernation see `SleepClock`. All memory is the caller's, taken at start.
struct RetryWheel {
    /// The end of a bucket's list.
    private static var end: UInt32 { .max }
    /// The link of a slot that does not wait.
    private static var idle: UInt32 { .max - 1 }

    /// Buckets for retries alone: Tsung's longest wait is 20 × 10 ms.
    static let bucketsForRetries = 1_024

    private let links: UnsafeMutablePointer<UInt32>
    private let heads: UnsafeMutablePointer<UInt32>
    /// A bit for each bucket that is not empty, so that quiet ticks are passed over 64 at a time.
    private let occupied: UnsafeMutablePointer<UInt64>
    private let slots: Int
    private let bucketMask: UInt64
    /// The next tick to yield.
    private(set) var tick: UInt64
    private(set) var count = 0

    /// How much memory, aligned to eight bytes, `init` wants.
    static func bytes(slots: Int, buckets: Int) -> Int { buckets / 8 + (buckets + slots) * 4 }

    init(slots: Int, buckets: Int, tick: UInt64 = 0, storage: UnsafeMutableRawPointer) {
        precondition(buckets >= 64 && buckets & (buckets - 1) == 0, "a power of two, a word of bits at least")
        precondition(slots >= 0 && slots < Int(RetryWheel.idle), "slots are numbered by 32 bits")
        occupied = storage.initializeMemory(as: UInt64.self, repeating: 0, count: buckets / 64)
        heads = (storage + buckets / 8).initializeMemory(as: UInt32.self, repeating: RetryWheel.end, count: buckets)
        links = (storage + buckets / 8 + buckets * 4).initializeMemory(
            as: UInt32.self, repeating: RetryWheel.idle, count: slots)
        self.slots = slots
        bucketMask = UInt64(buckets - 1)
        self.tick = tick
    }

    /// How far ahead a slot can be due.
    var horizonTicks: UInt64 { bucketMask }

    @inline(__always) func isWaiting(_ slot: UInt32) -> Bool { links[Int(slot)] != RetryWheel.idle }

    /// Lets `slot` wait until `due`. A tick already past is the next one to come. Beyond the horizon the slot comes at the
    /// horizon, early: the lane, which knows what it waits for, inserts it again. Returns the tick it will come at.
    ///
    /// What is inserted while `pop` runs comes in the same run if it is due by then: a lane that always waits zero ticks
    /// would never leave its loop.
    @discardableResult
    mutating func insert(_ slot: UInt32, due: UInt64) -> UInt64 {
        assert(Int(slot) < slots && !isWaiting(slot), "a slot waits once at a time")
        let clamped = min(max(due, tick), tick &+ horizonTicks)
        let bucket = Int(truncatingIfNeeded: clamped & bucketMask)
        links[Int(slot)] = heads[bucket]
        heads[bucket] = slot
        occupied[bucket >> 6] |= 1 &<< UInt64(bucket & 63)
        count &+= 1
        return clamped
    }

    /// Takes `slot`, which `insert` said comes at `due`, out before its time; false if it was not there. It walks one bucket, so this is
    /// for the rare connection that ends while it waits.
    @discardableResult
    mutating func remove(_ slot: UInt32, due: UInt64) -> Bool {
        let bucket = Int(truncatingIfNeeded: due & bucketMask)
        var previous = RetryWheel.end
        var at = heads[bucket]
        while at != RetryWheel.end && at != slot {
            previous = at
            at = links[Int(at)]
        }
        guard at == slot else { return false }
        let following = links[Int(slot)]
        if previous == RetryWheel.end { heads[bucket] = following } else { links[Int(previous)] = following }
        vacate(bucket, slot)
        return true
    }

    /// The next slot due at `now` or before, or nil. Slots of one tick come in no particular order, earlier ticks first.
    ///
    ///     while let slot = wheel.pop(now: tick) { … }
    mutating func pop(now: UInt64) -> UInt32? {
        while tick <= now {
            if count == 0 {
                tick = now &+ 1
                return nil
            }
            let bucket = Int(truncatingIfNeeded: tick & bucketMask)
            let slot = heads[bucket]
            if slot != RetryWheel.end {
                heads[bucket] = links[Int(slot)]
                vacate(bucket, slot)
                return slot
            }
            let distance = distanceToOccupied(from: bucket)
            tick = min(tick &+ distance, now &+ 1)
        }
        return nil
    }

    /// The first tick at which somebody is due, for the lane's own timeout; nil if nobody waits.
    var nextDue: UInt64? {
        if count == 0 { return nil }
        return tick &+ distanceToOccupied(from: Int(truncatingIfNeeded: tick & bucketMask))
    }

    private mutating func vacate(_ bucket: Int, _ slot: UInt32) {
        links[Int(slot)] = RetryWheel.idle
        if heads[bucket] == RetryWheel.end { occupied[bucket >> 6] &= ~(1 &<< UInt64(bucket & 63)) }
        count &-= 1
    }

    /// How many buckets on from `bucket`, going round, the first occupied one is. There is one: `count` is not 0.
    private func distanceToOccupied(from bucket: Int) -> UInt64 {
        let words = Int(bucketMask &+ 1) >> 6
        var word = bucket >> 6
        var bits = occupied[word] & (UInt64.max &<< UInt64(bucket & 63))
        for _ in 0...words {
            if bits != 0 {
                let found = word << 6 + bits.trailingZeroBitCount
                return UInt64(truncatingIfNeeded: found &- bucket) & bucketMask
            }
            word = word + 1 == words ? 0 : word + 1
            bits = occupied[word]
        }
        return 0
    }
}
