import Conductor
import Profiles

/// The ratios of a variant's figures with their intervals, one below the other, on either side of 1.
struct ForestPlot {
    struct Row {
        var name: String
        var median: Double
        var low: Double?
        var high: Double?
        /// It differs, and chance is no likely reason.
        var isSure: Bool
        /// The whole row in words.
        var told: String
    }

    var id: String
    var title: String
    /// Of the variant.
    var ink: Int
    var rows: [Row]

    /// What lies farther out is drawn as an arrow at the edge: a figure that is forty times another's must not press all
    /// others into a line.
    private static let farthest = 2.2
    private static let nearest = 1.06
    private static let ticks = [0.5, 0.67, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.25, 1.5, 2]

    var figure: Markup {
        let keys: [(String, String)] = [("dot sure c\(ink % 8)", "differs"), ("dot c\(ink % 8)", "may be chance"), ("one", "no difference")]
        let legend = keys.map { style, name in Markup.tag("span", ["class": "key"], [.tag("i", ["class": "swatch \(style)"]), .text(name)]) }
        return .tag(
            "figure", ["id": id],
            [.tag("figcaption", [.tag("h3", title), .tag("div", ["class": "legend"], legend)])] + [Frame.wide, Frame.narrow].map(drawing))
    }

    /// From 1 to the edge on either side, as a factor.
    private var reach: Double {
        let ends = rows.flatMap { [$0.median, $0.low ?? $0.median, $0.high ?? $0.median] }.filter { $0 > 0 && $0.isFinite }
        let far = ends.map { $0 < 1 ? 1 / $0 : $0 }.max() ?? 1
        return min(Self.farthest, max(Self.nearest, far * 1.02))
    }

    private func drawing(_ shape: Frame) -> Markup {
        let isWide = shape.name == Frame.wide.name
        // On a phone the name stands above its interval.
        let step = isWide ? 24.0 : 38.0
        var frame = shape.with(height: shape.bottom + 14 + Double(rows.count) * step)
        frame.left = isWide ? 190 : 14
        frame.right = isWide ? 74 : 14
        frame.top = 8
        let axes = Axes(frame: frame, x: Scale(1 / reach...reach, isLogarithmic: true), y: Scale(0...1), xLabel: "", yLabel: "")
        var pieces: [Markup] = [.tag("title", title)]
        for tick in ticks(about: frame.xTicks) {
            pieces.append(Axes.rule(axes.x(tick), frame.top, axes.x(tick), frame.floor, tick == 1 ? "one" : "grid"))
            pieces.append(Axes.label(UnitText.decimal(tick, places: 2), axes.x(tick), frame.floor + 18, "middle"))
        }
        pieces.append(Axes.label("times the first variant's", frame.width - frame.right, frame.height - 6, "end", "unit"))
        for (index, row) in rows.enumerated() { pieces += drawn(row, axes, top: frame.top + Double(index) * step, step: step, isWide) }
        return .tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": "\(frame.name) forest", "viewBox": "0 0 \(Axes.text(frame.width)) \(Axes.text(frame.height))",
                "role": "img", "aria-label": title,
            ], pieces)
    }

    /// As many as have room, 1 and both ends of what is shown first.
    private func ticks(about count: Int) -> [Double] {
        let shown = Self.ticks.filter { $0 >= 1 / reach && $0 <= reach }
        guard shown.count > count else { return shown }
        let outer = shown.filter { $0 != 1 && $0 != 0.95 && $0 != 1.05 }
        let step = (outer.count + count - 2) / max(1, count - 1)
        return ([1] + outer.enumerated().filter { ($0.offset % max(1, step)) == 0 }.map(\.element)).sorted()
    }

    private func drawn(_ row: Row, _ axes: Axes, top: Double, step: Double, _ isWide: Bool) -> [Markup] {
        let frame = axes.frame
        let y = isWide ? top + step / 2 : top + step - 10
        func x(_ ratio: Double) -> Double { min(max(axes.x(ratio), frame.left), frame.width - frame.right) }
        var pieces: [Markup] = []
        pieces.append(isWide ? Axes.label(row.name, frame.left - 18, y + 4, "end") : Axes.label(row.name, frame.left, y - 11, "start"))
        let ratio = CompareTable.number(row.median)
        pieces.append(
            isWide ? Axes.label(ratio, frame.width - 4, y + 4, "end", row.isSure ? "named strong" : "label")
                : Axes.label(ratio, frame.width - frame.right, y - 11, "end", row.isSure ? "named strong" : "label"))
        let style = row.isSure ? "ci sure c\(ink % 8)" : "ci c\(ink % 8)"
        if let low = row.low, let high = row.high {
            pieces.append(Axes.rule(x(low), y, x(high), y, style))
            if axes.x(low) < frame.left - 0.5 { pieces.append(arrow(frame.left, y, -1, style)) }
            if axes.x(high) > frame.width - frame.right + 0.5 { pieces.append(arrow(frame.width - frame.right, y, 1, style)) }
        }
        let isOutside = row.median < 1 / reach || row.median > reach
        if isOutside {
            pieces.append(arrow(x(row.median), y, row.median < 1 ? -1 : 1, style))
        } else {
            pieces.append(
                .tag("circle", ["class": row.isSure ? "dot sure c\(ink % 8)" : "dot c\(ink % 8)", "cx": Axes.text(x(row.median)), "cy": Axes.text(y), "r": "4.5"]))
        }
        pieces.append(
            .tag(
                "g", ["class": "bands"],
                [
                    .tag(
                        "rect", ["x": "0", "y": Axes.text(top), "width": Axes.text(frame.width), "height": Axes.text(step)],
                        [.tag("title", row.told)])
                ]))
        return pieces
    }

    private func arrow(_ x: Double, _ y: Double, _ direction: Double, _ style: String) -> Markup {
        let places = [(x + direction * 9, y), (x, y - 5.5), (x, y + 5.5)].map { "\(Axes.text($0.0)),\(Axes.text($0.1))" }
        return .tag("polygon", ["class": "\(style) arrow", "points": places.joined(separator: " ")])
    }
}
