/// Curves over one pair of axes, as an SVG that stands alone: no script, no font file, readable in print and on dark
/// backgrounds alike. Pure.
public struct Chart: Equatable, Sendable {
    public struct Series: Equatable, Sendable {
        public var name: String
        public var points: [Point]
        /// Drawn behind the others, wide and pale: what they are held against.
        public var isReference: Bool

        public init(name: String, points: [Point], isReference: Bool = false) {
            self.name = name
            self.points = points
            self.isReference = isReference
        }
    }
    public struct Point: Equatable, Sendable {
        public var x: Double
        public var y: Double
        public init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    public var title: String
    public var xLabel: String
    public var yLabel: String
    public var series: [Series]
    /// What of the x axis is shown; nil is all of it.
    public var xRange: ClosedRange<Double>?
    /// What of the y axis is shown; nil is from 0 to the highest point.
    public var yRange: ClosedRange<Double>?

    public init(
        title: String, xLabel: String, yLabel: String, series: [Series], xRange: ClosedRange<Double>? = nil,
        yRange: ClosedRange<Double>? = nil
    ) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.series = series
        self.xRange = xRange
        self.yRange = yRange
    }

    private static let width = 860.0
    private static let height = 470.0
    private static let plot = (left: 84.0, right: 20.0, top: 42.0, bottom: 54.0)
    /// Told apart by people who see colours differently, too (Okabe and Ito), and by their dashes in print.
    private static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]
    private static let dashes = ["", "9 4", "3 3", "12 3 3 3", "", "9 4"]
    /// More points than this to a curve are not seen.
    private static let mostPoints = 400

    // MARK: Scales

    /// About so many round steps (1, 2 or 5 times a power of ten) over a range.
    static func ticks(_ range: ClosedRange<Double>, about count: Int) -> [Double] {
        let span = range.upperBound - range.lowerBound
        guard span > 0, span.isFinite else { return [range.lowerBound] }
        let rough = span / Double(max(1, count))
        var unit = 1.0
        while unit * 10 <= rough { unit *= 10 }
        while unit > rough { unit /= 10 }
        let step = [1.0, 2, 5, 10].map { $0 * unit }.first { $0 >= rough } ?? rough
        var ticks: [Double] = []
        var value = (range.lowerBound / step).rounded(.up) * step
        while value <= range.upperBound + step * 1e-9 {
            ticks.append(value)
            value += step
        }
        return ticks
    }

    private var shownX: ClosedRange<Double> { xRange ?? Self.span(series.flatMap { $0.points.map(\.x) }, from: 0) }
    private var shownY: ClosedRange<Double> { yRange ?? Self.span(series.flatMap { $0.points.map(\.y) }, from: 0, margin: 1.04) }

    private static func span(_ values: [Double], from low: Double, margin: Double = 1) -> ClosedRange<Double> {
        low...max(low + 1e-9, (values.filter(\.isFinite).max() ?? 1) * margin)
    }

    private func place(_ point: Point) -> (x: Double, y: Double) {
        let (x, y) = (shownX, shownY)
        let (width, height) = (Self.width - Self.plot.left - Self.plot.right, Self.height - Self.plot.top - Self.plot.bottom)
        return (
            Self.plot.left + (point.x - x.lowerBound) / (x.upperBound - x.lowerBound) * width,
            Self.height - Self.plot.bottom - (point.y - y.lowerBound) / (y.upperBound - y.lowerBound) * height
        )
    }

    // MARK: Drawing

    public var svg: String {
        let (width, height) = (Self.text(Self.width), Self.text(Self.height))
        let area = "x=\"\(Self.text(Self.plot.left))\" y=\"\(Self.text(Self.plot.top))\" width=\"\(Self.text(Self.width - Self.plot.left - Self.plot.right))\" height=\"\(Self.text(Self.height - Self.plot.top - Self.plot.bottom))\""
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(Self.escaped(title))\" font-family=\"system-ui, sans-serif\" font-size=\"13\">",
            "<rect width=\"\(width)\" height=\"\(height)\" fill=\"#ffffff\"/>",
            "<clipPath id=\"plot\"><rect \(area)/></clipPath>",
            label(title, x: Self.plot.left, y: 24, anchor: "start", extra: " font-size=\"16\" font-weight=\"600\""),
        ]
        lines += grid() + curves() + legend()
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private func grid() -> [String] {
        let (bottom, right) = (Self.height - Self.plot.bottom, Self.width - Self.plot.right)
        var lines: [String] = []
        for tick in Self.ticks(shownY, about: 6) {
            let y = place(Point(x: shownX.lowerBound, y: tick)).y
            lines.append(rule(Self.plot.left, y, right, y))
            lines.append(label(Self.number(tick), x: Self.plot.left - 8, y: y + 4, anchor: "end"))
        }
        for tick in Self.ticks(shownX, about: 9) {
            let x = place(Point(x: tick, y: shownY.lowerBound)).x
            lines.append(rule(x, bottom, x, bottom + 5))
            lines.append(label(Self.number(tick), x: x, y: bottom + 20, anchor: "middle"))
        }
        lines.append(label(xLabel, x: (Self.plot.left + right) / 2, y: Self.height - 12, anchor: "middle"))
        let middle = Self.text((Self.plot.top + bottom) / 2)
        lines.append(
            "<text transform=\"translate(18 \(middle)) rotate(-90)\" text-anchor=\"middle\" fill=\"#333\">\(Self.escaped(yLabel))</text>")
        return lines
    }

    private func curves() -> [String] {
        let ordered = series.enumerated().sorted { $0.element.isReference && !$1.element.isReference }
        return ordered.map { index, series in
            let places = Self.thinned(series.points).map(place).map { "\(Self.text($0.x)),\(Self.text($0.y))" }
            let ink = series.isReference ? "stroke=\"#b0b0b0\" stroke-width=\"7\"" : stroke(index)
            return "<polyline clip-path=\"url(#plot)\" fill=\"none\" stroke-linejoin=\"round\" \(ink) points=\"\(places.joined(separator: " "))\"><title>\(Self.escaped(series.name))</title></polyline>"
        }
    }

    private func stroke(_ index: Int) -> String {
        let dash = Self.dashes[index % Self.dashes.count]
        return "stroke=\"\(Self.colours[index % Self.colours.count])\" stroke-width=\"2\"" + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
    }

    private func legend() -> [String] {
        series.enumerated().flatMap { index, series -> [String] in
            let y = Self.plot.top + 18 + Double(index) * 20
            let (x, ink) = (Self.plot.left + 14, series.isReference ? "stroke=\"#b0b0b0\" stroke-width=\"7\"" : stroke(index))
            return [
                "<line x1=\"\(Self.text(x))\" y1=\"\(Self.text(y))\" x2=\"\(Self.text(x + 34))\" y2=\"\(Self.text(y))\" \(ink)/>",
                label(series.name, x: x + 42, y: y + 4, anchor: "start"),
            ]
        }
    }

    // MARK: Pieces

    private func rule(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        "<line x1=\"\(Self.text(x1))\" y1=\"\(Self.text(y1))\" x2=\"\(Self.text(x2))\" y2=\"\(Self.text(y2))\" stroke=\"#dddddd\"/>"
    }

    private func label(_ words: String, x: Double, y: Double, anchor: String, extra: String = "") -> String {
        "<text x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" text-anchor=\"\(anchor)\" fill=\"#333\"\(extra)>\(Self.escaped(words))</text>"
    }

    private static func thinned(_ points: [Point]) -> [Point] {
        let step = max(1, (points.count + mostPoints - 1) / mostPoints)
        return points.enumerated().filter { $0.offset % step == 0 || $0.offset == points.count - 1 }.map(\.element)
    }

    /// A coordinate to a tenth.
    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let tenths = Int((min(max(value, -1e6), 1e6) * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    /// 2,000,000 as 2 M, 500 as 500.
    private static func number(_ value: Double) -> String {
        func short(_ scaled: Double, _ unit: String) -> String {
            let hundredths = (scaled * 100).rounded() / 100
            return (hundredths == hundredths.rounded() ? "\(Int(hundredths))" : "\(hundredths)") + unit
        }
        if abs(value) >= 1e6 { return short(value / 1e6, " M") }
        if abs(value) >= 1e4 { return short(value / 1e3, " k") }
        return short(value, "")
    }

    private static func escaped(_ words: String) -> String { Markup.escaped(words) }
}
