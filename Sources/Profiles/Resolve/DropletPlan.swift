/// What becomes of the target's droplet here: where its memory and its swap are full, and what the lab enforces for it.
///
/// Of the modelled machine's memory `base` is gone before the first connection; each connection then takes its footprint
/// and what the kernel needs for its socket. The kernel's part is this host's, whatever the original's was (it was some
/// 3,455 bytes in the published run), because these sockets are real and cannot be made smaller.
///
/// With a shrunken footprint the limit shrinks so that memory is full at the same number of connections, and so does
/// the swap: it holds as many connections' worth of memory as the original's, at a speed to match. One thing cannot be
/// shrunk: the kernel's part never goes to swap. What then fits altogether is `ceilingConnections`.
struct DropletPlan {
    let droplet: Plan.Droplet
    let footprintBytes: UInt64
    /// Of a connection on the modelled machine, which is taken to charge all of it.
    private let kernelBytes = Costs.chargedKernelBytes
    /// Whether the target is a command: nothing of what it holds is modelled, and the limit is the machine's own.
    let isCommand: Bool

    /// What an empty target of this program holds: its code, a lane or two, the kernel's tables for them. An allowance; a
    /// run measures it and sets the limit by what it measured.
    static let emptyTargetBytes: UInt64 = 24 << 20

    /// What of the kernel's part is this engine's way of waiting, beside what any server's kernel holds.
    let waitingBytes: Double

    init(_ profile: Profile, _ waiting: Plan.Waiting) {
        waitingBytes = Costs.chargedBeyond(waiting)
        droplet = profile.target.droplet
        footprintBytes = profile.footprintBytes
        isCommand = profile.target.command != nil
    }

    /// Bytes per connection on the modelled machine.
    private var modelBytes: Double { Double(footprintBytes) + kernelBytes }

    /// Connections with which the modelled machine's memory is full; nil without a limit.
    var kneeConnections: Int? {
        guard let memory = droplet.memoryBytes else { return nil }
        let base = droplet.baseBytes ?? 0
        return memory > base ? Int(Double(memory - base) / modelBytes) : 0
    }

    /// - Throws: `PlanError` when an empty server would not fit, or the swap is larger than the disk.
    func cap(_ fitting: Fitting, speedup: Double, host: HostFacts) throws(PlanError) -> Plan.Cap? {
        guard let memory = droplet.memoryBytes, let kneeOfModel = kneeConnections else { return nil }
        let base = droplet.baseBytes ?? 0
        guard memory > base + Self.emptyTargetBytes else {
            throw .invalid(
                "target.droplet.memory is \(UnitText.bytes(memory)), but before its first connection the machine holds "
                    + "\(UnitText.bytes(base)) (target.droplet.base) and an empty server \(UnitText.bytes(Self.emptyTargetBytes)). "
                    + "Give it more memory than that.")
        }
        let charged = Costs.chargedKernelBytes(on: host) + waitingBytes + Costs.targetUserBytes + Double(footprintBytes) * fitting.footprintScale
        let knee = Int(Double(kneeOfModel) * fitting.connectionScale)
        let swapScale = charged / modelBytes * fitting.connectionScale
        var cap = Plan.Cap(
            kneeConnections: knee, ceilingConnections: nil, chargedBytes: charged, baseBytes: Self.emptyTargetBytes,
            swapBytes: droplet.swapBytes.map { UInt64(Double($0) * swapScale) },
            swapBytesPerSecond: droplet.swapBytesPerSecond.map { $0 * swapScale * speedup })
        if isCommand {
            cap.exactBytes = memory - base
            cap.chargedBytes = kernelBytes
            cap.swapBytes = droplet.swapBytes
            cap.swapBytesPerSecond = droplet.swapBytesPerSecond
        } else if let swap = cap.swapBytes {
            let unswappable = charged - Double(footprintBytes) * fitting.footprintScale
            cap.ceilingConnections = Int(
                min(Double(knee) + Double(swap) / charged, Double(knee) * charged / unswappable))
        }
        if host.capUnavailableBecause == nil { try checkDisk(cap, host) }
        return cap
    }

    /// What the swap's server carries out of memory, bytes a second: measured at 420 to 490 MB/s on two CPUs.
    private static let swapServerBytesPerSecond = 400e6

    static func notes(_ cap: Plan.Cap) -> [String] {
        guard let speed = cap.swapBytesPerSecond, speed > swapServerBytesPerSecond else { return [] }
        return [
            "The droplet's swap would move \(UnitText.bytes(UInt64(speed))) a second here. The server that holds its speed "
                + "carries some 400 MB out of memory and 120 MB back into it, so it may be slower than that."
        ]
    }

    /// What a cap does not hold here, in a sentence; nil when it holds all.
    func escape(_ host: HostFacts) -> String? {
        guard !Costs.chargesSockets(host) else { return nil }
        let (held, charged) = (Int(Costs.chargedKernelBytes), Int(Costs.chargedWithoutSocketBytes))
        let escape = "Accepted sockets are outside of the droplet's memory: before Linux 6.12 (this is \(host.kernelRelease)) the kernel "
            + "charges \(UnitText.count(charged)) of the \(UnitText.count(held)) bytes it holds for one."
        return isCommand
            ? "\(escape) The command has that much more room than on its machine."
            : "\(escape) The limit is lower by as much, so that it is full at the same number of connections."
    }

    private func checkDisk(_ cap: Plan.Cap, _ host: HostFacts) throws(PlanError) {
        guard let swap = cap.swapBytes, swap > 0, let free = host.swapDiskFreeBytes, swap > free else { return }
        throw .hostCannot(
            "The droplet's swap takes a file of \(UnitText.bytes(swap)) here, but the disk has \(UnitText.bytes(free)) free. "
                + "Make room, or give the droplet less with --set target.droplet.swap=…, or none.")
    }
}

extension Plan {
    /// The profile's footprint as this run allocates it.
    static func footprint(_ profile: Profile, scale: Double) -> [FootprintPart] {
        profile.footprint.map { part in
            FootprintPart(
                name: part.name, bytes: scaled(part.bytes, scale), modelBytes: part.bytes, onMessage: part.onMessage,
                hibernatedBytes: part.hibernatedBytes.map { scaled($0, scale) }, basis: part.basis, source: part.source)
        }
    }

    /// Whole words of eight bytes, and at least one: what a heap hands out.
    private static func scaled(_ bytes: UInt64, _ scale: Double) -> UInt64 {
        scale == 1 ? bytes : max(8, UInt64((Double(bytes) * scale / 8).rounded()) * 8)
    }
}
