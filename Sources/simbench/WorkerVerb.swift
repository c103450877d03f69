import ArgumentParser
import Foundation
import Lab
import Profiles

/// `simbench worker`: the workers alone, against a server of somebody else's on this host.
struct WorkerVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Load a server that is not simbench's own, on this host.",
        usage: "simbench worker --url ws://HOST:PORT/PATH [options]",
        discussion: """
            Plan, pace, sampling, verdict and record are those of a run; what is on the target's side is null in the \
            summary. The server's address is on loopback or one of this host's own: no load leaves the host.
            """)

    @Option(
        help: ArgumentHelp("The server, such as ws://127.0.0.1:4000/socket/websocket.", valueName: "url"),
        transform: { try TargetURL(parsing: $0) })
    var url: TargetURL

    @Option(
        help: ArgumentHelp("What each user does: a YAML list of steps, or a mapping with session, expect and more.", valueName: "file"))
    var session: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Load machines that the users are spread over (default: as many as they need).", valueName: "count"),
        transform: { try Units.count($0, in: 1...Limits.workers) })
    var workers: Int?

    @OptionGroup(title: "What to run") var options: PlanOptions

    @OptionGroup(title: "What it leaves") var output: RunOutput

    private static let usualUsers = 1_000

    func validate() throws {
        if options.profile != nil, session != nil {
            throw ValidationError("--profile and --session conflict: a profile has a session of its own.")
        }
        if options.profile != nil, workers != nil {
            throw ValidationError("--workers is for the built-in profile; with --profile write --set workers.count=N.")
        }
        if options.network != nil || options.fit != nil || options.targetCommand != nil {
            throw ValidationError("--network, --fit and --target-command are for a target of simbench's own; this one is what it is.")
        }
    }

    func run() throws {
        let address = try HostAddress.resolve(url.host)
        guard HostAddress.isOwn(address) else {
            throw Failure.hostCannot(
                "\(url.host == address ? address : "\(url.host) is \(address), which") is no address of this host: load stays on the host. Run the server here, or "
                    + "simbench on the server's host.")
        }
        try HostAddress.checkListener(address, port: url.port)
        let target = ForeignTarget(address: address, url: url)
        let plan = try output.settled {
            let (profile, flags) = try wishes()
            return try options.plan(profile, flags: flags, foreign: target)
        }
        throw ExitCode(try output.carryOut(plan).exitStatus)
    }

    private func wishes() throws -> (Profile, Flags) {
        var flags = options.flags
        guard options.profile == nil else {
            return (try ProfileFolders.finder().load(options.profileName(), overrides: options.overrides), flags)
        }
        // The built-in profile is written for so many users; there is nothing to scale.
        flags.connections = nil
        let profile = try LoneWorkers.profile(
            users: options.connections ?? Self.usualUsers, workers: workers, session: session.map { try LoneWorkers.read($0) },
            overrides: options.overrides)
        return (profile, flags)
    }
}
