/// The listening sockets a lane takes connections from: one for each target port.
struct Listeners {
    static let limit = 8
    private var descriptors: (Int32, Int32, Int32, Int32, Int32, Int32, Int32, Int32) = (-1, -1, -1, -1, -1, -1, -1, -1)
    private(set) var count = 0
    private(set) var open = 0
    var stopping = false

    /// nil when the table is full.
    mutating func add(_ descriptor: Int32) -> Int? {
        if stopping && open == 0 {
            count = 0
            stopping = false
        }
        guard count < Listeners.limit else { return nil }
        self[count] = descriptor
        count += 1
        open += 1
        return count - 1
    }

    mutating func close(_ index: Int) {
        guard self[index] >= 0 else { return }
        self[index] = -1
        open -= 1
    }

    subscript(index: Int) -> Int32 {
        get { withUnsafeBytes(of: descriptors) { $0.load(fromByteOffset: index * 4, as: Int32.self) } }
        set { withUnsafeMutableBytes(of: &descriptors) { $0.storeBytes(of: newValue, toByteOffset: index * 4, as: Int32.self) } }
    }
}
