/// A session as text for people: one step after the other, loops in brackets.
public enum StepText {
    /// So much of a message is shown.
    private static let shownCharacters = 40

    static func render(_ steps: [Plan.Step]) -> String { steps.map(step).joined(separator: ", ") }

    /// The session of a plan, and what becomes of its users.
    public static func render(_ plan: Plan) -> String {
        let steps = render(plan.session)
        guard plan.restsFrom == nil else { return steps + "; nobody leaves" }
        switch plan.session.last {
        case .echo: return steps + " until the server closes"
        case .close: return steps
        default: return steps + ", then the connection is closed"
        }
    }

    private static func step(_ step: Plan.Step) -> String {
        switch step {
        case .connect: "connect"
        case .join(let topic): "join \(topic)"
        case .send(let message, let ack): "send \(text(message))\(waiting(message, ack))"
        case .think(let seconds): "think \(UnitText.seconds(seconds))"
        case .thinkExponential(let seconds): "think \(UnitText.seconds(seconds)) on average"
        case .heartbeat: "heartbeat"
        case .leave(let topic): "leave \(topic)"
        case .loop(let times, let steps): "\(UnitText.count(times)) x [ \(render(steps)) ]"
        case .close: "close"
        case .echo: "echo"
        }
    }

    private static func text(_ message: Plan.Message) -> String {
        switch message {
        case .push(let topic, let event, let payload): "\(event) to \(topic) with \(short(payload))"
        case .text(let text): "text \(short(text))"
        case .binary(let text): "binary \(short(text))"
        }
    }

    /// On one line, whatever it holds.
    private static func short(_ text: String) -> String {
        let plain = String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) })
        return plain.count > shownCharacters ? "\(plain.prefix(shownCharacters))..." : plain.isEmpty ? "nothing in it" : plain
    }

    private static func waiting(_ message: Plan.Message, _ ack: Plan.Acknowledgement) -> String {
        switch ack {
        case .none: ""
        case .reply: " and wait for its reply"
        case .message: " and wait for a message"
        case .broadcast: " and wait for its broadcast"
        }
    }
}
