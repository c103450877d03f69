import Foundation
import Glibc
import Lab

/// Waits until the kernel has put away what an earlier run left: sockets and slabs are freed seconds after their processes
/// are gone, and a byte measured meanwhile would be wrong.
enum Quiet {
    /// A small run's bytes are a small matter: it waits 2 s at most, one of 2.4 million 82 s.
    static func limitSeconds(users: Int) -> Double { min(mostSeconds, 2 + Double(users) / 30_000) }
    static let mostSeconds = 90.0

    private static let periodMilliseconds: UInt32 = 150
    /// Slabs of a quiet host change by less within a period.
    private static let restlessBytes: UInt64 = 256 << 10
    private static let readings = 2

    /// Returns the seconds it took, and whether it became quiet. `isInterrupted` is asked between readings.
    static func wait(atMostSeconds limitSeconds: Double, isInterrupted: () -> Bool) -> (seconds: Double, isQuiet: Bool) {
        let start = monotonicSeconds()
        var calm = 0
        var before = reading()
        while monotonicSeconds() - start < limitSeconds, !isInterrupted() {
            usleep(periodMilliseconds * 1_000)
            let now = reading()
            let change = now.slab > before.slab ? now.slab - before.slab : before.slab - now.slab
            calm = change < restlessBytes && now.sockets + 16 >= before.sockets ? calm + 1 : 0
            before = now
            if calm >= readings { return (monotonicSeconds() - start, true) }
        }
        return (monotonicSeconds() - start, false)
    }

    /// Bytes of slab, and TCP sockets of all namespaces.
    private static func reading() -> (slab: UInt64, sockets: UInt64) { (HostReadings.memory()?["Slab"] ?? 0, sockets()) }

    /// TCP sockets that the kernel holds, whoever's and in whatever state.
    static func sockets() -> UInt64 {
        let text = (try? String(contentsOfFile: "/proc/net/sockstat", encoding: .utf8)) ?? ""
        return TcpSockets(text)?.allocated ?? 0
    }
}
