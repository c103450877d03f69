/// Looks inside JSON values that a scan has found sound.
enum JSONMember {
    /// The value of the member `name` of the object `object`, as a range of `object`'s bytes; nil if that is no object or
    /// has no such member. `name` is ASCII; of two members with one name the last counts.
    ///
    /// A JSON text that is not sound gives nil or a range within its bytes, and never more than that.
    static func value(_ name: StaticString, of object: UnsafeRawBufferPointer) -> ByteRange? {
        var found: ByteRange?
        return each(of: object) { if JSONText.says($0, name) { found = $1 } } ? found : nil
    }

    /// Whether `object` has every member of `others`, name and value spelt alike. Where either is no object they are held
    /// beside each other as they are.
    static func holds(_ object: UnsafeRawBufferPointer, all others: UnsafeRawBufferPointer) -> Bool {
        if object.equals(others) { return true }
        guard each(of: object, { _, _ in }) else { return false }
        var holdsAll = true
        let isObject = each(of: others) { name, value in
            var found: ByteRange?
            _ = each(of: object) { if $0.equals(name) { found = $1 } }
            if found?.bytes(in: object).equals(value.bytes(in: others)) != true { holdsAll = false }
        }
        return isObject && holdsAll
    }

    /// Names, without their quotes, and values; false where `object` is none, or not sound to its last member.
    @inline(__always) private static func each(
        of object: UnsafeRawBufferPointer, _ body: (_ name: UnsafeRawBufferPointer, _ value: ByteRange) -> Void
    ) -> Bool {
        var scanner = JSONScanner(object)
        scanner.skipSpace()
        guard scanner.take(0x7B) else { return false }
        repeat {
            scanner.skipSpace()
            // An empty object has no name here.
            guard let member = scanner.string() else { return true }
            scanner.skipSpace()
            guard scanner.take(0x3A) else { return false }
            scanner.skipSpace()
            guard let value = scanner.value() else { return false }
            scanner.skipSpace()
            body(member.bytes(in: object), value)
        } while scanner.take(0x2C)
        return true
    }
}
