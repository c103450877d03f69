import Engine
import Foundation

/// What a target's lanes have counted by now. Totals only grow; those named "now" also fall.
public struct TargetCount: Codable, Equatable, Sendable {
    public var schema = "simbench.target/1"
    public var accepted = 0
    /// Connections that hold a socket.
    public var openNow = 0
    public var closed = 0
    /// WebSockets opened.
    public var upgraded = 0
    /// Channels joined, and those that are.
    public var joined = 0
    public var joinedNow = 0
    public var heartbeatsAnswered = 0
    /// Messages said to the lobby, and how often one was told to a connection.
    public var broadcasts = 0
    public var broadcastsTold = 0
    /// Messages that went back as they came.
    public var echoed = 0
    public var pagesServed = 0
    public var closesAnswered = 0
    public var framesIn = 0
    public var bytesIn: UInt64 = 0
    public var bytesOut: UInt64 = 0
    /// Handshakes and connections that the target turned down.
    public var refused = 0
    /// Of those by what they did, and whom else the target let go or lost; what did not happen is not there.
    public var refusedByCause: [String: Int] = [:]

    public init() {}

    init(_ board: Board) {
        for index in 0..<board.targetLanes { add(board.target(index)) }
    }

    private mutating func add(_ lane: LaneBoard) {
        accepted += Int(lane[.accepted])
        openNow += Int(lane[.openNow])
        closed += Int(lane[.closed])
        upgraded += Int(lane[.upgraded])
        joined += Int(lane[.channelsJoined])
        joinedNow += Int(lane[.channelsNow])
        heartbeatsAnswered += Int(lane[.heartbeatsAnswered])
        broadcasts += Int(lane[.broadcasts])
        broadcastsTold += Int(lane[.broadcastsTold])
        echoed += Int(lane[.echoed])
        pagesServed += Int(lane[.pagesServed])
        closesAnswered += Int(lane[.closesAnswered])
        framesIn += Int(lane[.framesIn])
        bytesIn &+= lane[.bytesIn]
        bytesOut &+= lane[.bytesOut]
        refused += Int(lane[.refused])
        for (counter, cause) in Self.causes where lane[counter] > 0 { refusedByCause[cause, default: 0] += Int(lane[counter]) }
    }

    private static let causes: [(Counter, String)] =
        Counter.allCases.compactMap { counter in counter.cause.map { (counter, $0) } }
        + [
            (.refusedHandshake, "handshake"), (.refusedProtocol, "protocol_1002"), (.refusedInvalidData, "invalid_data_1007"),
            (.refusedTooBig, "too_big_1009"), (.refusedMessage, "message_1011"), (.refusedNoRoom, "no_room"),
            (.handshakeTimeouts, "handshake_timeout"), (.messageTimeouts, "message_timeout"), (.idleTimeouts, "idle_timeout"),
            (.slowReaders, "slow_reader"), (.acceptTableFull, "table_full"), (.acceptErrors, "accept"),
        ]

    /// Pretty, with sorted keys.
    public func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
