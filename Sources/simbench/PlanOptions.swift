import ArgumentParser
import Lab
import Profiles

/// The flags that make a plan; `run` and `plan` share them.
struct PlanOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The profile: a name, or the path of a YAML file.", valueName: "name|path"))
    var profile: String?

    @Option(
        help: ArgumentHelp("io_uring or epoll (default: the profile's, else io_uring where it works).", valueName: "engine"),
        transform: { try Choice.read($0, "an engine", ["io_uring": .ioUring, "epoll": .epoll]) })
    var engine: Plan.EngineKind?

    @Option(
        help: ArgumentHelp("How a profile larger than the host is made to fit: auto, full, connections or footprint.", valueName: "fit"),
        transform: {
            try Choice.read(
                $0, "a fit",
                ["auto": .auto, "full": .fixed(.full), "connections": .fixed(.connections), "footprint": .fixed(.footprint)])
        })
    var fit: Profile.FitChoice?

    // Unconditional: what follows is the value even with a dash, so that -5 is refused for what it is.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Users to start instead of the profile's number, such as 100k or 2.3M.", valueName: "count"),
        transform: { try Units.count($0, in: 1...Limits.users) })
    var connections: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Arrivals of every phase, such as 500/s, or max: as fast as both ends go.", valueName: "rate"),
        transform: { try Units.rate($0) })
    var rate: Rate?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Model seconds per second, or auto.", valueName: "factor"),
        transform: { $0 == "auto" ? .auto : .times(try Units.number($0)) })
    var speedup: Profile.Speedup?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Seed of everything random (default: \(Flags.defaultSeed)).", valueName: "number"),
        transform: { text in
            guard let seed = UInt64(text) else {
                throw ValidationError("a seed is a whole number from 0 to \(UInt64.max)")
            }
            return seed
        })
    var seed: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long the connections are held, such as 30s.", valueName: "duration"),
        transform: { try Units.seconds($0) })
    var hold: Double?

    @Option(
        help: ArgumentHelp("The network between workers and target: routed, bridge, overlay or loopback.", valueName: "model"),
        transform: { text in
            try Choice.read(text, "a network model", Dictionary(uniqueKeysWithValues: Plan.NetworkModel.allCases.map { ($0.rawValue, $0) }))
        })
    var network: Plan.NetworkModel?

    @Option(
        name: .customLong("target-command"), parsing: .unconditional,
        help: ArgumentHelp(
            "A server of your own as the target: /bin/sh runs it in the target's network and droplet, and $PORT is where to listen.",
            valueName: "command"),
        transform: { try TargetCommand.check($0) })
    var targetCommand: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Lay a value over the profile, such as load.retries=5; repeatable.", valueName: "key.path=value"))
    var overrides: [String] = []

    var flags: Flags {
        Flags(
            engine: engine, fit: fit, connections: connections, rate: rate, speedup: speedup, seed: seed,
            holdSeconds: hold, network: network, targetCommand: targetCommand)
    }

    /// The profile's name or path, as given.
    func profileName() throws -> String {
        if let profile { return profile }
        let names = ProfileFolders.finder().all().map(\.name).joined(separator: ", ")
        throw Failure.usage("--profile is missing: name one\(names.isEmpty ? "" : " (\(names))"), or give the path of a file.")
    }

    /// The profiles that `--profile` stands for: one, or those of a sweep.
    func sweep() throws -> Sweep? { try ProfileFolders.finder().sweep(profileName()) }

    /// The plan for this host. The first call comes before anything starts a thread: it may enter a user namespace.
    ///
    /// - Parameters:
    ///   - name: a profile of the sweep that `--profile` names; nil is `--profile` itself.
    ///   - laid: flags that count instead of these.
    func plan(_ name: String? = nil, laid: Flags = Flags()) throws -> Plan {
        try maker(name).plan(flags.overlaid(by: laid), overrides: overrides)
    }

    /// Makes plans for this host. It may enter a user namespace, which comes before anything starts a thread.
    func maker(_ name: String? = nil) throws -> PlanMaker {
        let privileges = Privileges.prepare()
        let name = try name ?? profileName()
        return PlanMaker(
            version: Simbench.version, load: { try ProfileFolders.finder().load(name, overrides: $0) },
            facts: { try HostProbe().facts(privileges, trying: $0) })
    }

    /// The plan for workers alone, which need no namespaces.
    func plan(_ profile: Profile, flags: Flags, foreign: ForeignTarget) throws -> Plan {
        var flags = flags
        flags.foreign = foreign
        let host = try HostProbe().facts(Privileges.prepare(allowUserNamespace: false))
        return try Planner.plan(profile: profile, flags: flags, host: host, version: Simbench.version)
    }
}

/// A value out of a closed list.
enum Choice {
    static func read<Value>(_ text: String, _ noun: String, _ choices: [String: Value]) throws -> Value {
        guard let value = choices[text] else {
            throw ValidationError("\(noun) is one of \(choices.keys.sorted().joined(separator: ", "))")
        }
        return value
    }
}
