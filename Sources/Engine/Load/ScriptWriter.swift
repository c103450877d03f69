/// Makes a script of a session's steps, once per process.
extension Script {
    /// A session that a lane cannot play, in a sentence.
    struct Refusal: Error, CustomStringConvertible {
        var description: String
    }

    /// `lastUser` is the largest user's number: messages are measured with it.
    init(_ steps: [SessionStep], lastUser: UInt64) throws(Refusal) {
        var writer = ScriptWriter()
        guard steps.first == .connect else { throw Refusal(description: "A session starts with connect.") }
        // The outermost list comes first, so its places are kept while the loops' lists are written behind it.
        let (first, turn) = try writer.list(steps)
        guard writer.items.count > 0, first == 0, turn.steps <= UInt64(UInt32.max) - 1 else {
            throw Refusal(description: "A session has at most 4,294,967,294 steps, all loops written out.")
        }
        let refDigits = Decimal.count(turn.refs + 1)
        for operation in writer.operations {
            let payload =
                Int(operation.literalBytes) + Int(operation.users) * Decimal.count(lastUser) + Int(operation.refs) * refDigits
            guard payload + Frame.headerBytes(payloadBytes: payload, isMasked: true) <= Blocks.bytes else {
                throw Refusal(description: "A message of \(payload) bytes is longer than a lane's buffers of \(Blocks.bytes) bytes.")
            }
        }
        items = ScriptWriter.memory(writer.items)
        operations = ScriptWriter.memory(writer.operations)
        pieces = ScriptWriter.memory(writer.pieces)
        bytes = ScriptWriter.memory(writer.bytes)
        rootCount = UInt32(steps.count)
        count = UInt32(turn.steps)
        refCount = UInt32(turn.refs)
        frameCount = UInt32(turn.frames)
        openingPlace = UInt32(writer.firstJoin ?? 0)
        hasJoin = writer.firstJoin != nil
        joinedAtEnd = writer.joined
        hasFrames = writer.hasFrames
        echoes = writer.operations.contains { $0.kind == .echo }
        waits = writer.operations.contains { $0.waits }
        longestWaitNanoseconds = writer.operations.reduce(0) { max($0, $1.nanoseconds) }
    }
}

/// The lists of a script while they grow.
private struct ScriptWriter {
    /// What a list of steps comes to, played once.
    struct Turn {
        var steps: UInt64 = 0
        var refs: UInt64 = 0
        var frames: UInt64 = 0
    }

    var items: [Script.Item] = []
    var operations: [Script.Operation] = []
    var pieces: [Script.Piece] = []
    var bytes: [UInt8] = []
    var hasFrames = false
    /// The place of the first join.
    var firstJoin: UInt64?
    /// Topics joined behind the last operation written.
    private(set) var joined: UInt16 = 0
    /// Where the list being written stands in the whole session, at its first turn.
    private var place: UInt64 = 0

    /// Memory that is never given back.
    static func memory<T>(_ values: [T]) -> UnsafePointer<T> {
        let memory = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
        memory.initialize(from: values, count: values.count)
        return UnsafePointer(memory)
    }

    /// Writes a list and what is in it; returns its first item and what it comes to.
    mutating func list(_ steps: [SessionStep]) throws(Script.Refusal) -> (first: Int, turn: Turn) {
        let first = items.count
        items += Array(repeating: Script.Item(), count: steps.count)
        var turn = Turn()
        let start = place
        for (index, step) in steps.enumerated() {
            place = start + turn.steps
            var item = Script.Item()
            (item.start, item.refsBefore, item.framesBefore) =
                (UInt32(clamping: turn.steps), UInt32(clamping: turn.refs), UInt32(clamping: turn.frames))
            if case .loop(let times, let body) = step {
                guard times > 0, !body.isEmpty else { throw Script.Refusal(description: "A loop has steps and is played at least once.") }
                let (bodyFirst, body) = (items.count, try list(body).turn)
                (item.first, item.count) = (UInt32(bodyFirst), UInt32(step.bodyCount))
                (item.turnSteps, item.turnRefs, item.turnFrames) =
                    (UInt32(clamping: body.steps), UInt32(clamping: body.refs), UInt32(clamping: body.frames))
                let (all, overflow) = body.steps.multipliedReportingOverflow(by: UInt64(times))
                guard !overflow, all < UInt64(UInt32.max) else {
                    throw Script.Refusal(description: "A session has at most 4,294,967,294 steps, all loops written out.")
                }
                turn.steps += all
                turn.refs += body.refs * UInt64(times)
                turn.frames += body.frames * UInt64(times)
            } else {
                item.first = UInt32(operations.count)
                let operation = operation(step)
                operations.append(operation)
                turn.steps += 1
                if operation.takesRef { turn.refs += 1 }
                if operation.takesFrame { turn.frames += 1 }
            }
            items[first + index] = item
        }
        return (first, turn)
    }

    private mutating func operation(_ step: SessionStep) -> Script.Operation {
        var operation = Script.Operation()
        operation.joinedBefore = joined
        switch step {
        case .connect: operation.kind = .connect
        case .rest, .loop: operation.kind = .rest
        case .echo: operation.kind = .echo
        case .close: operation.kind = .close
        case .think(let seconds):
            operation.kind = .think
            operation.nanoseconds = seconds * 1e9
        case .thinkExponential(let seconds):
            operation.kind = .thinkExponential
            operation.nanoseconds = seconds * 1e9
        case .join(let topic):
            operation.kind = .join
            // Tsung's frames are binary, and its scenario has these spaces.
            operation.opcode = .binary
            compose(&operation, [#"{"topic":"\#(topic)", "event":"phx_join", "payload": {"user":"\#(SessionStep.user)"}, "ref":""#, #""}"#], topic)
            if firstJoin == nil { firstJoin = place }
            joined += 1
        case .leave(let topic):
            operation.kind = .leave
            compose(&operation, [#"{"topic":"\#(topic)","event":"phx_leave","payload":{},"ref":""#, #""}"#], topic)
            joined -= min(joined, 1)
        case .heartbeat:
            operation.kind = .send
            compose(&operation, [#"{"topic":"phoenix","event":"heartbeat","payload":{},"ref":""#, #""}"#], "phoenix")
        case .push(let topic, let event, let payload, let ack):
            operation.kind = .send
            compose(&operation, [#"{"topic":"\#(topic)","event":"\#(event)","payload":\#(payload),"ref":""#, #""}"#], topic)
            operation.ack = ack
        case .frame(let isText, let content, let ack):
            operation.kind = .send
            operation.opcode = isText ? .text : .binary
            operation.ack = ack
            operation.firstPiece = UInt32(pieces.count)
            put(content, &operation)
            operation.pieceCount = UInt32(pieces.count) - operation.firstPiece
            hasFrames = true
        }
        return operation
    }

    /// A message with a ref between its two parts, and its reply to wait for.
    private mutating func compose(_ operation: inout Script.Operation, _ parts: [String], _ topic: String) {
        operation.takesRef = true
        operation.ack = .reply
        operation.topic = append(Array(topic.utf8))
        operation.firstPiece = UInt32(pieces.count)
        for (index, part) in parts.enumerated() {
            if index > 0 {
                pieces.append(.ref)
                operation.refs += 1
            }
            put(Array(part.utf8), &operation)
        }
        operation.pieceCount = UInt32(pieces.count) - operation.firstPiece
    }

    /// Bytes in which the user's number may stand.
    private mutating func put(_ content: [UInt8], _ operation: inout Script.Operation) {
        let mark = Array(SessionStep.user.utf8)
        var start = 0
        var at = 0
        while at < content.count {
            guard content[at...].starts(with: mark) else {
                at += 1
                continue
            }
            literal(content[start..<at], &operation)
            pieces.append(.user)
            operation.users += 1
            at += mark.count
            start = at
        }
        literal(content[start...], &operation)
    }

    private mutating func literal(_ content: ArraySlice<UInt8>, _ operation: inout Script.Operation) {
        guard !content.isEmpty else { return }
        pieces.append(.literal(append(Array(content))))
        operation.literalBytes += UInt32(content.count)
    }

    private mutating func append(_ content: [UInt8]) -> ByteRange {
        defer { bytes += content }
        return ByteRange(bytes.count, bytes.count + content.count)
    }
}

extension SessionStep {
    /// Steps that a loop is written with.
    fileprivate var bodyCount: Int {
        if case .loop(_, let body) = self { body.count } else { 0 }
    }
}
