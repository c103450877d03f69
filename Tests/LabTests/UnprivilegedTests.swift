import Glibc
import Testing

@testable import Lab

extension WholeHostTests {
    @Suite(.enabled(if: LabHost.isRoot && access("/usr/bin/setpriv", X_OK) == 0 && access("/usr/bin/unshare", X_OK) == 0,
        "needs root, to become another user, and setpriv and unshare of util-linux"))
    struct UnprivilegedTests {
        @Test func anOrdinaryUserBuildsAWorldInAUserNamespace() throws {
            let drop = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
            let (child, said) = try HelperProcess.start(
                ["SIMBENCH_TEST_HELPER": "unprivileged"], before: drop + ["/usr/bin/unshare", "--user", "--map-root-user"])
            _ = child.wait()
            let lines = said.split(separator: "\n")
            #expect(lines.last == "done", "the helper said: \(said)")
            #expect(lines.contains("level=user_namespace"))
            #expect(lines.contains { $0.hasPrefix("groups=Only root may make control groups") } || !LabHost.hasMemoryLimits)
            #expect(lines.contains("journal=/tmp/simbench-65534"))
            #expect(lines.filter { $0 == "connected=198.18.0.1" }.count == 9, "three workers on each of three networks")
            #expect(lines.contains { $0.hasPrefix("degraded=net.core.netdev_max_backlog") })
            #expect(!lines.contains { $0.hasPrefix("leak=") || $0.hasPrefix("error=") }, "the helper said: \(said)")
        }

        @Test func withoutAnyPrivilegeTheReasonIsSaid() throws {
            let drop = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
            let (child, said) = try HelperProcess.start(["SIMBENCH_TEST_HELPER": "unprivileged"], before: drop)
            _ = child.wait()
            #expect(said.contains("level=none\nbecause=To make a network namespace was refused: Operation not permitted"))
            for model in ["routed", "bridge", "overlay"] {
                #expect(said.contains("error=The \(model) network needs namespaces"))
            }
        }
    }
}
