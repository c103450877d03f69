import Engine
import Profiles

/// A plan's session as the engine takes it.
enum SessionOrders {
    /// Silence that outlasts the run becomes rest, which costs no timer.
    static func steps(_ plan: Plan) -> [SessionStep] {
        guard let rest = plan.restsFrom else { return plan.session.map(step) }
        return plan.session[..<rest].map(step) + [.rest]
    }

    private static func step(_ step: Plan.Step) -> SessionStep {
        switch step {
        case .connect: .connect
        case .join(let topic): .join(topic: topic)
        case .send(.push(let topic, let event, let payload), let ack):
            .push(topic: topic, event: event, payload: payload, acknowledgement(ack))
        case .send(.text(let text), let ack): .frame(isText: true, Array(text.utf8), acknowledgement(ack))
        case .send(.binary(let text), let ack): .frame(isText: false, Array(text.utf8), acknowledgement(ack))
        case .think(let seconds): .think(seconds: seconds)
        case .thinkExponential(let seconds): .thinkExponential(meanSeconds: seconds)
        case .heartbeat: .heartbeat
        case .leave(let topic): .leave(topic: topic)
        case .loop(let times, let steps): .loop(times: times, steps.map(self.step))
        case .close: .close
        case .echo: .echo
        }
    }

    private static func acknowledgement(_ ack: Plan.Acknowledgement) -> SessionStep.Acknowledgement {
        switch ack {
        case .none: .none
        case .reply: .reply
        case .message: .message
        case .broadcast: .broadcast
        }
    }
}
