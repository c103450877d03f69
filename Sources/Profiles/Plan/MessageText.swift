/// What a message's text comes to on the wire.
extension Plan.Step {
    /// The names between pairs of %%, where they look like names.
    public static func variables(_ text: String) -> [String] {
        var names: [String] = []
        let mark = "%%".utf8
        var rest = text.utf8[...]
        while let start = rest.firstRange(of: mark) {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: mark) else { break }
            let name = rest[..<end.lowerBound]
            guard !name.isEmpty, name.allSatisfy({ (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5f }) else { continue }
            names.append(String(decoding: name, as: UTF8.self))
            rest = rest[end.upperBound...]
        }
        return names
    }

    /// Bytes of a frame with this text, at most: with its header, and the longest number where a user's stands.
    public static func frameBytes(_ text: String) -> Int {
        let digits = String(Limits.users).utf8.count
        var users = 0
        var rest = text.utf8[...]
        while let place = rest.firstRange(of: user.utf8) {
            users += 1
            rest = rest[place.upperBound...]
        }
        return text.utf8.count + users * (digits - user.utf8.count) + Limits.frameHeaderBytes
    }
}
