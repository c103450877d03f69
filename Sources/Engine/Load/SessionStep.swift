/// One step of the session that users play, as lanes take it: `Script` makes flat memory of a list of them.
public indirect enum SessionStep: Equatable, Sendable {
    /// What ends a message's step.
    public enum Acknowledgement: UInt8, Sendable {
        /// The kernel took it.
        case none
        /// The phx_reply with its ref came.
        case reply
        /// Any message came.
        case message
        /// The server's broadcast of it came back.
        case broadcast
    }

    /// The handshake; the first step, and only that.
    case connect
    case join(topic: String)
    case push(topic: String, event: String, payload: String, Acknowledgement)
    /// A frame as it is.
    case frame(isText: Bool, [UInt8], Acknowledgement)
    /// Silent for so long, model seconds.
    case think(seconds: Double)
    /// Silent for a time drawn from the seed, exponential with this mean, model seconds.
    case thinkExponential(meanSeconds: Double)
    case heartbeat
    case leave(topic: String)
    case loop(times: Int, [SessionStep])
    /// The closing handshake; only as the last step.
    case close
    /// Every message is sent back until the server closes; only as the last step.
    case echo
    /// Silent for the rest of the run; only as the last step. It costs no timer.
    case rest

    /// What stands for the user's number in payloads and frames.
    public static let user = "%%user%%"

    /// The published benchmark's: join the lobby, and stay.
    public static let published: [SessionStep] = [.connect, .join(topic: "rooms:lobby"), .rest]
}
