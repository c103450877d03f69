import Conductor
import FlyingFox
import FlyingSocks
import Foundation
import Glibc
import Profiles
import Synchronization

/// A page that shows a run while it lasts, served beside the load and out of its way.
///
/// It is open before the lab is built, and until the run's last word is told; then it ends at once, for a page that is open
/// has all of it, and the record has more.
public final class Dashboard: Sendable {
    public enum Wish: Equatable, Sendable {
        /// `defaultPort` of 127.0.0.1, or the next one that is free.
        case automatic
        case at(Endpoint)
    }

    public static let defaultPort: UInt16 = 4_080
    /// So many ports are tried from the default one on.
    private static let portsTried: UInt16 = 20
    private static let readySeconds = 5.0
    /// How long the end waits for pages to take the last word.
    private static let farewellSeconds = 2.0
    /// A page's stream says something at least so often.
    private static let nudgeSeconds = 5.0

    /// What a browser on this host goes to.
    public let url: String
    private let hub: Hub
    private let task: Task<Void, Never>

    /// Opens it, or throws in a sentence why not.
    public static func open(_ wish: Wish) throws -> Dashboard {
        let endpoint = try choose(wish)
        // The server's threads must not be those that a Ctrl-C ends: the conductor reads signals from a descriptor.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        // To the conductor the button is a Ctrl-C.
        return try Dashboard(endpoint) { Glibc.kill(getpid(), SIGINT) }
    }

    private static func choose(_ wish: Wish) throws -> Endpoint {
        if case .at(let endpoint) = wish { return try endpoint.tried() }
        for port in defaultPort..<(defaultPort + portsTried) {
            if let endpoint = try? Endpoint(address: "127.0.0.1", port: port).tried() { return endpoint }
        }
        return try Endpoint(address: "127.0.0.1", port: 0).tried()
    }

    /// - Parameter onStop: called on a thread of the server.
    init(_ endpoint: Endpoint, onStop: @escaping @Sendable () -> Void) throws {
        let hub = Hub()
        let token = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 16) }.joined(separator: "-")
        let answers = Answers(
            hub: hub, requests: Requests(isLoopback: endpoint.address.hasPrefix("127."), token: token),
            page: Data(Page.html(token: token).utf8), onStop: onStop)
        let address = try sockaddr_in.inet(ip4: endpoint.address, port: endpoint.port)
        let isReady = DispatchSemaphore(value: 0)
        self.hub = hub
        url = endpoint.url
        task = Task.detached {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await Self.serve(address, answers, isReady) }
                group.addTask { while (try? await Task.sleep(for: .seconds(Self.nudgeSeconds))) != nil { hub.nudge() } }
                await group.waitForAll()
            }
        }
        guard isReady.wait(timeout: .now() + Self.readySeconds) == .success else {
            task.cancel()
            throw RunError("The dashboard could not be opened at \(endpoint) within \(Int(Self.readySeconds)) s.")
        }
    }

    /// Serves until cancelled. An accept that fails, for want of descriptors say, ends a server; then a new one begins.
    private static func serve(_ address: sockaddr_in, _ answers: Answers, _ isReady: DispatchSemaphore) async {
        while !Task.isCancelled {
            let configuration = HTTPServer.Configuration(
                address: address, timeout: 10, sharedRequestBufferSize: 1_024, sharedRequestReplaySize: 1_024, pool: SocketWatch(),
                logger: .disabled)
            let server = HTTPServer(config: configuration, handler: answers)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await server.run() }
                group.addTask { if (try? await server.waitUntilListening()) != nil { isReady.signal() } }
                await group.next()
                await group.waitForAll()
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    // MARK: what is shown

    /// A run begins; what was shown of an earlier one is gone.
    public func begin(_ plan: Plan, directory: String) { hub.begin(plan, directory: directory) }

    /// Takes some 0.2 ms and never waits for a browser.
    public func show(_ state: LiveState) { hub.show(state) }

    /// The run ended without an outcome.
    public func show(failure sentence: String) {
        guard var state = hub.live, state.outcome == nil else { return }
        state.stage = .done
        state.outcome = LiveState.Outcome(verdict: "broken", exitStatus: 70, remark: sentence)
        hub.show(state)
    }

    /// Waits a moment until the pages that are open have taken the last word, and ends.
    public func close() {
        hub.close()
        let limit = Date().addingTimeInterval(Self.farewellSeconds)
        while hub.streamCount > 0, Date() < limit { usleep(20_000) }
        task.cancel()
    }
}
