@testable import Lab

extension Links {
    /// Packets that a link has received and sent, and its MTU in bytes.
    struct Readings: Equatable {
        var received: UInt64 = 0
        var sent: UInt64 = 0
        var mtuBytes: UInt32 = 0
    }

    func readings(of name: String) throws -> Readings {
        var readings = Readings()
        for (type, value) in NetlinkAnswer.attributes(try description(of: name), from: 16) {
            value.withUnsafeBytes { bytes in
                if type == 4, bytes.count == 4 { readings.mtuBytes = bytes.loadUnaligned(as: UInt32.self) }
                // IFLA_STATS64 begins with the packets received, and those sent.
                guard type == 23, bytes.count >= 16 else { return }
                readings.received = bytes.loadUnaligned(as: UInt64.self)
                readings.sent = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            }
        }
        return readings
    }
}
