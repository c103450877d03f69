/// Phoenix channels as Phoenix has spoken them since 1.3 (`vsn` 2.0.0): text frames hold a JSON array, binary frames a
/// short header and data. The rules here and in PhoenixV2Server are those of Phoenix 1.8.9.
///
/// Text (`decode_text` of lib/phoenix/socket/serializers/v2_json_serializer.ex): `[join_ref, ref, topic, event, payload]`.
/// Binary from a client (`decode_binary`, and `binaryEncode` of assets/js/phoenix/serializer.js): the byte 0, the lengths of
/// join_ref, ref, topic and event, a byte each, those four, and data up to the frame's end.
enum PhoenixV2 {
    /// Longest join_ref taken, bytes, as raw JSON: a connection keeps it for as long as its channel lives.
    static let joinRefLimitBytes = 31
    static let binaryHeaderBytes = 5

    typealias Event = PhoenixV1.Event

    /// A message whose parts were found. Ranges are offsets into the bytes that were parsed.
    struct Message: Equatable {
        /// In a text message the whole value: a string with its quotes and without escapes, a number or null. In a binary
        /// message the string itself, which has no quotes there and needs no escapes.
        var joinRef = ByteRange.none
        /// As `joinRef`.
        var ref = ByteRange.none
        /// In a text message between the quotes, escapes as they stand; in a binary one the string itself.
        var topic = ByteRange.none
        /// As `topic`.
        var event = ByteRange.none
        /// In a text message the whole value, whatever it is; in a binary one the data.
        var payload = ByteRange.none
        var isBinary = false
    }

    static func event(_ message: Message, in bytes: UnsafeRawBufferPointer) -> Event {
        PhoenixV1.event(named: message.event.bytes(in: bytes))
    }

    static func isTopic(_ message: Message, _ topic: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        JSONText.says(message.topic.bytes(in: bytes), topic)
    }

    /// Reads a text message; nil for bad JSON, fewer than five elements, a part of the wrong kind or one too long. Phoenix'
    /// decoder raises then, which ends the socket: close with 1011.
    ///
    /// Elements beyond the fifth are passed over, as Phoenix does. Narrower than Phoenix, which no known client notices:
    /// topic and event have to be strings (it answers "unmatched topic"), and a ref has to be a string without escapes, a
    /// number or null (it echoes any value), so that the same ref can be written in a binary reply.
    static func scan(_ bytes: UnsafeRawBufferPointer) -> Message? {
        guard UTF8Check.isValid(bytes) else { return nil }
        var scanner = JSONScanner(bytes)
        var message = Message()
        scanner.skipSpace()
        guard scanner.take(0x5B), let joinRef = ref(&scanner, limitBytes: joinRefLimitBytes), comma(&scanner),
            let ref = ref(&scanner, limitBytes: PhoenixV1.refLimitBytes), comma(&scanner),
            let topic = name(&scanner, limitBytes: PhoenixV1.topicLimitBytes), comma(&scanner),
            let event = name(&scanner, limitBytes: PhoenixV1.eventLimitBytes), comma(&scanner),
            let payload = element(&scanner)
        else { return nil }
        message.joinRef = joinRef
        message.ref = ref
        message.topic = topic
        message.event = event
        message.payload = payload
        while scanner.take(0x2C) {
            guard element(&scanner) != nil else { return nil }
        }
        guard scanner.take(0x5D) else { return nil }
        scanner.skipSpace()
        return scanner.isAtEnd ? message : nil
    }

    private static func ref(_ scanner: inout JSONScanner, limitBytes: Int) -> ByteRange? {
        scanner.skipSpace()
        let first = scanner.peek
        guard first == 0x22 || first == 0x6E || first == 0x2D || ASCII.isDigit(first), let ref = scanner.value(),
            ref.count <= limitBytes
        else { return nil }
        for c in ref.bytes(in: scanner.bytes) where c == 0x5C { return nil }
        return ref
    }

    private static func name(_ scanner: inout JSONScanner, limitBytes: Int) -> ByteRange? {
        scanner.skipSpace()
        guard let name = scanner.string(), name.count <= limitBytes else { return nil }
        return name
    }

    /// Takes a value of any kind and the space around it.
    private static func element(_ scanner: inout JSONScanner) -> ByteRange? {
        scanner.skipSpace()
        let value = scanner.value()
        scanner.skipSpace()
        return value
    }

    private static func comma(_ scanner: inout JSONScanner) -> Bool {
        scanner.skipSpace()
        return scanner.take(0x2C)
    }

    /// Reads a binary message; nil for any kind but a push, a header that does not fit, or a part too long: close with
    /// 1011, as Phoenix' decoder raises.
    ///
    /// Narrower than Phoenix, which no known client notices: the four parts have to be UTF-8 without the characters that
    /// JSON escapes, so that they can be echoed in either kind of frame as they are. An empty join_ref is the empty
    /// string and not null, as for Phoenix.
    static func scanBinary(_ bytes: UnsafeRawBufferPointer) -> Message? {
        guard bytes.count >= binaryHeaderBytes, bytes[0] == BinaryKind.push else { return nil }
        var message = Message()
        message.isBinary = true
        var at = binaryHeaderBytes
        message.joinRef = ByteRange(at, at &+ Int(bytes[1]))
        at &+= Int(bytes[1])
        message.ref = ByteRange(at, at &+ Int(bytes[2]))
        at &+= Int(bytes[2])
        message.topic = ByteRange(at, at &+ Int(bytes[3]))
        at &+= Int(bytes[3])
        message.event = ByteRange(at, at &+ Int(bytes[4]))
        at &+= Int(bytes[4])
        // Two quotes make a JSON string of a ref.
        guard at <= bytes.count, message.joinRef.count <= joinRefLimitBytes - 2,
            message.ref.count <= PhoenixV1.refLimitBytes - 2, message.event.count <= PhoenixV1.eventLimitBytes,
            isPlain(message.joinRef.bytes(in: bytes)), isPlain(message.ref.bytes(in: bytes)),
            isPlain(message.topic.bytes(in: bytes)), isPlain(message.event.bytes(in: bytes))
        else { return nil }
        message.payload = ByteRange(at, bytes.count)
        return message
    }

    /// True for UTF-8 that means the same between JSON's quotes.
    private static func isPlain(_ text: UnsafeRawBufferPointer) -> Bool {
        for c in text where c < 0x20 || c == 0x22 || c == 0x5C { return false }
        return UTF8Check.isValid(text)
    }

    /// The first byte of a binary message.
    enum BinaryKind {
        static let push: UInt8 = 0
        static let reply: UInt8 = 1
        static let broadcast: UInt8 = 2
    }
}
