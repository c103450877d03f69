/// Looks inside JSON values that a scan has found sound.
enum JSONMember {
    /// The value of the member `name` of the object `object`, as a range of `object`'s bytes; nil if that is no object or
    /// has no such member. `name` is ASCII; of two members with one name the last counts.
    ///
    /// A JSON text that is not sound gives nil or a range within its bytes, and never more than that.
    static func value(_ name: StaticString, of object: UnsafeRawBufferPointer) -> ByteRange? {
        var scanner = JSONScanner(object)
        var found: ByteRange?
        scanner.skipSpace()
        guard scanner.take(0x7B) else { return nil }
        repeat {
            scanner.skipSpace()
            // An empty object has no name here.
            guard let member = scanner.string() else { return found }
            scanner.skipSpace()
            guard scanner.take(0x3A) else { return nil }
            scanner.skipSpace()
            guard let value = scanner.value() else { return nil }
            scanner.skipSpace()
            if JSONText.says(member.bytes(in: object), name) { found = value }
        } while scanner.take(0x2C)
        return found
    }
}
