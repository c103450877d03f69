import Foundation

import struct Conductor.TargetCount

/// Shows a target alone while it serves: one line redrawn in place on a terminal, elsewhere a line every few seconds, and
/// only when something changed.
public final class TargetView {
    private static let linePeriod = 5

    private let isQuiet: Bool
    private let isLive: Bool
    private let screen = Screen.errors
    private var ticks = 0
    private var shown: TargetCount?
    private var isDrawn = false

    public init(isQuiet: Bool) {
        self.isQuiet = isQuiet
        isLive = screen.isTerminal && Style.canMove(ProcessInfo.processInfo.environment)
    }

    /// Call it once a second.
    public func show(_ count: TargetCount) {
        ticks += 1
        guard !isQuiet, screen.isReady else { return }
        if isLive {
            let columns = (screen.columns ?? Style.defaultColumns) - 1
            screen.write("\r\u{1B}[K" + Glyphs.clip(TargetText.line(count), to: columns).text)
            isDrawn = true
        } else if count != shown ?? TargetCount(), ticks % Self.linePeriod == 0 {
            screen.write(TargetText.line(count) + "\n")
            shown = count
        }
    }

    /// Takes the live line away.
    public func clear() {
        if isDrawn { screen.write("\r\u{1B}[K") }
        isDrawn = false
    }
}
