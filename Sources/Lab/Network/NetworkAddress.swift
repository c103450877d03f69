/// A dotted IPv4 address. Pure.
struct IPv4Address: Equatable, CustomStringConvertible {
    let value: UInt32

    init(value: UInt32) { self.value = value }

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard part.utf8.count <= 3, part.utf8.allSatisfy({ (48...57).contains($0) }), let octet = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        self.value = value
    }

    var octets: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    var description: String { octets.map(String.init).joined(separator: ".") }
    var isLoopback: Bool { value >> 24 == 127 }

    func isWithin(_ network: IPv4Address, prefix: UInt8) -> Bool { (value ^ network.value) >> (32 - UInt32(prefix)) == 0 }
}

/// An Ethernet address. Pure.
struct MACAddress: Equatable {
    let octets: [UInt8]

    /// Made of an IPv4 address, as Docker makes its containers': 02:42, then the four octets. Locally administered.
    init(of address: IPv4Address) { octets = [0x02, 0x42] + address.octets }
}
