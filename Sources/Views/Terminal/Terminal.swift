import Conductor
import Profiles

import struct Conductor.Progress

/// Shows a run while it lasts: a block of lines redrawn in place on a terminal, a line every few seconds elsewhere.
///
/// The cursor is never hidden and no mode of the terminal is changed, so there is nothing to restore however a run ends.
public final class Terminal {
    /// Between two lines of a log, unless the stage changes.
    private static let linePeriodSeconds = 5.0
    /// Between two drawings of the live block: more often is only flicker.
    private static let drawPeriodSeconds = 0.1

    private enum Mode {
        case silent, lines, live
    }

    private let screen: Screen
    private let environment: [String: String]
    private let title: String
    private let mode: Mode
    /// The live block as it stands on the screen: the columns of each line.
    private var drawn: [Int] = []
    private var event: String?
    private var stage: Progress.Stage?
    private var shownAtSeconds = 0.0
    private var isChatTold = false

    /// - Parameter title: whose run it is, for the head of the block.
    public init(_ screen: Screen, environment: [String: String], title: String, isQuiet: Bool) {
        self.screen = screen
        self.environment = environment
        self.title = title
        mode = isQuiet ? .silent : screen.isTerminal && Style.canMove(environment) ? .live : .lines
        if mode == .live { Resumption.watch() }
    }

    /// What happened, in a sentence; a live block shows the last one.
    public func note(_ sentence: String) { event = sentence }

    public func show(_ progress: Progress) {
        let period = mode == .live ? Self.drawPeriodSeconds : Self.linePeriodSeconds
        let isDue = progress.stage != stage || progress.elapsedSeconds - shownAtSeconds >= period
        if mode == .live, Resumption.take() || screen.isInBackground { drawn = [] }
        guard mode != .silent, isDue, screen.isReady, mode == .lines || !screen.isInBackground else { return }
        stage = progress.stage
        shownAtSeconds = progress.elapsedSeconds
        if mode == .live {
            draw(progress)
        } else {
            if let url = progress.chatURL, !isChatTold { screen.write("chat page: \(url)\n") }
            isChatTold = isChatTold || progress.chatURL != nil
            screen.write(ProgressText.line(progress) + "\n")
        }
    }

    /// Takes the live block away, to make room for what is said at the end.
    public func clear() {
        guard !drawn.isEmpty, !Resumption.take(), !screen.isInBackground else { return }
        screen.write(Self.erase(drawn, columns: screen.columns ?? Style.defaultColumns))
        drawn = []
    }

    private func draw(_ progress: Progress) {
        let columns = screen.columns ?? Style.defaultColumns
        var style = Style.detect(environment, terminalColumns: columns)
        // The last column is left free: some terminals break the line when it is filled.
        style.columns = max(1, columns - 1)
        // What has scrolled out at the top cannot be drawn over.
        let room = max(1, (screen.rows ?? .max) - 1)
        let lines = ProgressText.block(progress, title: title, event: event, style: style).prefix(room)
        screen.write(Self.erase(drawn, columns: columns) + lines.map { $0 + "\r\n" }.joined())
        drawn = lines.map { Self.visibleColumns($0) }
    }

    /// Moves up over the lines last drawn and clears each. A terminal that became narrower has broken them.
    ///
    /// Not the screen from there on: where a block fills it, some terminals keep what they clear in their history.
    static func erase(_ drawn: [Int], columns: Int) -> String {
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
        return rows == 0 ? "" : String(repeating: "\u{1B}[A\u{1B}[2K", count: rows) + "\r"
    }

    /// The columns a rendered line takes, colours not counted.
    static func visibleColumns(_ text: String) -> Int {
        var columns = 0
        for (index, piece) in text.split(separator: "\u{1B}", omittingEmptySubsequences: false).enumerated() {
            let shown = index == 0 ? piece : piece.drop { $0 != "m" }.dropFirst()
            columns += Glyphs.columns(String(shown))
        }
        return columns
    }
}
