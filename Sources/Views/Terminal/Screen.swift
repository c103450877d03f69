import Glibc

/// A file that text for people is written to: a terminal, a pipe or a file.
public struct Screen {
    let descriptor: Int32
    let isTerminal: Bool

    public static var output: Screen { Screen(descriptor: STDOUT_FILENO) }
    public static var errors: Screen { Screen(descriptor: STDERR_FILENO) }

    init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
    }

    /// nil for what is no terminal. Some terminals report no width, and get the usual one.
    var columns: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return Style.defaultColumns }
        return Int(size.ws_col)
    }

    /// nil for what is no terminal, or does not tell.
    var rows: Int? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return Int(size.ws_row)
    }

    /// Whether the terminal is another job's now: what is drawn then would stand in the shell's way.
    var isInBackground: Bool {
        let group = tcgetpgrp(descriptor)
        return isTerminal && group >= 0 && group != getpgrp()
    }

    public func style(_ environment: [String: String]) -> Style {
        Style.detect(environment, terminalColumns: columns)
    }

    /// False while a terminal is stopped (Ctrl-S) or its reader is behind: a run must not wait for its audience.
    var isReady: Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return Glibc.poll(&poll, 1, 0) == 1 && poll.revents & Int16(POLLOUT) != 0
    }

    /// Writes it all, or as much as the reader takes: one that has gone away is nobody's trouble here.
    public func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                } else if count < 0 && errno == EINTR {
                    continue
                } else {
                    return
                }
            }
        }
    }
}
