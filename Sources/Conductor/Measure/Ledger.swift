import Lab
import Profiles

/// The memory of the kernel and of both processes at one moment.
struct MemoryMark {
    /// Bytes by slab cache; nil where /proc/slabinfo is not for this user.
    var slab: Slabinfo?
    var slabTotalBytes: UInt64?
    /// Resident and swapped.
    var targetBytes: UInt64?
    var workersBytes: UInt64?
    /// Of the target's, what the model holds.
    var footprintBytes: UInt64

    init(target: MeasuredProcess?, workers: MeasuredProcess?, footprintBytes: UInt64) {
        self.footprintBytes = footprintBytes
        slab = try? Slabinfo.current()
        slabTotalBytes = HostReadings.memory()?["Slab"]
        targetBytes = target?.heldBytes()
        workersBytes = workers?.heldBytes()
    }
}

/// What each connection cost: the growth between two moments, divided by the connections that came between them.
enum Ledger {
    /// Caches of which only the connecting end has an object.
    private static let workerCaches: Set<String> = ["tcp_bind_bucket", "tcp_bind2_bucket"]
    /// A cache that grew by less than this per pair is no part of a connection.
    private static let leastBytes = 4.0

    static func measure(from before: MemoryMark, to after: MemoryMark, pairs: Int) -> Summary.ConnectionBytes {
        var bytes = Summary.ConnectionBytes(method: "Nothing was measured: no connection was held.")
        guard pairs > 0 else { return bytes }
        let count = Double(pairs)
        func growth(_ now: UInt64?, _ then: UInt64?) -> Double? {
            // What did not grow was not seen to cost anything; that is no measurement of 0.
            guard let now, let then, now > then else { return nil }
            return (Double(now) - Double(then)) / count
        }
        let footprint = after.footprintBytes > before.footprintBytes ? after.footprintBytes - before.footprintBytes : 0
        if footprint > 0 { bytes.targetFootprint = Double(footprint) / count }
        bytes.targetUser = growth(after.targetBytes.map { $0 > footprint ? $0 - footprint : 0 }, before.targetBytes)
        bytes.workerUser = growth(after.workersBytes, before.workersBytes)
        bytes.fixed = before.targetBytes.flatMap { target in before.workersBytes.map { Double(target + $0) } }
        let kernel = growth(after.slabTotalBytes, before.slabTotalBytes)
        if let kernel, let user = bytes.targetUser, let other = bytes.workerUser { bytes.pair = kernel + user + other }
        bytes.method =
            "Growth of the kernel's slabs and of both processes' memory, resident and swapped, from before the first connection to the hold, lanes' own memory included; the modelled footprint is counted by itself."
        guard let now = after.slab, let then = before.slab, let kernel else {
            bytes.method += " The kernel's part is not split by side: /proc/slabinfo is not readable for this user."
            return bytes
        }
        let caches = now.growth(since: then).mapValues { Double($0) / count }
        let workerOnly = caches.filter { workerCaches.contains($0.key) }.values.reduce(0, +)
        bytes.slab = caches.filter { $0.value >= leastBytes }
        bytes.targetKernel = (kernel - workerOnly) / 2
        bytes.workerKernel = (kernel + workerOnly) / 2
        bytes.method += " The kernel's part is split in halves, for both ends have the same kernel objects"
        bytes.method +=
            then.caches.keys.contains(where: workerCaches.contains)
            ? " but for the bind buckets, which are the connecting end's."
            : "; only the connecting end has bind buckets, but this kernel keeps them in a cache shared with others, so they are halved too."
        return bytes
    }
}

extension Summary.ConnectionBytes {
    /// Nothing is said of the side that is somebody else's.
    var withoutTarget: Self {
        var bytes = self
        (bytes.targetKernel, bytes.targetUser, bytes.targetFootprint, bytes.pair) = (nil, nil, nil, nil)
        bytes.method += " The target is somebody else's, on this same host: the kernel's part of its ends is taken to be as large, and not told."
        return bytes
    }

    /// Of a command nobody knows which kernel objects its end of a connection has: the sum is told, and no halves.
    var withKernelUndivided: Self {
        var bytes = self
        (bytes.targetKernel, bytes.workerKernel) = (nil, nil)
        bytes.method =
            "Growth of the kernel's slabs and of both sides' memory, resident and swapped, from before the first connection to the hold. The "
            + "target's is that of its command with all that it started, pages that they share counted once. The kernel's part is in the "
            + "pair, and not told by side: a command's end may have other objects."
        return bytes
    }

    init(method: String) {
        self.init(
            targetKernel: nil, targetUser: nil, targetFootprint: nil, workerKernel: nil, workerUser: nil, pair: nil,
            fixed: nil, method: method, slab: nil)
    }
}
