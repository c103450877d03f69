import CLab
import Glibc

/// Whether io_uring works here, found out by setting up a ring.
public enum IoUringProbe {
    /// nil when it works; otherwise a sentence that says why not and what would help. Costs two system calls.
    public static func unavailableBecause() -> String? {
        let code = simbench_try_ring(SIMBENCH_RING_COOP_TASKRUN)
        if code >= 0 { return nil }
        return explain(-code, disabled: Sysctls.read("kernel.io_uring_disabled"), plainRingWorks: simbench_try_ring(0) >= 0)
    }

    /// Pure.
    static func explain(_ code: Int32, disabled: String?, plainRingWorks: Bool) -> String {
        if plainRingWorks { return "This kernel's io_uring is older than 5.19, which the engine needs." }
        switch (code, disabled) {
        case (EPERM, "1"):
            return "kernel.io_uring_disabled is 1: only privileged processes and kernel.io_uring_group may use io_uring."
        case (EPERM, "2"):
            return "kernel.io_uring_disabled is 2: io_uring is off for everyone; `sysctl kernel.io_uring_disabled=0` allows it."
        case (EPERM, _):
            return "io_uring is forbidden here (EPERM), probably by a container's seccomp profile: Docker's default blocks it."
        case (ENOSYS, _):
            return "This kernel has no io_uring, or a seccomp profile hides it (ENOSYS)."
        case (ENOMEM, _):
            return "io_uring found no memory to lock (ENOMEM): raise RLIMIT_MEMLOCK."
        default:
            return "A ring could not be set up: \(errnoText(code))."
        }
    }
}
