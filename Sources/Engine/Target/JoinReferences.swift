/// The join_ref of each V2 connection that has joined, as raw JSON: what Phoenix' socket keeps for its channel.
///
/// Only connections that speak V2 touch this memory.
struct JoinReferences: ~Copyable {
    /// A length and `PhoenixV2.joinRefLimitBytes`.
    private static let strideBytes = 1 + PhoenixV2.joinRefLimitBytes

    private let memory: UnsafeMutableRawPointer
    private let slots: Int

    init(slots: Int) {
        self.slots = slots
        memory = Pages.map(bytes: slots * JoinReferences.strideBytes)
    }

    deinit { Pages.unmap(memory, bytes: slots * JoinReferences.strideBytes) }

    subscript(slot: UInt32) -> UnsafeRawBufferPointer {
        let start = memory + Int(slot) * JoinReferences.strideBytes
        return UnsafeRawBufferPointer(start: start + 1, count: Int(start.load(as: UInt8.self)))
    }

    /// Keeps the join_ref of a join.
    func set(_ slot: UInt32, _ message: PhoenixV2.Message, _ text: UnsafeRawBufferPointer) {
        let start = memory + Int(slot) * JoinReferences.strideBytes
        let count = PhoenixV2.writeJoinRef(of: message, in: text, to: start + 1)
        start.storeBytes(of: UInt8(count), as: UInt8.self)
    }
}
