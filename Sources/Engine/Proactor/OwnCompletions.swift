/// Completions an engine makes itself, first in first out.
struct OwnCompletions: ~Copyable {
    static let limit = 8_192
    private let items: UnsafeMutablePointer<Completion>
    private var head = 0
    private var tail = 0

    init() {
        items = Pages.map(bytes: OwnCompletions.limit * MemoryLayout<Completion>.stride)
            .bindMemory(to: Completion.self, capacity: OwnCompletions.limit)
    }

    deinit { Pages.unmap(UnsafeMutableRawPointer(items), bytes: OwnCompletions.limit * MemoryLayout<Completion>.stride) }

    var isEmpty: Bool { head == tail }
    var room: Int { OwnCompletions.limit - (tail - head) }

    @inline(__always) mutating func push(_ completion: Completion) {
        precondition(tail &- head < OwnCompletions.limit, "simbench: more operations than the lane's room allowed")
        items[tail & (OwnCompletions.limit - 1)] = completion
        tail &+= 1
    }

    @inline(__always) mutating func pop() -> Completion? {
        guard head != tail else { return nil }
        let completion = items[head & (OwnCompletions.limit - 1)]
        head &+= 1
        // An empty queue starts over, so that it touches as few pages as it ever held.
        if head == tail { head = 0; tail = 0 }
        return completion
    }
}
