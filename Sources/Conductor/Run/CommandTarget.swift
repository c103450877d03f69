import Foundation
import Glibc
import Lab
import Profiles

/// A target that is a command of the user's: its start, who listens, and its end.
extension Run {
    /// After SIGTERM a command has so long to end by itself.
    private static let commandExitSeconds = 10.0
    private static let shell = "/bin/sh"
    private static let logName = "target.log"
    /// Of what a command said last, so much is repeated where it fails.
    private static let lastWords = 400

    /// The first process of the command's pid namespace, when there is one: signals without a handler do not reach such a
    /// process, which is why it is not the server itself. It ends with the command's status, and takes the rest with it.
    private static let keeper = """
        /bin/sh -c "$1" &
        child=$!
        exec 2>/dev/null
        trap : TERM
        while :; do
            wait $child
            status=$?
            kill -0 $child 2>/dev/null || exit $status
        done
        """

    /// Starts the command in the target's network and droplet. Returns the tables that tell when it listens.
    func startCommand(_ command: String, _ world: World) throws -> Listeners {
        let listeners = try Listeners(namespace: world.targetNamespace)
        if let port = ports.first(where: listeners.contains) {
            throw RunError("Port \(port) is taken: something listens on it already, which would be taken for the target. End it, or use another target.port.")
        }
        if plan.host.privilege == .none {
            degraded.append("The target's command has no pid namespace: what it starts may outlive a simbench that is killed.")
        }
        let log = open("\(record.directory)/\(Run.logName)", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw RunError("\(record.directory)/\(Run.logName) could not be made for the command's output: \(errnoText(errno)).") }
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for descriptor in [nothing, log] { close(descriptor) } }
        waiting.target = try Spawner.spawn(request(command, world, descriptors: [0: nothing, 1: log, 2: log]))
        note("The target's command is started: \(command)")
        return listeners
    }

    private func request(_ command: String, _ world: World, descriptors: [Int32: Int32]) -> SpawnRequest {
        var environment = ProcessInfo.processInfo.environment
        environment[TargetCommand.portVariable] = String(plan.target.port)
        environment[TargetCommand.addressVariable] = plan.target.address
        var request = SpawnRequest(path: Run.shell, arguments: ["-c", Run.keeper, "simbench", command], environment: environment)
        request.descriptors = descriptors
        request.networkNamespace = world.targetNamespace
        seat(&request, .target)
        request.isFamily = true
        request.ownPidNamespace = plan.host.privilege != .none
        return request
    }

    private var ports: [UInt16] { (0..<plan.target.portCount).map { plan.target.port + UInt16($0) } }

    /// Whether every port that the workers connect to has a listener.
    func isServed(by listeners: Listeners) -> Bool { ports.allSatisfy(listeners.contains) }

    var deafCommandSentence: String {
        "The target's command did not listen on port \(ports.map { String($0) }.joined(separator: ", ")) within \(Int(Run.readySeconds)) s. It is told the "
            + "port as $PORT, and has to listen on 0.0.0.0 or \(plan.target.address).\(lastWordsSentence)"
    }

    /// What the command wrote last, for a sentence on its failure; empty when it wrote nothing.
    var lastWordsSentence: String {
        guard plan.target.command != nil, let log = FileHandle(forReadingAtPath: "\(record.directory)/\(Run.logName)") else { return "" }
        defer { try? log.close() }
        let end = (try? log.seekToEnd()) ?? 0
        try? log.seek(toOffset: end > UInt64(Run.lastWords) ? end - UInt64(Run.lastWords) : 0)
        let words = (try? log.readToEnd()).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let line = words.split(whereSeparator: \.isNewline).suffix(3).joined(separator: " | ")
        return line.isEmpty ? " It wrote nothing to \(Run.logName)." : " \(Run.logName) ends with: \(line)"
    }

    /// The built-in target ends by itself when the board says so; a command is asked to.
    func endTarget() -> [String] {
        guard plan.target.command != nil else { return end(waiting.target, "target", atMost: Run.exitSeconds) }
        let family = waiting.target.map { ProcessFamily.members(of: $0.pid) } ?? []
        waiting.target?.signalGroup(SIGTERM)
        let leaks = end(waiting.target, "target", atMost: Run.commandExitSeconds)
        // With a pid namespace they are gone by now.
        ProcessFamily.kill(family)
        return leaks
    }
}
