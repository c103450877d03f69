import Glibc
import Profiles

/// A listening socket in the host's own network, through which people reach the target's chat page during a run although
/// the target lives in a network namespace: a socket stays in the namespace it was made in, whoever has its descriptor.
public final class Door {
    /// Where people want it.
    public enum Wish: Equatable, Sendable {
        /// The profile's port of 127.0.0.1, or any free one.
        case automatic
        case at(Endpoint)
        case off
    }

    /// What came of a wish.
    struct Opening {
        var door: Door?
        var url: String?
        /// Why there is none although one was wished for, in sentences.
        var degraded: [String] = []
    }

    /// Visitors are few: they look at a page and chat.
    private static let backlog: Int32 = 128

    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Never throws: a run does not fail for want of an audience.
    static func open(_ wish: Wish, _ plan: Plan) -> Opening {
        guard plan.target.hasLanes else { return Opening() }
        switch wish {
        case .off:
            return Opening()
        case .automatic where plan.network == .loopback:
            // The target itself is in the host's network.
            return Opening(url: Endpoint(address: plan.target.address, port: plan.target.port).url)
        case .automatic:
            let usual = Endpoint(address: "127.0.0.1", port: plan.target.port)
            if let opening = try? listen(usual) { return opening }
            return attempt(Endpoint(address: usual.address, port: 0))
        case .at(let endpoint):
            return attempt(endpoint)
        }
    }

    private static func attempt(_ endpoint: Endpoint) -> Opening {
        do { return try listen(endpoint) } catch {
            return Opening(degraded: ["Nobody can look in on the chat page: \(error)"])
        }
    }

    private static func listen(_ endpoint: Endpoint) throws -> Opening {
        let socket = try endpoint.listen(backlog: backlog)
        return Opening(door: Door(descriptor: socket.descriptor), url: socket.endpoint.url)
    }
}
