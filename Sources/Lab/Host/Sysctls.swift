import Glibc
import Profiles

/// Kernel settings: those of a namespace die with it and are just written; the host's are journalled first.
enum Sysctls {
    /// `net.core.somaxconn` → `/proc/sys/net/core/somaxconn`.
    static func path(_ name: String) -> String {
        "/proc/sys/" + name.split(separator: ".").joined(separator: "/")
    }

    /// The value with single blanks between its fields, or nil when this kernel or namespace lacks it.
    static func read(_ name: String) -> String? { SystemFile.text(path(name))?.trimmed }

    /// Writes values for the namespace the calling thread is in. Returns a sentence for each refused.
    static func write(_ values: [(name: String, value: String)]) -> [String] {
        values.compactMap { name, value in
            do throws(Errno) {
                try SystemFile.write(value, to: path(name))
                return nil
            } catch {
                return refusal(name, value, error.code)
            }
        }
    }

    /// Pure. Linux 6.1 shows a user namespace nothing of net.core; 6.12 does.
    static func refusal(_ name: String, _ value: String, _ code: Int32) -> String {
        let reason = code == ENOENT ? "this kernel lacks it, or shows it to the host's root only" : errnoText(code)
        return "\(name) could not be set to \(value): \(reason)\(consequences[name].map { "; \($0)" } ?? "")."
    }

    private static let consequences = [
        "net.core.somaxconn": "an accept queue holds 4,096 connections, unless the host's default is another",
        "net.core.rps_default_mask": "packets to the target are received on the CPUs that send them",
    ]

    /// A socket that its process has closed keeps its namespace until the other end has answered, or until its FIN was
    /// repeated so often; the kernel's default 0 stands for eight times, which take 100 s and more (tcp_orphan_retries in
    /// tcp_timer.c).
    static let shortGoodbyes = (name: "net.ipv4.tcp_orphan_retries", value: "1")

    static func targetSettings() -> [(name: String, value: String)] {
        // The queue lengths are as long as they may be, so that the accept queue is the target's own doing. It forwards nothing, so what is sent to an address of its network that nobody has is dropped without a word.
        return common + [
            ("net.core.somaxconn", "65535"), ("net.ipv4.tcp_max_syn_backlog", "65535"),
            ("net.ipv4.ip_local_port_range", "1025 65535"), ("net.ipv4.ip_forward", "0"),
        ]
    }

    static func workerSettings(
        _ worker: Plan.Worker, synRetries: Int, linear: Int
    ) -> [(name: String, value: String)] {
        var values = common
        // A range may not start below the first unprivileged port.
        if worker.firstPort < 1024 {
            values.append(("net.ipv4.ip_unprivileged_port_start", String(worker.firstPort)))
        }
        values.append(("net.ipv4.ip_local_port_range", "\(worker.firstPort) \(worker.lastPort)"))
        values.append(("net.ipv4.tcp_syn_retries", String(synRetries)))
        // Older kernels than 6.5 have only the exponential waits, and no such file.
        let name = "net.ipv4.tcp_syn_linear_timeouts"
        if read(name) != nil { values.append((name, String(linear))) }
        return values
    }

    /// Hands packets that arrive in a namespace to these CPUs (RPS). Of the namespace since Linux 6.3. Pure.
    static func steering(to cpus: [Int]) -> [(name: String, value: String)] {
        [("net.core.rps_default_mask", mask(cpus))]
    }

    /// The kernel's way to write a set of CPUs: hexadecimal, 32 to a word, the last word first.
    static func mask(_ cpus: [Int]) -> String {
        var words = [UInt32](repeating: 0, count: (cpus.max() ?? 0) / 32 + 1)
        for cpu in cpus where cpu >= 0 { words[cpu / 32] |= 1 << UInt32(cpu % 32) }
        return words.reversed().map { String($0, radix: 16) }.enumerated().map { index, text in
            index == 0 ? text : String(repeating: "0", count: 8 - text.count) + text
        }.joined(separator: ",")
    }

    /// bbr and fq pace every packet with a timer.
    private static let common = [(name: "net.ipv4.tcp_congestion_control", value: "reno")]

    /// A setting of the whole host that a run wants at least so high.
    struct HostWish: Equatable {
        var name: String
        /// Field by field; the setting is raised, never lowered.
        var atLeast: [UInt64]
        /// What is lost when it stays as it is; ends the sentence in `degraded`.
        var otherwise: String
    }

    /// What this plan wants of the host. Pure.
    static func hostWishes(_ plan: Plan) -> [HostWish] {
        var wishes = [HostWish(
            name: "net.core.netdev_max_backlog", atLeast: [300_000],
            otherwise: "bursts over the links drop SYNs, and the ramp waits for their retransmission")]
        let sockets = UInt64(max(plan.users, 0)) * 2
        wishes.append(HostWish(
            name: "fs.file-max", atLeast: [sockets + 200_000],
            otherwise: "once so many files are open, everyone but the host's root is refused more (ENFILE)"))
        // Since Linux 6.0 an idle TCP socket gives its memory back; before, each end may keep a page.
        if kernelMajor(plan.host.kernelRelease) < 6 {
            let pages = sockets + 65_536
            wishes.append(HostWish(
                name: "net.ipv4.tcp_mem", atLeast: [pages, pages, pages],
                otherwise: "TCP comes under memory pressure before all users are connected"))
        }
        return wishes
    }

    static func kernelMajor(_ release: String) -> Int { Int(release.prefix { $0.isNumber }) ?? 0 }

    /// The current value raised field by field, or nil when it is high enough. Pure.
    static func raised(_ current: String, atLeast: [UInt64]) -> String? {
        let now = current.fields.map { UInt64($0) ?? 0 }
        guard now.count == atLeast.count else { return nil }
        let wanted = zip(now, atLeast).map { max($0, $1) }
        return wanted == now ? nil : wanted.map { String($0) }.joined(separator: " ")
    }
}
