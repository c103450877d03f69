import Profiles

import struct Conductor.Progress

/// A run under way, in a few lines or in one. Pure.
public enum ProgressText {
    private static let longestBar = 60
    private static let shortestBar = 10

    /// The lines of a live view, none wider than the screen.
    ///
    /// - Parameters:
    ///   - title: whose run it is.
    ///   - event: what happened last.
    public static func block(_ progress: Progress, title: String, event: String?, style: Style) -> [String] {
        let layout = Layout(style: style)
        var lines = [heading(progress, title: title, style: style)]
        if let meter = meter(progress) { lines += bar(meter, layout) }
        lines += layout.flow(fields(progress))
        if let url = progress.chatURL { lines += layout.flow([Line("chat page \(url)")]) }
        if let event { lines.append(Line(Glyphs.clean(event), .dim)) }
        return lines.map { $0.rendered(style, limit: style.columns) }
    }

    /// One line for a log.
    public static func line(_ progress: Progress) -> String {
        var parts: [String] = []
        if let meter = meter(progress) { parts.append(meter.label) }
        parts += fields(progress).map { $0.rendered(Style(columns: 200)) }
        let head = "\(Words.duration(progress.elapsedSeconds)) \(progress.stage.rawValue)"
        return parts.isEmpty ? head : "\(head): " + parts.joined(separator: ", ")
    }

    // MARK: Parts

    private static func heading(_ progress: Progress, title: String, style: Style) -> Line {
        let time = Words.duration(progress.elapsedSeconds)
        var right = Line(progress.stage.rawValue, .bold)
        right.add("  \(time)")
        var line = Line()
        line.add(Glyphs.clip(Glyphs.clean(title), to: max(0, style.columns - right.columns - 2)).text, .bold)
        line.pad(to: style.columns - right.columns)
        line.add(right)
        return line
    }

    /// What is being filled: all of it, the part that is done, and the part that is on its way.
    private struct Meter {
        var whole: Int
        var done: Int
        var begun: Int
        var label: String
    }

    private static func meter(_ progress: Progress) -> Meter? {
        let planned = UnitText.count(progress.usersPlanned)
        switch progress.stage {
        case .ramping, .holding:
            return Meter(
                whole: progress.usersPlanned, done: progress.joined, begun: progress.usersStarted,
                label: "\(UnitText.count(progress.usersStarted)) of \(planned) users")
        case .sweeping:
            let verified = progress.verified ?? 0
            return Meter(
                whole: progress.joined, done: verified, begun: verified,
                label: "\(UnitText.count(verified)) of \(UnitText.count(progress.joined)) verified")
        case .building, .tearingDown, .done:
            return nil
        }
    }

    /// The bar and its label on one line, or the label alone where the screen has no room for both.
    private static func bar(_ meter: Meter, _ layout: Layout) -> [Line] {
        let room = layout.style.columns - Glyphs.columns(meter.label) - 2
        guard room >= shortestBar else { return [Line(meter.label)] }
        let width = min(room, longestBar)
        func share(_ part: Int) -> Int {
            meter.whole > 0 ? Int(Double(width) * Double(min(max(0, part), meter.whole)) / Double(meter.whole)) : 0
        }
        let done = share(meter.done)
        let begun = max(done, share(meter.begun))
        var line = Line(String(repeating: "█", count: done), .good)
        line.add(String(repeating: "▒", count: begun - done), .warning)
        line.add(String(repeating: "░", count: width - begun), .dim)
        line.add("  " + meter.label)
        return [line]
    }

    private static func fields(_ progress: Progress) -> [Line] {
        switch progress.stage {
        case .building: return [Line("\(UnitText.count(progress.usersPlanned)) users planned")]
        case .tearingDown: return [Line(progress.socketsLeft.map { "\(UnitText.count($0)) sockets left" } ?? "processes end")]
        case .done: return []
        case .ramping, .holding, .sweeping: break
        }
        var fields = [Line("\(UnitText.count(progress.joined)) joined"), Line("\(UnitText.count(progress.connected)) connected")]
        if progress.stage == .ramping { fields.append(Line(Words.rate(progress.joinsPerSecond))) }
        if let used = progress.memoryUsedBytes {
            fields.append(Line("memory \(Words.share(used, of: progress.memoryTotalBytes))"))
        }
        fields.append(count(progress.errors, "errors"))
        if progress.lost > 0 { fields.append(count(progress.lost, "lost")) }
        if let left = progress.secondsLeft { fields.append(Line("about \(Words.duration(left)) left")) }
        return fields
    }

    private static func count(_ value: Int, _ noun: String) -> Line {
        Line("\(UnitText.count(value)) \(noun)", value > 0 ? .bad : .plain)
    }
}
