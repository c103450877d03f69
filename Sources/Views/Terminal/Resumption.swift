import Glibc

/// Set by the handler of SIGCONT, and by nothing else.
nonisolated(unsafe) private var isContinued: sig_atomic_t = 0

/// Notices that the process was stopped (Ctrl-Z) and goes on: whoever had the terminal meanwhile has written on it.
enum Resumption {
    static func watch() { signal(SIGCONT) { _ in isContinued = 1 } }

    /// Whether it happened since the last call.
    static func take() -> Bool {
        defer { isContinued = 0 }
        return isContinued != 0
    }
}
