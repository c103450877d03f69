/// What travels through the kernel with an operation: which it was, for which use of which slot, with which block.
///
/// 64 bits: operation (8) · generation (16) · block (18) · slot (22).
struct Token {
    static let slotLimit: UInt32 = 1 << 22
    static let blockLimit: UInt32 = 1 << 18

    let raw: UInt64

    @inline(__always) init(raw: UInt64) { self.raw = raw }

    @inline(__always) init(_ operation: Operation, _ handle: Handle, block: UInt32 = 0) {
        raw = UInt64(operation.rawValue) &<< 56 | UInt64(handle.generation) &<< 40
            | UInt64(block & (Token.blockLimit &- 1)) &<< 22 | UInt64(handle.slot & (Token.slotLimit &- 1))
    }

    /// nil for a token this project never made.
    @inline(__always) var operation: Operation? { Operation(rawValue: UInt8(truncatingIfNeeded: raw &>> 56)) }
    @inline(__always) var handle: Handle {
        Handle(
            slot: UInt32(truncatingIfNeeded: raw) & (Token.slotLimit &- 1),
            generation: UInt16(truncatingIfNeeded: raw &>> 40))
    }
    @inline(__always) var block: UInt32 { UInt32(truncatingIfNeeded: raw &>> 22) & (Token.blockLimit &- 1) }
}
