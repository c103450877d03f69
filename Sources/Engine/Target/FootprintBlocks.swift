/// One part of the footprint in a lane: which block each connection has, and what becomes of it.
///
/// A block follows from the slot, and nothing is kept for it, unless blocks change hands: with copies or hibernation four
/// bytes a connection say where its block is, and as many for each block that was given back.
struct FootprintBlocks {
    let access: FootprintPart.Access
    let hibernates: Bool
    /// Of connections that are awake.
    private var awake: SizeClass
    /// Of connections that hibernate.
    private var asleep: SizeClass
    /// The block of each slot, in the class that its connection is in now.
    private let places: UnsafeMutablePointer<UInt32>
    private let seed: UInt64

    /// Sizes as they are allocated.
    static func awakeBytes(_ part: FootprintPart) -> Int { rounded(part.bytes) }
    static func asleepBytes(_ part: FootprintPart) -> Int { min(awakeBytes(part), rounded(part.hibernatedBytes ?? part.bytes)) }

    /// To whole words. What is beyond the address space in any case is refused by the kernel, so it need not be exact.
    private static func rounded(_ bytes: Int) -> Int { (min(max(bytes, 0), 1 << 40) + 7) / 8 * 8 }

    /// Where the memory of a part lies: behind one another from `start` on.
    struct Layout {
        let awake, asleep, awakeFree, asleepFree, places, end: Int

        init(_ part: FootprintPart, slots: Int, hibernates: Bool, start: Int) {
            // A copy is made before the old block is given back.
            let blocks = slots + 1
            func page(_ offset: Int) -> Int { (offset + 4_095) / 4_096 * 4_096 }
            awake = page(start)
            asleep = page(awake + SizeClass.memoryBytes(blockBytes: awakeBytes(part), count: blocks))
            let asleepBytes = hibernates ? SizeClass.memoryBytes(blockBytes: asleepBytes(part), count: blocks) : 0
            awakeFree = page(asleep + asleepBytes)
            asleepFree = page(awakeFree + blocks * 4)
            places = page(asleepFree + blocks * 4)
            end = page(places + slots * 4)
        }
    }

    /// Whether hibernation changes anything of the part.
    static func hibernates(_ part: FootprintPart) -> Bool { asleepBytes(part) < awakeBytes(part) }

    init(_ part: FootprintPart, number: Int, lane: Int, slots: Int, hibernates: Bool, layout: Layout, memory: UnsafeMutableRawPointer) {
        access = part.access
        self.hibernates = hibernates
        seed = Keyed.mixed(UInt64(lane) << 32 | UInt64(number))
        func numbers(_ offset: Int, _ count: Int) -> UnsafeMutablePointer<UInt32> {
            (memory + offset).bindMemory(to: UInt32.self, capacity: count)
        }
        awake = SizeClass(
            blockBytes: FootprintBlocks.awakeBytes(part), memory: memory + layout.awake,
            free: numbers(layout.awakeFree, slots + 1), salt: UInt32(truncatingIfNeeded: seed))
        asleep = SizeClass(
            blockBytes: FootprintBlocks.asleepBytes(part), memory: memory + layout.asleep,
            free: numbers(layout.asleepFree, slots + 1), salt: UInt32(truncatingIfNeeded: seed >> 32))
        places = numbers(layout.places, slots)
    }

    private var isMovable: Bool { hibernates || access == .copy }
    private func seed(_ slot: UInt32) -> UInt64 { Keyed.mixed(seed &+ UInt64(slot)) }

    /// Where a joined connection's part lies.
    func block(_ slot: UInt32, isAsleep: Bool) -> UnsafeRawBufferPointer {
        if isAsleep && hibernates {
            return UnsafeRawBufferPointer(start: asleep[places[Int(slot)]], count: asleep.blockBytes)
        }
        return UnsafeRawBufferPointer(start: awake[place(slot)], count: awake.blockBytes)
    }

    /// The block of a connection that is awake.
    @inline(__always) private func place(_ slot: UInt32) -> UInt32 {
        isMovable ? places[Int(slot)] : awake.scattered(slot)
    }

    mutating func join(_ slot: UInt32) {
        if isMovable { places[Int(slot)] = awake.take() }
        Incompressible.write(awake[place(slot)], to: awake.blockBytes, seed: seed(slot))
    }

    mutating func leave(_ slot: UInt32, isAsleep: Bool) {
        guard isMovable else { return }
        if isAsleep && hibernates { asleep.giveBack(places[Int(slot)]) } else { awake.giveBack(places[Int(slot)]) }
    }

    /// A message came for a connection that is awake.
    mutating func use(_ slot: UInt32) {
        switch access {
        case .none: break
        case .touch: Incompressible.touch(awake[place(slot)], bytes: awake.blockBytes)
        case .copy:
            let old = places[Int(slot)], new = awake.take()
            awake[new].copyMemory(from: awake[old], byteCount: awake.blockBytes)
            awake.giveBack(old)
            places[Int(slot)] = new
        }
    }

    /// What is to be kept moves to a smaller block.
    mutating func hibernate(_ slot: UInt32) {
        guard hibernates else { return }
        let old = places[Int(slot)], new = asleep.take()
        asleep[new].copyMemory(from: awake[old], byteCount: asleep.blockBytes)
        awake.giveBack(old)
        places[Int(slot)] = new
    }

    /// The part is whole again, and written: that is all a message does to it then.
    mutating func wake(_ slot: UInt32) {
        guard hibernates else { return use(slot) }
        let old = places[Int(slot)], new = awake.take()
        awake[new].copyMemory(from: asleep[old], byteCount: asleep.blockBytes)
        Incompressible.write(awake[new], from: asleep.blockBytes, to: awake.blockBytes, seed: seed(slot))
        asleep.giveBack(old)
        places[Int(slot)] = new
    }
}
