/// A message of which the kernel took only a part so far.
struct PartialSend {
    var handle: Handle
    var buffer: UnsafeRawPointer
    var count: Int
    var done: Int
    var block: UInt32
}

/// Partial sends of a lane, few and rare: searched, not indexed.
struct PartialSends: ~Copyable {
    static let limit = 1_024
    private let items: UnsafeMutablePointer<PartialSend>
    private(set) var count = 0

    init() {
        items = Pages.map(bytes: PartialSends.limit * MemoryLayout<PartialSend>.stride)
            .bindMemory(to: PartialSend.self, capacity: PartialSends.limit)
    }

    deinit {
        Pages.unmap(UnsafeMutableRawPointer(items), bytes: PartialSends.limit * MemoryLayout<PartialSend>.stride)
    }

    mutating func add(_ part: PartialSend) -> Bool {
        guard count < PartialSends.limit else { return false }
        items[count] = part
        count += 1
        return true
    }

    func find(_ handle: Handle) -> Int? {
        for index in 0..<count where items[index].handle == handle { return index }
        return nil
    }

    mutating func remove(_ index: Int) {
        count -= 1
        items[index] = items[count]
    }

    subscript(index: Int) -> PartialSend {
        get { items[index] }
        set { items[index] = newValue }
    }
}
