import Glibc
import Profiles

/// Where figures lie along an edge of a drawing.
struct Scale {
    var low: Double
    var high: Double
    /// In powers of ten; both ends are above 0 then.
    var isLogarithmic = false
    /// What a tick is called.
    var name: @Sendable (Double) -> String = Scale.plain

    init(_ range: ClosedRange<Double>, isLogarithmic: Bool = false, name: @escaping @Sendable (Double) -> String = Scale.plain) {
        low = range.lowerBound
        high = range.upperBound > range.lowerBound ? range.upperBound : range.lowerBound + 1
        self.isLogarithmic = isLogarithmic
        self.name = name
    }

    /// From 0 at the low end to 1 at the high one.
    func share(_ value: Double) -> Double {
        guard value.isFinite else { return 0 }
        return isLogarithmic ? log10(max(value, low) / low) / log10(high / low) : (value - low) / (high - low)
    }

    func ticks(about count: Int) -> [Double] {
        guard isLogarithmic else { return Chart.ticks(low...high, about: count) }
        var ticks: [Double] = []
        var tick = 1e-3
        while tick <= high * 1.000_001 {
            if tick >= low * 0.999_999 { ticks.append(tick) }
            tick *= 10
        }
        let step = max(1, (ticks.count + count - 1) / max(1, count))
        return ticks.enumerated().filter { $0.offset % step == 0 }.map(\.element)
    }

    /// 2,000,000 as 2 M, 12,500 as 12.5 k, 2,500 as 2,500.
    static let plain: @Sendable (Double) -> String = { value in
        switch abs(value) {
        case 1e9...: "\(UnitText.decimal(value / 1e9, places: 2)) G"
        case 1e6...: "\(UnitText.decimal(value / 1e6, places: 2)) M"
        case 1e4...: "\(UnitText.decimal(value / 1e3, places: 2)) k"
        default: UnitText.number(value, places: 3)
        }
    }

    static let grouped: @Sendable (Double) -> String = { UnitText.number($0, places: 2) }

    static let microseconds: @Sendable (Double) -> String = { value in
        switch value {
        case ..<1e3: "\(UnitText.decimal(value, places: 0)) µs"
        case ..<1e6: "\(UnitText.decimal(value / 1e3, places: 0)) ms"
        default: "\(UnitText.decimal(value / 1e6, places: 0)) s"
        }
    }
}

/// The size of a drawing and of the plot within it, in CSS pixels.
struct Frame {
    var name: String
    var width: Double
    var height: Double
    var left: Double
    var right: Double
    var top = 30.0
    var bottom = 44.0
    var xTicks: Int
    var yTicks: Int

    /// Every drawing is made twice; the style sheet shows the one that fits, so that letters are never shrunk to specks.
    static let wide = Frame(name: "wide", width: 880, height: 340, left: 64, right: 20, xTicks: 9, yTicks: 6)
    static let narrow = Frame(name: "narrow", width: 360, height: 280, left: 50, right: 14, xTicks: 4, yTicks: 5)

    func with(height: Double) -> Frame {
        var frame = self
        frame.height = height
        return frame
    }

    var plotWidth: Double { width - left - right }
    var plotHeight: Double { height - top - bottom }
    var floor: Double { height - bottom }
}

/// A pair of axes with their grid, units and names.
struct Axes {
    var frame: Frame
    var x: Scale
    var y: Scale
    var xLabel: String
    var yLabel: String

    func x(_ value: Double) -> Double { frame.left + x.share(value) * frame.plotWidth }
    func y(_ value: Double) -> Double { frame.floor - y.share(value) * frame.plotHeight }

    func place(_ point: Chart.Point) -> String { "\(Axes.text(x(point.x))),\(Axes.text(y(point.y)))" }

    var drawn: [Markup] {
        var pieces: [Markup] = []
        for tick in y.ticks(about: frame.yTicks) {
            pieces.append(Self.rule(frame.left, y(tick), frame.width - frame.right, y(tick), "grid"))
            pieces.append(Self.label(y.name(tick), frame.left - 7, y(tick) + 4, "end"))
        }
        for tick in x.ticks(about: frame.xTicks) {
            pieces.append(Self.rule(x(tick), frame.floor, x(tick), frame.floor + 5, "axis"))
            pieces.append(tickLabel(tick))
        }
        pieces.append(Self.rule(frame.left, frame.floor, frame.width - frame.right, frame.floor, "axis"))
        pieces.append(Self.label(xLabel, frame.width - frame.right, frame.height - 6, "end", "unit"))
        pieces.append(Self.label(yLabel, 2, 13, "start", "unit"))
        return pieces
    }

    /// Below its tick, and within the drawing.
    func tickLabel(_ tick: Double) -> Markup {
        let words = x.name(tick)
        let isCutOff = x(tick) + Double(words.count) * Self.letterWidth / 2 > frame.width
        return Self.label(words, isCutOff ? frame.width : x(tick), frame.floor + 19, isCutOff ? "end" : "middle")
    }

    /// Of a label's usual letter, CSS pixels.
    static let letterWidth = 8.0

    static func rule(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> Markup {
        .tag("line", ["class": style, "x1": text(x1), "y1": text(y1), "x2": text(x2), "y2": text(y2)])
    }

    static func label(_ words: String, _ x: Double, _ y: Double, _ anchor: String, _ style: String = "label") -> Markup {
        .tag("text", ["class": style, "x": text(x), "y": text(y), "text-anchor": anchor], words)
    }

    /// A coordinate to a tenth.
    static func text(_ value: Double) -> String { UnitText.decimal(min(max(value, -1e5), 1e5), places: 1) }
}
