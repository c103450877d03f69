/// What a lane counts. Totals only grow; those named "now" also fall.
public enum Counter: Int, CaseIterable, Sendable {
    /// Counters a lane may have.
    static let limit = 96

    // Worker lanes.
    /// Users started by the arrival plan.
    case usersStarted
    /// Users that ended before the run did.
    case usersEnded
    /// Connection attempts, first ones and retries.
    case attempts
    /// TCP connections established.
    case tcpConnected
    /// Connections whose WebSocket was opened.
    case connected
    case connectedNow
    /// Connections whose first phx_join was answered ok.
    case joined
    /// Users with a topic joined, until they say goodbye.
    case joinedNow
    case retries
    /// Users whose opening is done: the first join is answered, or the WebSocket open where a session joins nothing.
    case opened
    /// Connections that ended after that, before their session was over.
    case lost
    /// Users whose session was played to its end.
    case finished
    /// Messages of sessions: sent, answered, and answered with an error or by the end of the channel.
    case messagesSent
    case messagesAnswered
    case messagesRefused
    /// Connections that had joined (in a session without joins: had opened) when this lane saw the verification sweep
    /// begin: those it asks for a heartbeat.
    case sweepAsked
    /// Heartbeats of the verification sweep that were answered.
    case verified
    case verifyFailed
    /// Sum over the joined users' traces, and how many went into it.
    case digestLow
    case digestHigh
    case digestUsers
    /// 0 waiting for its turn, 1 ramping, 2 done: all its users are opened or given up.
    case rampState
    /// The same for the sweep.
    case sweepState

    // Both ends.
    case bytesIn
    case bytesOut
    case framesIn
    /// Calls of `submit`.
    case submits
    /// System calls of the lane's engine, as of its last look round.
    case systemCalls
    /// Connections that hold a slot.
    case openNow

    // Target lanes.
    case accepted
    case upgraded
    case channelsJoined
    case heartbeatsAnswered
    case closed
    /// Channels that are joined.
    case channelsNow
    /// Clients that were refused, and of these by what they did: no handshake in order; a broken frame (1002), a text that
    /// is no UTF-8 (1007), a message over the limit (1009), one that is no Phoenix message (1011), or a message or handshake
    /// there was no room for (1013, 503).
    case refused
    case refusedHandshake
    case refusedProtocol
    case refusedInvalidData
    case refusedTooBig
    case refusedMessage
    case refusedNoRoom
    /// Clients that had no more time: for their handshake, for a message begun or not taken, or without a message at all.
    case handshakeTimeouts
    case messageTimeouts
    case idleTimeouts
    /// Close frames of clients that were answered.
    case closesAnswered
    /// Messages that went back as they came.
    case echoed
    case pagesServed
    /// Messages said to the lobby, and how often one was told to a connection.
    case broadcasts
    case broadcastsTold
    /// Connections that lagged too far behind what was said.
    case slowReaders
    /// Connections the kernel dropped because the lane's descriptors were used up.
    case acceptTableFull
    case acceptErrors
    /// Memory the modelled server holds now, allocated and written: not simbench's own.
    case footprintBytes
    /// Joined connections whose footprint hibernates.
    case hibernatedNow

    // Causes of failure, by name in the summary's `errors`.
    case errorAddressNotAvailable
    case errorRefused
    case errorReset
    case errorTimedOut
    case errorUnreachable
    case errorDescriptors
    case errorMemory
    case errorOther
    case errorClosedByPeer
    case errorHandshake
    case errorWrongAccept
    case errorProtocol
    case errorJoinRefused
    case errorGaveUp
    case errorNoBuffer

    /// The name of a cause in the summary's `errors`, or nil for what is no error.
    public var cause: String? {
        switch self {
        case .errorAddressNotAvailable: "eaddrnotavail"
        case .errorRefused: "econnrefused"
        case .errorReset: "econnreset"
        case .errorTimedOut: "etimedout"
        case .errorUnreachable: "unreachable"
        case .errorDescriptors: "descriptors"
        case .errorMemory: "memory"
        case .errorOther: "other"
        case .errorClosedByPeer: "closed_by_peer"
        case .errorHandshake: "handshake_refused"
        case .errorWrongAccept: "wrong_accept"
        case .errorProtocol: "protocol"
        case .errorJoinRefused: "join_refused"
        case .errorGaveUp: "abort_max_conn_retries"
        case .errorNoBuffer: "no_buffer"
        default: nil
        }
    }

    /// The counter for the code a client is closed with.
    static func forRefusal(_ code: CloseCode) -> Counter {
        switch code {
        case .invalidData: .refusedInvalidData
        case .messageTooBig: .refusedTooBig
        case .internalError: .refusedMessage
        case .tryAgainLater: .refusedNoRoom
        default: .refusedProtocol
        }
    }

    /// The counter for a negated errno.
    static func forError(_ result: Int32) -> Counter {
        switch -result {
        case 99: .errorAddressNotAvailable
        case 111: .errorRefused
        case 104, 32, 103: .errorReset
        case 110: .errorTimedOut
        case 101, 113: .errorUnreachable
        case 23, 24: .errorDescriptors
        case 12, 105: .errorMemory
        default: .errorOther
        }
    }
}
