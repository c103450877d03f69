import Glibc

/// One rtnetlink request: header, fixed part, attributes. Pure bytes, no I/O.
struct NetlinkMessage {
    private(set) var bytes: [UInt8] = []

    /// Flags beyond REQUEST and ACK, such as `create`.
    init(type: UInt16, flags: UInt16 = 0) {
        append(UInt32(0))  // length, filled in by `finished`
        append(type)
        append(flags | Rtnetlink.request | Rtnetlink.acknowledge)
        append(UInt32(0))  // sequence, filled in by the socket
        append(UInt32(0))
    }

    mutating func append<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    /// struct ifinfomsg: which link (0: by its name attribute), and which flags to change.
    mutating func appendLinkHeader(flags: UInt32 = 0, change: UInt32 = 0) {
        append(UInt8(0))
        append(UInt8(0))
        append(UInt16(0))
        append(Int32(0))
        append(flags)
        append(change)
    }

    mutating func attribute(_ type: UInt16, _ value: [UInt8]) {
        append(UInt16(4 + value.count))
        append(type)
        bytes.append(contentsOf: value)
        pad()
    }

    mutating func attribute(_ type: UInt16, text: String) { attribute(type, Array(text.utf8) + [0]) }

    mutating func attribute(_ type: UInt16, _ value: UInt32) {
        attribute(type, withUnsafeBytes(of: value) { Array($0) })
    }

    /// An attribute whose value is what `content` appends.
    mutating func nested(_ type: UInt16, _ content: (inout NetlinkMessage) -> Void) {
        let start = bytes.count
        append(UInt16(0))
        append(type)
        content(&self)
        set(UInt16(bytes.count - start), at: start)
        pad()
    }

    func finished(sequence: UInt32) -> [UInt8] {
        var copy = self
        copy.set(UInt32(bytes.count), at: 0)
        copy.set(sequence, at: 8)
        return copy.bytes
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    private mutating func set<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<(offset + $0.count), with: $0) }
    }
}

/// Numbers of the kernel's rtnetlink interface (linux/rtnetlink.h and its kin), which Glibc does not show to Swift.
enum Rtnetlink {
    static let request: UInt16 = 1, acknowledge: UInt16 = 4, dump: UInt16 = 0x300
    static let replace: UInt16 = 0x100, exclusive: UInt16 = 0x200, create: UInt16 = 0x400
    static let newLink: UInt16 = 16, getLink: UInt16 = 18
    static let newAddress: UInt16 = 20, newRoute: UInt16 = 24, newNeighbour: UInt16 = 28
    static let newNamespaceId: UInt16 = 88, getNamespaceId: UInt16 = 90
    static let error: UInt16 = 2, done: UInt16 = 3
    static let protocolRoute: Int32 = 0, socketLevel: Int32 = 270
    static let capAcknowledge: Int32 = 10, extendedAcknowledge: Int32 = 11
    static let messageCapped: UInt16 = 0x100, messageExtended: UInt16 = 0x200
}

/// One message of an answer: its type, and what follows the 16-byte header.
struct NetlinkAnswer: Equatable {
    var type: UInt16
    var flags: UInt16
    var sequence: UInt32
    var payload: [UInt8]

    /// Cuts a datagram into messages; a damaged tail is dropped. Pure.
    static func parse(_ bytes: [UInt8]) -> [NetlinkAnswer] {
        var answers: [NetlinkAnswer] = []
        var offset = 0
        while bytes.count - offset >= 16 {
            let length = Int(load(UInt32.self, bytes, offset))
            guard length >= 16, length <= bytes.count - offset else { break }
            answers.append(NetlinkAnswer(
                type: load(UInt16.self, bytes, offset + 4), flags: load(UInt16.self, bytes, offset + 6),
                sequence: load(UInt32.self, bytes, offset + 8),
                payload: Array(bytes[(offset + 16)..<(offset + length)])))
            offset += (length + 3) & ~3
        }
        return answers
    }

    /// For an error message: 0 or a positive errno, and the kernel's own sentence when it sent one. Pure.
    var verdict: (code: Int32, sentence: String?) {
        guard type == Rtnetlink.error || type == Rtnetlink.done, payload.count >= 4 else { return (EPROTO, nil) }
        let code = load(Int32.self, payload, 0)
        guard type == Rtnetlink.error else { return (code < 0 ? -code : 0, nil) }
        var sentence: String?
        if flags & Rtnetlink.messageExtended != 0, payload.count >= 20 {
            let echoed = Int(load(UInt32.self, payload, 4))
            let start = flags & Rtnetlink.messageCapped != 0 ? 20 : 4 + ((max(echoed, 16) + 3) & ~3)
            sentence = Self.attributes(payload, from: start).first { $0.type == 1 }.map {
                String(decoding: $0.value.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        // A negative errno; anything else, Int32.min included, is no answer of the kernel's.
        return (code > -4096 ? (code < 0 ? -code : 0) : EPROTO, sentence)
    }

    static func attributes(_ bytes: [UInt8], from start: Int) -> [(type: UInt16, value: ArraySlice<UInt8>)] {
        var found: [(UInt16, ArraySlice<UInt8>)] = []
        var offset = start
        while offset >= 0, bytes.count - offset >= 4 {
            let length = Int(load(UInt16.self, bytes, offset))
            guard length >= 4, length <= bytes.count - offset else { break }
            found.append((load(UInt16.self, bytes, offset + 2) & 0x3fff, bytes[(offset + 4)..<(offset + length)]))
            offset += (length + 3) & ~3
        }
        return found
    }

    private static func load<V: FixedWidthInteger>(_: V.Type, _ bytes: [UInt8], _ offset: Int) -> V {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: V.self) }
    }
    private func load<V: FixedWidthInteger>(_ type: V.Type, _ bytes: [UInt8], _ offset: Int) -> V {
        Self.load(type, bytes, offset)
    }
}
