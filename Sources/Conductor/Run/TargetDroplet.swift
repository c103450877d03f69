import Lab
import Profiles

/// The limits around the target while a run lasts: its control group, its swap, and what they showed.
final class TargetDroplet {
    let cap: Plan.Cap
    let group: Cgroup
    let swap: SwapDevice?
    private(set) var limitBytes: UInt64
    /// Charged before the first connection.
    private(set) var baseBytes: UInt64?
    /// Charged and swapped while the connections were held, and how many there were.
    private var held: (bytes: UInt64, footprintBytes: UInt64, connections: Int)?
    private(set) var memoryPeakBytes: UInt64?
    private(set) var swapPeakBytes: UInt64?
    private(set) var last: CgroupReading

    /// Sockets escape a cap when much less is charged than they are known to hold; below this share of it that is said.
    private static let escapeShare = 0.6
    /// Modelled memory of a connection that does not hibernate, bytes.
    private let footprintBytes: UInt64

    /// Makes the swap and the group. The target is to be spawned into `group.procs`.
    init(_ cap: Plan.Cap, _ plan: Plan, in world: World) throws {
        self.cap = cap
        footprintBytes = plan.footprintBytes
        if let bytes = cap.swapBytes, bytes > 0 {
            swap = try world.makeSwap(
                bytes: bytes, bytesPerSecond: cap.swapBytesPerSecond.map { UInt64(max(1, $0)) })
        } else {
            swap = nil
        }
        limitBytes = cap.memoryBytes
        var limits = CgroupLimits()
        limits.memoryBytes = limitBytes
        limits.swapBytes = cap.swapBytes
        limits.cpuQuota = plan.targetQuota.map { Double($0) }
        group = try world.makeCgroup("target", limits)
        last = group.reading()
    }

    /// Sets the limit by what the target holds now that it is ready and nobody is connected; a command's is what it is.
    func settle() throws {
        guard let base = group.reading().memoryBytes else { return }
        baseBytes = base
        guard cap.exactBytes == nil else { return }
        limitBytes = base + UInt64(Double(cap.kneeConnections) * cap.chargedBytes)
        try group.setMemory(bytes: limitBytes, swapBytes: cap.swapBytes)
    }

    /// The group as it is now; peaks are noted.
    func read() -> CgroupReading {
        let reading = group.reading()
        if let bytes = reading.memoryBytes { memoryPeakBytes = max(memoryPeakBytes ?? 0, bytes) }
        if let bytes = reading.swapBytes { swapPeakBytes = max(swapPeakBytes ?? 0, bytes) }
        last = reading
        return reading
    }

    func measure(footprintBytes: UInt64, connections: Int) {
        let reading = read()
        guard let memory = reading.memoryBytes, connections > 0 else { return }
        held = (memory + (reading.swapBytes ?? 0), footprintBytes, connections)
    }

    /// What the kernel charged per connection, swapped or not; nil when it was not measured.
    private var chargedBytes: Double? {
        guard let held, let baseBytes, held.bytes > baseBytes else { return nil }
        return Double(held.bytes - baseBytes) / Double(held.connections)
    }

    /// In percent of the prediction, which holds for connections that are awake.
    private var chargeDeviation: Double? {
        guard cap.exactBytes == nil, let chargedBytes, let held, held.footprintBytes == UInt64(held.connections) * footprintBytes else { return nil }
        return abs(chargedBytes - cap.chargedBytes) / cap.chargedBytes * 100
    }

    var summary: Summary.Droplet {
        Summary.Droplet(
            limitBytes: limitBytes, swapLimitBytes: cap.swapBytes, baseBytes: baseBytes, memoryPeakBytes: memoryPeakBytes,
            swapPeakBytes: swapPeakBytes, limitHits: last.limitHits, oomKills: last.oomKills,
            chargedPerConnection: chargedBytes, predictedPerConnection: cap.exactBytes == nil ? cap.chargedBytes : nil,
            chargeDeviationPct: chargeDeviation)
    }

    /// Sentences for what the cap could not do.
    var degraded: [String] {
        var sentences = group.degraded
        guard cap.exactBytes == nil, let charged = chargedBytes, let held else { return sentences }
        let footprint = Double(held.footprintBytes) / Double(held.connections)
        let expected = cap.chargedBytes - Double(footprintBytes)
        if charged - footprint < expected * Self.escapeShare {
            sentences.append(
                "Accepted sockets escape the droplet's cap: \(Int(charged - footprint)) bytes a connection were charged beside the "
                    + "footprint where \(Int(expected)) are held. This kernel does not charge a socket to the group that "
                    + "accepts it (Linux does so from 6.12 on), so memory is full later than it should be.")
        }
        return sentences
    }
}
