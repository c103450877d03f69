/// Phoenix channels as Phoenix 1.1.4 speaks them (`vsn` 1.0.0): JSON objects with topic, event, payload and ref.
///
/// This file is what both sides need; PhoenixV1Client and PhoenixV1Server hold what each of them writes and reads.
enum PhoenixV1 {
    /// The original's topic.
    static var lobby: StaticString { "rooms:lobby" }

    /// Longest topic, event and ref taken, as they are spelt on the wire. Phoenix has no limit; a lane's buffers have.
    static let topicLimitBytes = 256
    static let eventLimitBytes = 128
    static let refLimitBytes = 64

    /// A message whose four members were found. Ranges are offsets into the bytes that were parsed.
    struct Message: Equatable {
        /// Between the quotes, escapes as they stand.
        var topic = ByteRange.none
        /// Between the quotes, escapes as they stand.
        var event = ByteRange.none
        /// The whole value with its quotes, if it has any: it is only ever copied back.
        var ref = ByteRange.none
        /// The whole value, whatever it is.
        var payload = ByteRange.none
    }

    /// What a target has to tell apart; every other event is the channel's own or crashes it.
    enum Event: UInt8 {
        case join
        case leave
        case heartbeat
        case newMessage
        case other
    }

    static func event(_ message: Message, in bytes: UnsafeRawBufferPointer) -> Event {
        event(named: message.event.bytes(in: bytes))
    }

    /// Which event a name, spelt as between JSON's quotes, is.
    static func event(named text: UnsafeRawBufferPointer) -> Event {
        if JSONText.says(text, "phx_join") { return .join }
        if JSONText.says(text, "heartbeat") { return .heartbeat }
        if JSONText.says(text, "new:msg") { return .newMessage }
        if JSONText.says(text, "phx_leave") { return .leave }
        return .other
    }

    static func isTopic(_ message: Message, _ topic: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        JSONText.says(message.topic.bytes(in: bytes), topic)
    }

    /// Reads any message; nil for bad JSON, a missing member or one of the wrong kind, which close with 1011 as in
    /// Phoenix 1.1.4. Members come in any order; of two with one name the last counts; unknown ones are passed over.
    static func scan(_ bytes: UnsafeRawBufferPointer) -> Message? {
        guard UTF8Check.isValid(bytes) else { return nil }
        var scanner = JSONScanner(bytes)
        var message = Message()
        var seen: UInt8 = 0
        scanner.skipSpace()
        guard scanner.take(0x7B) else { return nil }
        repeat {
            scanner.skipSpace()
            guard let name = scanner.string() else { return nil }
            scanner.skipSpace()
            guard scanner.take(0x3A) else { return nil }
            scanner.skipSpace()
            guard member(name.bytes(in: bytes), &scanner, &message, &seen) else { return nil }
            scanner.skipSpace()
        } while scanner.take(0x2C)
        guard scanner.take(0x7D) else { return nil }
        scanner.skipSpace()
        return scanner.isAtEnd && seen == 0b1111 ? message : nil
    }

    /// Takes one member's value and notes it if it is one of the four.
    private static func member(
        _ name: UnsafeRawBufferPointer, _ scanner: inout JSONScanner, _ message: inout Message, _ seen: inout UInt8
    ) -> Bool {
        if JSONText.says(name, "topic") {
            guard let topic = scanner.string(), topic.count <= topicLimitBytes else { return false }
            message.topic = topic
            seen |= 1
        } else if JSONText.says(name, "event") {
            guard let event = scanner.string(), event.count <= eventLimitBytes else { return false }
            message.event = event
            seen |= 2
        } else if JSONText.says(name, "ref") {
            // A string from every known client; null in what a server sends; a number does no harm.
            let isPlain = scanner.peek == 0x22 || scanner.peek == 0x6E || scanner.peek == 0x2D || ASCII.isDigit(scanner.peek)
            guard isPlain, let ref = scanner.value(), ref.count <= refLimitBytes else { return false }
            message.ref = ref
            seen |= 4
        } else {
            guard let value = scanner.value() else { return false }
            if JSONText.says(name, "payload") {
                message.payload = value
                seen |= 8
            }
        }
        return true
    }
}
