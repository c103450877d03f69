/// One step of the session that every user plays: Tsung's, with the names of this project's profiles.
///
/// ```yaml
/// session:
///   - connect                             # always the first; the WebSocket is open when it is done
///   - join: rooms:lobby                   # phx_join; done when the answer says ok
///   - send: { event: "new:msg", payload: '{"user":"%%user%%","body":"hi"}', topic: rooms:lobby, ack: reply }
///   - send: { text: 'hello %%user%%' }    # a text frame as it is; `binary` likewise
///   - think: 30 s                         # silent for so long
///   - think: { mean: 30 s }               # exponential with that mean, drawn from the seed
///   - heartbeat                           # Phoenix' own; done when it is answered
///   - leave: rooms:lobby                  # phx_leave; done when the answer says so
///   - loop: { times: 1000, steps: [ heartbeat, think: 30 s ] }
///   - close                               # the closing handshake with 1000; ends the session
///   - echo                                # instead of close: sends each message back until the server closes
/// ```
///
/// `ack` says what ends a send: `none` goes on once the frame is sent, `reply` waits for the phx_reply with the same ref,
/// `message` for any message, `broadcast` for the same event on the same topic with every member of the payload as it was
/// sent, however many users' messages come before. A push waits for its reply and a frame for a message unless told
/// otherwise. In payloads and frames `%%user%%` is the user's number. A push without a topic goes to the one joined last.
/// When the steps are over the user closes its TCP connection, as Tsung does. All times are model time.
extension Plan {
    public indirect enum Step: Codable, Equatable, Sendable {
        case connect
        case join(topic: String)
        case send(Message, ack: Acknowledgement)
        /// Stay connected and silent for so long, in model seconds.
        case think(seconds: Double)
        /// The same for a time that is drawn anew each time, exponential with this mean.
        case thinkExponential(meanSeconds: Double)
        case heartbeat
        case leave(topic: String)
        case loop(times: Int, steps: [Step])
        /// The closing handshake.
        case close
        /// Send every message back as it came, until the server closes.
        case echo
    }

    /// What a `send` puts on the wire; `%%user%%` in it stands for the user's number.
    public enum Message: Equatable, Sendable {
        /// A Phoenix message with the next ref; `payload` is JSON.
        case push(topic: String, event: String, payload: String)
        case text(String)
        /// The bytes are this text's UTF-8.
        case binary(String)
    }

    /// What ends a `send`.
    public enum Acknowledgement: String, Codable, Sendable, CaseIterable {
        case none
        /// The phx_reply with the push's ref, whatever it says.
        case reply
        /// Any message of the server.
        case message
        /// The server's broadcast of the push, which its sender hears as well.
        case broadcast
    }
}

extension Plan.Step {
    /// What stands for the user's number in a message.
    public static let user = "%%user%%"

    /// How many steps a user plays when loops are written out; nil when that is more than any number here.
    var unrolledCount: Int? {
        guard case .loop(let times, let steps) = self else { return 1 }
        guard let turn = steps.unrolledCount else { return nil }
        let (count, overflow) = turn.multipliedReportingOverflow(by: times)
        return overflow ? nil : count
    }

    /// How long this step keeps silent in every case, model seconds; nil for a step that does anything else.
    var silenceSeconds: Double? {
        switch self {
        case .think(let seconds): return seconds
        case .loop(let times, let steps):
            var sum = 0.0
            for step in steps {
                guard let seconds = step.silenceSeconds else { return nil }
                sum += seconds
            }
            return sum * Double(times)
        default: return nil
        }
    }

    /// How long this step takes on average, model seconds, the time for answers left out.
    var meanSeconds: Double {
        switch self {
        case .think(let seconds), .thinkExponential(let seconds): seconds
        case .loop(let times, let steps): steps.meanSeconds * Double(times)
        default: 0
        }
    }

    var joins: Bool {
        switch self {
        case .join: true
        case .loop(_, let steps): steps.contains(where: \.joins)
        default: false
        }
    }
}

extension [Plan.Step] {
    var unrolledCount: Int? {
        var sum = 0
        for step in self {
            guard let count = step.unrolledCount else { return nil }
            let (next, overflow) = sum.addingReportingOverflow(count)
            if overflow { return nil }
            sum = next
        }
        return sum
    }

    var meanSeconds: Double { reduce(0) { $0 + $1.meanSeconds } }
}

extension Plan {
    /// Model seconds from the first arrival to the end of the hold, as planned; at rate max the ramp counts as none.
    public var loadSeconds: Double {
        let isPaced = phases.contains { $0.ratePerSecond != nil }
        return (isPaced ? phases.reduce(0) { $0 + $1.durationSeconds } : 0) + holdSeconds * speedup
    }

    /// The first of the steps that end the session with so much silence that no user lives to see its end: from there on
    /// users rest, at no cost. nil when users leave before the run does, or never stop talking.
    public var restsFrom: Int? {
        var silence = 0.0
        for index in session.indices.reversed() {
            guard let seconds = session[index].silenceSeconds else { return nil }
            silence += seconds
            if silence >= loadSeconds && silence > 0 { return index }
        }
        return nil
    }

    /// Some step of the session joins a topic.
    public var joins: Bool { session.contains(where: \.joins) }
}
