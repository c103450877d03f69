/// A session in flat memory: prepared messages, and the way from a place in it to the step that is played there.
///
/// A user's place is one number: how many steps it has played when all loops are written out. Division and remainder
/// through the nested loops find the step, so a user needs no counter of its own for any loop. Refs and frames are
/// numbered by place likewise: a user's n-th message with a ref has ref n.
///
/// The memory is written once, read by all lanes, and lives as long as the process.
struct Script {
    enum Kind: UInt8 {
        case connect, join, send, think, thinkExponential, leave, close, echo, rest
    }

    /// A step as it is written.
    struct Operation {
        var kind = Kind.rest
        var ack = SessionStep.Acknowledgement.none
        var opcode = Opcode.text
        var takesRef = false
        /// Topics that a user has joined when it comes here.
        var joinedBefore: UInt16 = 0
        /// How often the user's number and the ref stand in the message.
        var users: UInt16 = 0
        var refs: UInt16 = 0
        /// Bytes of the message without them.
        var literalBytes: UInt32 = 0
        var firstPiece: UInt32 = 0
        var pieceCount: UInt32 = 0
        /// Where the topic stands among the bytes.
        var topic = ByteRange.none
        /// Length of a think, or its mean, model nanoseconds.
        var nanoseconds = 0.0

        /// The wheel may be needed here.
        var waits: Bool {
            switch kind {
            case .think, .thinkExponential, .close, .echo: true
            case .connect, .join, .send, .leave, .rest: false
            }
        }

        /// A frame is sent here.
        var takesFrame: Bool {
            switch kind {
            case .join, .send, .leave, .close: true
            case .connect, .think, .thinkExponential, .echo, .rest: false
            }
        }
    }

    /// What a message is put together from.
    enum Piece {
        case literal(ByteRange)
        case user
        case ref
    }

    /// One element of a list of steps: an operation, or a loop with a list of its own.
    struct Item {
        /// Steps, refs and frames of the elements before it in its list.
        var start: UInt32 = 0
        var refsBefore: UInt32 = 0
        var framesBefore: UInt32 = 0
        /// Of one turn of a loop; 0 steps is an operation.
        var turnSteps: UInt32 = 0
        var turnRefs: UInt32 = 0
        var turnFrames: UInt32 = 0
        /// The operation, or the first item of the loop's list.
        var first: UInt32 = 0
        /// Items of that list.
        var count: UInt32 = 0
    }

    /// A place, looked up.
    struct Step {
        var operation: UnsafePointer<Operation>
        /// The ref of its message, if it takes one.
        var ref: UInt64
        /// The number of its frame, if it sends one: no two frames of a user have the same.
        var frame: UInt64
    }

    let items: UnsafePointer<Item>
    let operations: UnsafePointer<Operation>
    let pieces: UnsafePointer<Piece>
    let bytes: UnsafePointer<UInt8>
    /// Items of the outermost list, which are the first.
    let rootCount: UInt32
    /// Steps with all loops written out: the place behind the last one.
    let count: UInt32
    /// Refs and frames of a whole session.
    let refCount: UInt32
    let frameCount: UInt32
    /// Up to the step at this place, the first join or else the connect, a user is on its way.
    let openingPlace: UInt32
    let hasJoin: Bool
    /// Topics joined when a session is over.
    let joinedAtEnd: UInt16
    /// Some frames are sent as they are: what a server says to them need not be Phoenix.
    let hasFrames: Bool
    /// The session ends in an echo.
    let echoes: Bool
    /// Some step waits by the clock.
    let waits: Bool
    /// The longest wait by the clock that is worth a wheel's reach, model nanoseconds.
    let longestWaitNanoseconds: Double

    /// The step at `place`, which is below `count`.
    @inline(__always) func step(at place: UInt32) -> Step {
        assert(place < count)
        var place = place
        var list = items
        var length = Int(rootCount)
        var refs: UInt64 = 1
        var frames: UInt64 = 0
        while true {
            let item = list[Script.index(of: place, list, length)]
            refs &+= UInt64(item.refsBefore)
            frames &+= UInt64(item.framesBefore)
            if item.turnSteps == 0 { return Step(operation: operations + Int(item.first), ref: refs, frame: frames) }
            let (turn, within) = (place &- item.start).quotientAndRemainder(dividingBy: item.turnSteps)
            refs &+= UInt64(turn) &* UInt64(item.turnRefs)
            frames &+= UInt64(turn) &* UInt64(item.turnFrames)
            place = within
            list = items + Int(item.first)
            length = Int(item.count)
        }
    }

    /// The last item that starts at `place` or before it.
    @inline(__always) private static func index(of place: UInt32, _ list: UnsafePointer<Item>, _ count: Int) -> Int {
        var low = 0
        var high = count
        while high &- low > 1 {
            let middle = (low &+ high) &>> 1
            if list[middle].start <= place { low = middle } else { high = middle }
        }
        return low
    }

    /// Topics that a user at `place` has joined.
    func joined(at place: UInt32) -> UInt16 {
        place < count ? step(at: place).operation.pointee.joinedBefore : joinedAtEnd
    }

    func topic(_ operation: UnsafePointer<Operation>) -> UnsafeRawBufferPointer {
        let topic = operation.pointee.topic
        return UnsafeRawBufferPointer(start: bytes + Int(topic.start), count: Int(topic.count))
    }

    /// Writes the step's whole frame, which fits a block, and returns its length.
    @inline(__always) func write(_ step: Step, user: UInt64, mask: UInt32, to out: UnsafeMutableRawPointer) -> Int {
        let operation = step.operation.pointee
        let payload =
            Int(operation.literalBytes) &+ Int(operation.users) &* Decimal.count(user)
            &+ Int(operation.refs) &* Decimal.count(step.ref)
        let header = Frame.writeMaskedHeader(operation.opcode, payloadBytes: payload, mask: mask, to: out)
        let written = writePayload(step, user: user, to: out + header)
        assert(written == payload)
        Mask.apply(mask, to: out + header, count: payload)
        return header &+ payload
    }

    /// Writes what the step's frame carries, as its server reads it, and returns its length.
    @inline(__always) func writePayload(_ step: Step, user: UInt64, to out: UnsafeMutableRawPointer) -> Int {
        let operation = step.operation.pointee
        var writer = ByteWriter(out)
        for at in Int(operation.firstPiece)..<Int(operation.firstPiece &+ operation.pieceCount) {
            switch pieces[at] {
            case .literal(let range): writer.put(UnsafeRawPointer(bytes + Int(range.start)), Int(range.count))
            case .user: writer.putDecimal(user)
            case .ref: writer.putDecimal(step.ref)
            }
        }
        return writer.count
    }
}
