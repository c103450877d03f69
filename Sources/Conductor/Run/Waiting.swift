import CLab
import Engine
import Glibc
import Lab

/// What can interrupt the conductor's waiting.
enum Event: Equatable {
    case timeout
    /// A lane rang the bell: something on the board changed.
    case bell
    /// A person or the system asked to stop.
    case signal(Int32)
    case targetEnded
    case workersEnded
}

/// The one place where the conductor waits: for time, the bell, signals and the end of its children.
///
/// Make it before any other thread exists: signals are blocked in this thread and inherited by later ones.
final class Waiting {
    private let signals: Int32
    private let bells: Int32
    private let bell: Int32
    private let event = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
    var target: ChildProcess?
    var workers: ChildProcess?

    init(bell: Int32) {
        self.bell = bell
        signals = simbench_signal_descriptor([SIGINT, SIGTERM, SIGHUP, SIGQUIT], 4)
        bells = simbench_epoll_create()
        _ = simbench_epoll_add(bells, bell, SIMBENCH_EPOLL_IN | SIMBENCH_EPOLL_EDGE, 0)
    }

    deinit {
        if signals >= 0 { close(signals) }
        if bells >= 0 { close(bells) }
        event.deallocate()
    }

    /// Tells every lane that the board has changed.
    func ring() {
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
        _ = simbench_epoll_wait(bells, event, 1, 0)
    }

    /// The next event, within so many milliseconds.
    func next(milliseconds: Int) -> Event {
        var watched = [pollfd(fd: signals, events: Int16(POLLIN), revents: 0), pollfd(fd: bells, events: Int16(POLLIN), revents: 0)]
        watched.append(pollfd(fd: target?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
        watched.append(pollfd(fd: workers?.descriptor ?? -1, events: Int16(POLLIN), revents: 0))
        let count = poll(&watched, nfds_t(watched.count), Int32(clamping: max(0, milliseconds)))
        guard count > 0 else { return .timeout }
        if watched[0].revents != 0 {
            let number = simbench_read_signal(signals)
            if number > 0 { return .signal(number) }
        }
        if watched[2].revents != 0 { return .targetEnded }
        if watched[3].revents != 0 { return .workersEnded }
        if watched[1].revents != 0 {
            _ = simbench_epoll_wait(bells, event, 1, 0)
            return .bell
        }
        return .timeout
    }
}

/// Seconds of CLOCK_MONOTONIC.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
