import ArgumentParser
import Lab
import Profiles
import Views

/// `simbench doctor`: what this host can carry, what it lacks, and how to get it.
struct DoctorVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what this host can carry, and what it lacks.")

    func run() throws {
        let privileges = Privileges.prepare()
        let host = try HostProbe().facts(privileges, trying: [.bridge, .overlay])
        let finder = ProfileFolders.finder()
        let trials = finder.all().map { name, path in Checkup.Trial(name, path, finder, host) }
        print(Checkup.text(host, trials), terminator: "")
        guard trials.isEmpty || trials.contains(where: \.runs) else { throw ExitCode(Failure.Status.hostCannot.rawValue) }
    }
}

/// The host in sentences.
enum Checkup {
    /// Whether a profile can be planned on this host.
    struct Trial {
        let name: String
        let runs: Bool
        let sentence: String

        init(_ name: String, _ path: String, _ finder: ProfileFinder, _ host: HostFacts) {
            self.name = name
            do {
                if let sweep = try finder.sweep(path) {
                    runs = true
                    sentence = "is a sweep of \(UnitText.count(sweep.profiles.count)) of these: \(sweep.profiles.joined(separator: ", "))."
                    return
                }
                let profile = try finder.load(path)
                let plan = try Planner.plan(profile: profile, flags: Flags(), host: host, version: Simbench.version)
                runs = true
                let degraded = plan.degraded.isEmpty ? "" : ", degraded (see simbench plan --profile \(name))"
                sentence = "runs with \(UnitText.count(plan.users)) users on \(plan.engine.rawValue)\(degraded)."
            } catch {
                runs = false
                sentence = "does not run: \(error)"
            }
        }
    }

    static func text(_ host: HostFacts, _ trials: [Trial]) -> String {
        var lines = ["This host"] + facts(host).map { "  \($0)" }
        let lacks = lacks(host)
        if !lacks.isEmpty { lines += ["", "What it lacks"] + lacks.map { "  - \($0)" } }
        if !trials.isEmpty {
            lines += ["", "What it carries"] + trials.map { "  \($0.name) \($0.sentence)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func facts(_ host: HostFacts) -> [String] {
        let swap = host.swapTotalBytes > 0 ? "\(UnitText.bytes(host.swapTotalBytes)) of swap" : "no swap"
        let nodes = host.numaNodes > 1 ? " on \(host.numaNodes) NUMA nodes" : ""
        var facts = [
            "Linux \(host.kernelRelease), \(host.cpuModel).",
            "\(host.cpus) \(host.cpus == 1 ? "CPU" : "CPUs")\(nodes), \(UnitText.bytes(host.memoryTotalBytes)) of memory, "
                + "\(UnitText.bytes(host.memoryAvailableBytes)) of it available, \(swap).",
            "A descriptor table holds \(UnitText.count(host.descriptorLimit)); each lane has one of its own.",
            "TCP may use \(UnitText.bytes(host.tcpMemoryBytes)) for data in flight (net.ipv4.tcp_mem).",
        ]
        if host.capUnavailableBecause == nil { facts.append("Control groups can limit the memory of droplets.") }
        if host.ioUringUnavailableBecause == nil { facts.append("io_uring works; so does epoll.") }
        if host.privilege == .root { facts.append("Network namespaces, links and kernel settings can be made and changed.") }
        return facts
    }

    /// What is missing, with the way to get it.
    private static func lacks(_ host: HostFacts) -> [String] {
        var lacks: [String] = []
        if let reason = host.ioUringUnavailableBecause { lacks.append("\(reason) The epoll engine works without it.") }
        switch host.privilege {
        case .root: break
        case .userNamespace:
            lacks.append("Kernel settings of the whole host cannot be changed. \(host.privilegeLimitedBecause ?? "") Run as root (sudo) for those.")
        case .none:
            lacks.append("Workers are loopback addresses instead of machines of their own. \(host.privilegeLimitedBecause ?? "")")
        }
        for (model, reason) in (host.unavailableNetworks ?? [:]).sorted(by: { $0.key < $1.key }) {
            lacks.append("There is no \(model) network here. \(reason)")
        }
        if let reason = host.capUnavailableBecause { lacks.append("Droplets have no limits here. \(reason)") }
        if host.descriptorLimit < 20_000 {
            lacks.append(
                "\(UnitText.count(host.descriptorLimit)) descriptors per table make many lanes: raise the hard limit "
                    + "(ulimit -Hn, limits.conf or LimitNOFILE=) to 20,000 or more.")
        }
        return lacks
    }
}
