import FlyingSocks

/// A page's stream of server-sent events: all there is first, then the newest state each time it has taken the last one.
///
/// The server asks for the next event only when the one before is written, so a browser that is slow, or does not read
/// at all, misses states and nothing waits for it.
struct EventStream: AsyncBufferedSequence {
    typealias Element = UInt8

    let hub: Hub
    let signals: AsyncStream<Void>

    func makeAsyncIterator() -> Iterator { Iterator(hub: hub, signals: signals.makeAsyncIterator()) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        let hub: Hub
        var signals: AsyncStream<Void>.Iterator
        private var seen = Hub.Seen()
        private var isBegun = false

        init(hub: Hub, signals: AsyncStream<Void>.Iterator) {
            self.hub = hub
            self.signals = signals
        }

        /// Bytes are taken by the buffer only.
        mutating func next() async throws -> UInt8? { nil }

        mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
            if seen.isEnded { return nil }
            if isBegun, await signals.next() == nil { return nil }
            isBegun = true
            return Array(hub.event(&seen).utf8)
        }
    }
}
