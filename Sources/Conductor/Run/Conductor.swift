import Lab
import Profiles

/// Carries a plan out: builds the lab, starts both sides, leads them through the phases, tears down, leaves the record.
///
/// Call it on the main thread: it blocks until the run is over, and children die with the thread that started them.
public enum Conductor {
    /// `executable` is this program, which carries the lanes in processes of its own.
    ///
    /// - Parameters:
    ///   - door: where people reach the target's chat page while the run lasts.
    ///   - onLive: told the whole state once a second, on this thread; it must not block. nil costs nothing.
    public static func run(
        _ plan: Plan, directory: String, executable: String, door: Door.Wish = .automatic,
        onEvent: @escaping (String) -> Void, onProgress: @escaping (Progress) -> Void, onLive: ((LiveState) -> Void)? = nil
    ) throws -> RunOutcome {
        let run = try Run(
            plan, directory: directory, executable: executable, door: Door.open(door, plan), onEvent: onEvent,
            onProgress: onProgress)
        run.live = onLive.map { LiveTeller(plan, $0) }
        return try run.carryOut()
    }
}

extension Conductor {
    /// So many sockets are nothing that a plan would miss.
    private static let fewSockets: UInt64 = 10_000

    /// Waits, 90 s at most, while the kernel is putting away the sockets of something that has ended. Returns at once on
    /// a host that is quiet, or whose sockets are in use.
    public static func waitUntilSocketsAreGone() {
        guard Quiet.sockets() > fewSockets else { return }
        _ = Quiet.wait(atMostSeconds: Quiet.mostSeconds) { false }
    }
}
