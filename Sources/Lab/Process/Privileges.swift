import CLab
import Glibc
import Profiles

/// How much of the lab this process may build, found out by trying.
public struct Privileges: Equatable, Sendable {
    public let level: HostFacts.Privilege
    /// nil for root; otherwise what stood in the way.
    public let because: String?

    /// Call first thing in `main`: it may move this process into a user namespace of its own, which the kernel allows
    /// only while there is one thread. Costs one or two short-lived child processes. `allowUserNamespace` false only looks.
    public static func prepare(allowUserNamespace: Bool = true) -> Privileges {
        var stage: UnsafePointer<CChar>?
        let direct = simbench_try_namespaces(false, &stage)
        if direct == 0 {
            // Root of a user namespace (rootless containers, `unshare -Ur`) is not the host's root.
            if UserMap.current().isInitial { return Privileges(level: .root, because: nil) }
            return Privileges(
                level: .userNamespace,
                because: "This process runs in a user namespace, which may not change settings of the whole host.")
        }
        let refusal = "\(sentence(stage)) was refused: \(errnoText(-direct))."
        guard allowUserNamespace else { return Privileges(level: .none, because: refusal) }
        let nested = simbench_try_namespaces(true, &stage)
        guard nested == 0 else {
            return Privileges(level: .none, because: "\(refusal) \(explainUserNamespace(stage, -nested))")
        }
        let entered = simbench_enter_user_namespace(&stage)
        guard entered == 0 else {
            let why = entered == -EINVAL ? "the process has more than one thread already" : errnoText(-entered)
            return Privileges(level: .none, because: "\(refusal) A user namespace could not be entered: \(why).")
        }
        return Privileges(
            level: .userNamespace,
            because: "\(refusal) A user namespace serves instead, which may not change settings of the whole host.")
    }

    private static func sentence(_ stage: UnsafePointer<CChar>?) -> String {
        let text = stage.map { String(cString: $0) } ?? "make a namespace"
        return "To " + text
    }

    private static func explainUserNamespace(_ stage: UnsafePointer<CChar>?, _ code: Int32) -> String {
        "With a user namespace: \(sentence(stage).lowercased()) was refused: \(errnoText(code)). \(userNamespaceHint(code))"
    }

    /// Which of the host's settings forbids user namespaces, as far as it can be seen.
    private static func userNamespaceHint(_ code: Int32) -> String {
        if Sysctls.read("kernel.unprivileged_userns_clone") == "0" {
            return "Run as root, or set kernel.unprivileged_userns_clone to 1."
        }
        if Sysctls.read("kernel.apparmor_restrict_unprivileged_userns") == "1" {
            return "Run as root, or set kernel.apparmor_restrict_unprivileged_userns to 0."
        }
        if Sysctls.read("user.max_user_namespaces") == "0" {
            return "Run as root, or raise user.max_user_namespaces."
        }
        if code == EOPNOTSUPP { return "The kernel lacks veth links: `modprobe veth`, as root." }
        return "Run as root; in a container, `--privileged` or a seccomp profile that allows unshare."
    }
}
