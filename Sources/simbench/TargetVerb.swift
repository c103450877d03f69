import ArgumentParser
import Conductor
import Foundation
import Lab
import Profiles
import Views

/// `simbench target`: the server alone on an ordinary address, for clients of any kind.
struct TargetVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "target", abstract: "Serve as the target alone, on an ordinary address.",
        usage: "simbench target [--listen 127.0.0.1:4000] [options]",
        discussion: """
            No lab is built and no root is needed. The chat page is at /, Phoenix channels are at --path (V1, or V2 with \
            vsn=2.0.0), and /echo answers every message with itself. Ctrl-C ends it.
            """)

    /// The number of lanes is left to the target.
    private static let auto = 0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Where to listen (default: 127.0.0.1:4000); port 0 is any free one.", valueName: "addr:port"),
        transform: { try Endpoint(parsing: $0) })
    var listen: Endpoint?

    @Option(
        help: ArgumentHelp("io_uring or epoll (default: io_uring where it works).", valueName: "engine"),
        transform: { try Choice.read($0, "an engine", ["io_uring": .ioUring, "epoll": .epoll]) })
    var engine: Plan.EngineKind?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Threads that carry connections, or auto: enough for a million.", valueName: "count|auto"),
        transform: { $0 == "auto" ? Self.auto : try Units.count($0, in: 1...Limits.lanes) })
    var lanes = Self.auto

    @Option(help: ArgumentHelp("Where the Phoenix channels are (default: /socket/websocket).", valueName: "path"), transform: { try Plan.Rules.path($0) })
    var path: String?

    @OptionGroup(title: "What is admitted") var rules: RulesOptions

    @Option(
        name: .customLong("for"), parsing: .unconditional,
        help: ArgumentHelp("Serve so long, such as 10min, instead of until Ctrl-C.", valueName: "duration"),
        transform: { try Units.seconds($0) })
    var limitSeconds: Double?

    @Option(help: ArgumentHelp("Write what was counted to a file at the end.", valueName: "file"))
    var json: String?

    @Flag(help: "Say nothing but where it listens.")
    var quiet = false

    func run() throws {
        let order = TargetAlone.Order(
            endpoint: listen ?? Endpoint(address: "127.0.0.1", port: 4000), engine: try chosenEngine(), lanes: lanes == Self.auto ? nil : lanes,
            path: path ?? "/socket/websocket", rules: rules.rules, limitSeconds: limitSeconds)
        let view = TargetView(isQuiet: quiet)
        let count = try TargetAlone.serve(order, onReady: { announce($0, order.path) }, onTick: { view.show($0) })
        view.clear()
        if !quiet { Screen.output.write(TargetText.summary(count)) }
        guard let json else { return }
        do { try count.encoded().write(to: URL(fileURLWithPath: json), options: .atomic) } catch {
            throw Failure.hostCannot("\(json) could not be written: \(error.localizedDescription) Name another file with --json.")
        }
    }

    private func announce(_ endpoint: Endpoint, _ path: String) {
        let place = endpoint.authority
        Screen.output.write("listening on http://\(place)/ (chat page), ws://\(place)\(path), ws://\(place)/echo\n")
    }

    private func chosenEngine() throws -> Plan.EngineKind {
        guard engine != .epoll, let reason = IoUringProbe.unavailableBecause() else { return engine ?? .ioUring }
        guard engine == nil else { throw Failure.hostCannot("--engine io_uring: \(reason) Use --engine epoll, or leave --engine out.") }
        Failure.say("The engine is epoll. \(reason)")
        return .epoll
    }
}

/// The flags for a target's rules.
struct RulesOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Largest frame (default: 64KiB).", valueName: "size"),
        transform: { try Plan.Rules.limit($0) })
    var frameLimit: UInt64?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Largest message, fragments together (default: 64KiB).", valueName: "size"),
        transform: { try Plan.Rules.limit($0) })
    var messageLimit: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Close connections that are silent for so long (default: infinity).", valueName: "duration|infinity"),
        transform: { try Plan.Rules.idleTimeout($0) ?? .infinity })
    var idleTimeout: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Time to open the WebSocket (default: 10s).", valueName: "duration"),
        transform: { try Plan.Rules.timeout($0) })
    var handshakeTimeout: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Time to end a message or answer a close (default: 60s).", valueName: "duration"),
        transform: { try Plan.Rules.timeout($0) })
    var messageTimeout: Double?

    @Option(
        parsing: .singleValue, help: ArgumentHelp("A host that Origin may name; repeatable (default: every one).", valueName: "host"),
        transform: { try Plan.Rules.origin($0) })
    var origin: [String] = []

    var rules: Plan.Rules {
        var rules = Plan.Rules()
        if let frameLimit { rules.frameLimitBytes = frameLimit }
        if let messageLimit { rules.messageLimitBytes = messageLimit }
        if let idleTimeout, idleTimeout.isFinite { rules.idleTimeoutSeconds = idleTimeout }
        if let handshakeTimeout { rules.handshakeTimeoutSeconds = handshakeTimeout }
        if let messageTimeout { rules.messageTimeoutSeconds = messageTimeout }
        if !origin.isEmpty { rules.origins = origin }
        return rules
    }
}
