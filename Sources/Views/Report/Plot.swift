import Profiles

/// Figures over model time, or over anything else: lines and areas, with what they are held against behind them.
struct Plot {
    struct Line {
        enum Shape { case line, thin, area, reference }
        var name: String
        var points: [Chart.Point]
        var ink: Int
        var shape = Shape.line
    }
    /// A point worth a name, such as a knee.
    struct Mark {
        var name: String
        var point: Chart.Point
        var ink: Int
        /// Of what the run is held against: a wider ring, so that both are seen where they meet.
        var isReference = false
    }
    /// A line across the plot at one figure of the y axis, such as a limit.
    struct Level {
        var name: String
        var value: Double
    }
    /// A line from bottom to top at one moment.
    struct Moment {
        var name: String
        var value: Double
    }

    var id: String
    var title: String
    var xLabel = Plot.modelTime
    var yLabel: String
    var lines: [Line]
    var marks: [Mark] = []
    var levels: [Level] = []
    var moments: [Moment] = []
    /// Each area lies on top of the ones before it.
    var isStacked = false
    var xRange: ClosedRange<Double>?
    var heights = (wide: 340.0, narrow: 280.0)
    /// What a tooltip says after each figure.
    var unit = ""
    var note: String?
    /// What the legend names and tooltips tell; nil is every line.
    var named: [Line]?

    static let modelTime = "model seconds since the load began"
    /// More points than this to a line are not seen.
    private static let mostPoints = 360
    private static let mostBands = 90

    /// A figure element: the legend, and the drawing in both sizes.
    var figure: Markup {
        let keys = (named ?? lines).map { line in
            Markup.tag("span", ["class": "key"], [.tag("i", ["class": "swatch \(Plot.style(line))"]), .text(line.name)])
        }
        let note = note.map { [Markup.paragraph($0, "note")] } ?? []
        return .tag(
            "figure", ["id": id],
            [.tag("figcaption", [.tag("h3", title), .tag("div", ["class": "legend"], keys)])]
                + [Frame.wide.with(height: heights.wide), Frame.narrow.with(height: heights.narrow)].map(drawing) + note)
    }

    private var shownX: ClosedRange<Double> {
        if let xRange { return xRange }
        let values = lines.flatMap { $0.points.map(\.x) }.filter(\.isFinite)
        return min(0, values.min() ?? 0)...max(values.max() ?? 1, 1e-3)
    }

    /// Lines as they are drawn: thinned, and laid on each other where they are stacked.
    private var laid: [Line] {
        guard isStacked else { return lines.map { Plot.thinned($0) } }
        var floor: [Double] = []
        return lines.map { line in
            var line = line
            if floor.isEmpty { floor = [Double](repeating: 0, count: line.points.count) }
            for index in line.points.indices where index < floor.count {
                floor[index] += line.points[index].y
                line.points[index].y = floor[index]
            }
            return Plot.thinned(line)
        }
    }

    private func drawing(_ frame: Frame) -> Markup {
        let lines = laid
        let (range, clip) = (shownX, "\(id)-\(frame.name)-plot")
        let tops = lines.flatMap { $0.points.filter { range.contains($0.x) }.map(\.y) } + levels.map(\.value) + marks.map(\.point.y)
        let axes = Axes(
            frame: frame, x: Scale(range, name: Scale.grouped), y: Scale(0...max(1e-9, (tops.filter(\.isFinite).max() ?? 1) * 1.06)),
            xLabel: frame.name == "narrow" && xLabel == Plot.modelTime ? "model seconds" : xLabel, yLabel: yLabel)
        let area = ["x": frame.left, "y": frame.top, "width": frame.plotWidth, "height": frame.plotHeight]
        let box = Markup.element("rect", area.sorted { $0.key < $1.key }.map { (name: $0.key, value: Axes.text($0.value)) }, [])
        var pieces = [Markup.tag("title", title), .tag("clipPath", ["id": clip], [box])] + axes.drawn
        // What lies on top of a stack is drawn first, so that the lower areas cover its lower part.
        let order = isStacked ? Array(lines.reversed()) : lines.filter { $0.shape == .reference } + lines.filter { $0.shape != .reference }
        pieces.append(.tag("g", ["clip-path": "url(#\(clip))"], order.flatMap { curve($0, axes) }))
        pieces += levels.flatMap { level($0, axes) } + moments.filter { range.contains($0.value) }.flatMap { moment($0, axes) }
        pieces += marks.filter { range.contains($0.point.x) }.flatMap { mark($0, axes) }
        pieces.append(.tag("g", ["class": "bands"], bands(axes)))
        return .tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": frame.name, "viewBox": "0 0 \(Axes.text(frame.width)) \(Axes.text(frame.height))",
                "role": "img", "aria-label": title,
            ], pieces)
    }

    // MARK: Pieces

    static func style(_ line: Line) -> String {
        switch line.shape {
        case .line: "line c\(line.ink % 8)"
        case .thin: "line thin c\(line.ink % 8)"
        case .area: "area c\(line.ink % 8)"
        case .reference: "line reference"
        }
    }

    private func curve(_ line: Line, _ axes: Axes) -> [Markup] {
        let points = line.points.filter { $0.x.isFinite && $0.y.isFinite }
        guard let first = points.first, let last = points.last else { return [] }
        var places = points.map(axes.place)
        if line.shape == .area {
            let floor = Axes.text(axes.frame.floor)
            places = ["\(Axes.text(axes.x(first.x))),\(floor)"] + places + ["\(Axes.text(axes.x(last.x))),\(floor)"]
            return [.tag("polygon", ["class": Plot.style(line), "points": places.joined(separator: " ")], [.tag("title", line.name)])]
        }
        return [.tag("polyline", ["class": Plot.style(line), "points": places.joined(separator: " ")], [.tag("title", line.name)])]
    }

    private func level(_ level: Level, _ axes: Axes) -> [Markup] {
        let y = axes.y(level.value)
        return [
            Axes.rule(axes.frame.left, y, axes.frame.width - axes.frame.right, y, "limit"),
            Axes.label(level.name, axes.frame.left + 6, y - 5, "start", "named"),
        ]
    }

    private func moment(_ moment: Moment, _ axes: Axes) -> [Markup] {
        let x = axes.x(moment.value)
        let isLate = x > axes.frame.left + axes.frame.plotWidth * 0.6
        return [
            Axes.rule(x, axes.frame.top, x, axes.frame.floor, "limit"),
            Axes.label(moment.name, isLate ? x - 5 : x + 5, axes.frame.floor - 8, isLate ? "end" : "start", "named"),
        ]
    }

    private func mark(_ mark: Mark, _ axes: Axes) -> [Markup] {
        let (x, y) = (axes.x(mark.point.x), axes.y(mark.point.y))
        let index = Double(marks.firstIndex { $0.name == mark.name } ?? 0)
        let isLate = x > axes.frame.left + axes.frame.plotWidth * 0.45
        return [
            .tag(
                "circle", ["class": mark.isReference ? "mark reference" : "mark c\(mark.ink % 8)", "cx": Axes.text(x), "cy": Axes.text(y), "r": mark.isReference ? "10" : "4.5"],
                [.tag("title", mark.name)]),
            Axes.label(mark.name, isLate ? x - 14 : x + 14, isLate ? y - 8 - index * 16 : y + 18 + index * 16, isLate ? "end" : "start", "named"),
        ]
    }

    /// Invisible columns over the plot: each shows a line under the pointer, and says what the figures are there.
    private func bands(_ axes: Axes) -> [Markup] {
        let range = shownX
        let count = min(Plot.mostBands, max(1, (named ?? lines).map(\.points.count).max() ?? 1))
        let width = axes.frame.plotWidth / Double(count)
        return (0..<count).map { index in
            let x = range.lowerBound + (Double(index) + 0.5) / Double(count) * (range.upperBound - range.lowerBound)
            let figures = (named ?? lines).compactMap { line in
                Plot.value(line.points, at: x, within: (range.upperBound - range.lowerBound) / Double(count)).map { "\(line.name): \(Plot.words($0))\(unit)" }
            }
            let words = (["\(Plot.words(x)) s"] + figures).joined(separator: "\n")
            let left = axes.frame.left + Double(index) * width
            return .tag(
                "rect",
                [
                    "x": Axes.text(left), "y": Axes.text(axes.frame.top), "width": Axes.text(width + 0.05),
                    "height": Axes.text(axes.frame.plotHeight),
                ], [.tag("title", words)])
        }
    }

    /// Three digits that matter, and all of a whole number.
    static func words(_ value: Double) -> String {
        abs(value) >= 1_000 ? UnitText.number(value.rounded(), places: 0) : UnitText.decimal(value, places: abs(value) >= 100 ? 1 : abs(value) >= 10 ? 2 : 3)
    }

    /// Interpolated between two points; the nearest one where there are none on both sides.
    static func value(_ points: [Chart.Point], at x: Double, within reach: Double) -> Double? {
        guard let first = points.first, let last = points.last, x >= first.x - reach, x <= last.x + reach else { return nil }
        var (low, high) = (0, points.count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if points[middle].x <= x { low = middle } else { high = middle }
        }
        let (a, b) = (points[low], points[high])
        guard b.x > a.x, x > a.x else { return a.y }
        return x >= b.x ? b.y : a.y + (x - a.x) / (b.x - a.x) * (b.y - a.y)
    }

    private static func thinned(_ line: Line) -> Line {
        var line = line
        let step = max(1, (line.points.count + mostPoints - 1) / mostPoints)
        line.points = line.points.enumerated().filter { $0.offset % step == 0 || $0.offset == line.points.count - 1 }.map(\.element)
        return line
    }
}
