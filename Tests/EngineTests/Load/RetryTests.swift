import Testing

@testable import Engine

@Suite struct RetryTests {
    @Test func waitsAsTsungDoes() {
        let policy = RetryPolicy.tsung
        #expect(policy.waitMilliseconds(beforeRetry: 1) == 10)
        #expect(policy.waitMilliseconds(beforeRetry: 20) == 200)
        #expect(policy.waitMilliseconds(beforeRetry: 21) == nil)
        #expect(RetryPolicy(retries: 0, waitMilliseconds: 10).waitMilliseconds(beforeRetry: 1) == nil)
        #expect(UInt64(policy.retries * policy.waitMilliseconds) < UInt64(RetryWheel.bucketsForRetries))
    }
}

@Suite struct RetryWheelTests {
    private func withWheel(slots: Int, buckets: Int, tick: UInt64 = 0, _ body: (inout RetryWheel) -> Void) {
        let count = RetryWheel.bytes(slots: slots, buckets: buckets)
        withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { storage in
            var wheel = RetryWheel(slots: slots, buckets: buckets, tick: tick, storage: storage.baseAddress!)
            body(&wheel)
        }
    }

    /// Everybody who is due, in the order they come.
    private func popAll(_ wheel: inout RetryWheel, now: UInt64) -> [UInt32] {
        var out: [UInt32] = []
        while let slot = wheel.pop(now: now) { out.append(slot) }
        return out
    }

    @Test func yieldsWhenDueAndNotBefore() {
        withWheel(slots: 8, buckets: 64) { wheel in
            let nobody = popAll(&wheel, now: 3)
            #expect(nobody.isEmpty && wheel.nextDue == nil)
            let ticks = [wheel.insert(5, due: 10), wheel.insert(6, due: 10), wheel.insert(7, due: 12)]
            #expect(ticks == [10, 10, 12])
            #expect(wheel.isWaiting(5) && !wheel.isWaiting(0) && wheel.count == 3 && wheel.nextDue == 10)
            let early = popAll(&wheel, now: 9), due = popAll(&wheel, now: 10)
            #expect(early.isEmpty && Set(due) == [5, 6] && wheel.nextDue == 12)
            // Past: the next tick to come. Too far: the horizon, early.
            let clamped = [wheel.insert(0, due: 1), wheel.insert(1, due: 1_000)]
            #expect(clamped == [11, 11 + wheel.horizonTicks])
            let rest = popAll(&wheel, now: 100)
            #expect(rest == [0, 7, 1])
        }
    }

    @Test func removesWhoeverIsThere() {
        withWheel(slots: 8, buckets: 64) { wheel in
            for slot in 0..<4 as Range<UInt32> { wheel.insert(slot, due: 20) }
            let removed = [0, 3, 1, 1].map { wheel.remove($0, due: 20) }
            #expect(removed == [true, true, true, false] && wheel.count == 1)
            let last = wheel.remove(2, due: 20), nobody = popAll(&wheel, now: 50)
            #expect(last && nobody.isEmpty && wheel.nextDue == nil)
            wheel.insert(2, due: 60)
            let again = popAll(&wheel, now: 60)
            #expect(again == [2])
        }
    }

    /// Against a table of who is due when, over many rounds of the wheel.
    @Test func agreesWithATable() {
        let slots = 500
        withWheel(slots: slots, buckets: 128, tick: 1_000) { wheel in
            var random = SplitMix64(seed: 8)
            var table: [UInt32: UInt64] = [:]
            var now: UInt64 = 999
            for _ in 0..<20_000 {
                let slot = UInt32(random.next() % UInt64(slots))
                if let due = table[slot] {
                    if random.next() % 4 == 0 {
                        guard wheel.remove(slot, due: due) else { Issue.record("was not there"); return }
                        table[slot] = nil
                    }
                } else {
                    table[slot] = wheel.insert(slot, due: now + 1 + random.next() % 127)
                }
                guard wheel.nextDue == table.values.min() else { Issue.record("next due"); return }
                if random.next() % 3 == 0 {
                    now += random.next() % 5 == 0 ? random.next() % 300 : random.next() % 3
                    var last: UInt64 = 0
                    while let popped = wheel.pop(now: now) {
                        guard let due = table.removeValue(forKey: popped), due <= now, due >= last else {
                            Issue.record("\(popped) came at \(now)")
                            return
                        }
                        last = due
                    }
                    guard table.values.allSatisfy({ $0 > now }), wheel.count == table.count else { Issue.record("late"); return }
                }
            }
        }
    }
}
