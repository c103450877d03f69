import Conductor
import Glibc
import Profiles

/// How long each kind of answer took: percentiles, and histograms over a logarithmic axis.
enum LatencySection {
    private static let titles = [
        ("connect", "Connect: from when the user was due to the TCP connection"), ("join", "Join: from when the user was due until the channel answered"),
        ("heartbeat", "Heartbeat: until its reply"), ("reply", "Reply: from a message of the session to its answer"), ("broadcast", "Broadcast: from a push until its sender heard it back"),
    ]
    /// Buckets of the board are 1/32 of an octave; the eye wants fewer.
    private static let bucketsPerDecade = 16.0

    static func render(_ runs: [ReportRun]) -> Markup {
        var parts: [Markup] = [.tag("h2", "Latency")]
        let rows = runs.flatMap { percentiles($0, isOnly: runs.count == 1) }
        parts.append(rows.isEmpty ? .paragraph(runs.contains { $0.summary != nil } ? "Not measured: nobody connected." : "Not told: the run left no summary.") : .table(["", "p50", "p90", "p99", "p99.9", "max", "count"], rows, style: "figures latencies"))
        let figures = titles.compactMap { kind, title in figure(runs, kind, title) }
        if !figures.isEmpty { parts.append(.tag("div", ["class": "pair"], figures)) }
        if !rows.isEmpty && figures.isEmpty { parts.append(.paragraph("The record has no latency.csv, so there are no histograms.", "note")) }
        return .tag("section", ["id": "latency"], parts)
    }

    private static func percentiles(_ run: ReportRun, isOnly: Bool) -> [[Markup]] {
        guard let latency = run.summary?.latencyUs else { return [] }
        return latency.named.compactMap { kind, told in
            guard let told else { return nil }
            let cells = [("p50", told.p50), ("p90", told.p90), ("p99", told.p99), ("p999", told.p999), ("max", told.max)].map { key, value in
                Markup.figure("latency_us.\(kind).\(key)", Double(value), Words.microseconds(value))
            }
            let count = Markup.figure("latency_us.\(kind).count", Double(told.count), UnitText.count(Int(clamping: told.count)))
            return [.text(isOnly ? kind : "\(kind), \(run.name)")] + cells + [count]
        }
    }

    // MARK: Histograms

    private static func figure(_ runs: [ReportRun], _ kind: String, _ title: String) -> Markup? {
        let told = runs.filter { $0.record.latencies.buckets[kind]?.isEmpty == false }
        guard !told.isEmpty else { return nil }
        let keys = runs.count == 1 ? [] : told.map { run in
            Markup.tag("span", ["class": "key"], [.tag("i", ["class": "swatch area c\(run.index % 8)"]), .text(run.name)])
        }
        let frames = [Frame(name: "wide", width: 430, height: 250, left: 46, right: 14, xTicks: 5, yTicks: 5), Frame.narrow.with(height: 240)]
        return .tag(
            "figure", ["id": "figure-latency-\(kind)"],
            [.tag("figcaption", [.tag("h3", title), .tag("div", ["class": "legend"], keys)])] + frames.map { drawing(told, kind, title, $0, marks: runs.count == 1) })
    }

    /// Values gathered into equal steps of the logarithmic axis.
    struct Step: Equatable {
        var from: Double
        var to: Double
        var share: Double
    }

    static func steps(_ buckets: [LatencyTable.Bucket]) -> [Step] {
        let total = buckets.reduce(0.0) { $0 + Double($1.count) }
        var shares: [Int: Double] = [:]
        for bucket in buckets where total > 0 {
            let middle = max(1, Double(bucket.fromMicroseconds + bucket.toMicroseconds) / 2)
            shares[Int((log10(middle) * bucketsPerDecade).rounded(.down)), default: 0] += Double(bucket.count) / total
        }
        return shares.sorted { $0.key < $1.key }.map { index, share in
            Step(from: pow(10, Double(index) / bucketsPerDecade), to: pow(10, Double(index + 1) / bucketsPerDecade), share: share * 100)
        }
    }

    /// The bars leave this much room above them for the names of the percentiles.
    private static let headroom = 1.35

    private static func drawing(_ runs: [ReportRun], _ kind: String, _ title: String, _ frame: Frame, marks: Bool) -> Markup {
        let series = runs.map { (run: $0, steps: steps($0.record.latencies.buckets[kind] ?? [])) }
        let all = series.flatMap(\.steps)
        let low = pow(10, log10(max(1, all.map(\.from).min() ?? 1)).rounded(.down))
        let high = pow(10, log10(max(10, all.map(\.to).max() ?? 10)).rounded(.up))
        let axes = Axes(
            frame: frame, x: Scale(low...max(high, low * 10), isLogarithmic: true, name: Scale.microseconds), y: Scale(0...max(1, (all.map(\.share).max() ?? 1) * headroom)),
            xLabel: "latency", yLabel: "% of all values")
        var pieces: [Markup] = [.tag("title", title)] + axes.drawn
        for (run, steps) in series { pieces += bars(steps, axes, ink: run.index, isSolid: marks) }
        if marks, let told = runs.first?.summary?.latencyUs.named.first(where: { $0.name == kind })?.figures {
            let marks = [("p50", told.p50), ("p99", told.p99)]
            for mark in marks { pieces.append(Axes.rule(axes.x(Double(mark.1)), frame.top, axes.x(Double(mark.1)), frame.floor, "limit")) }
            for (index, mark) in marks.enumerated() {
                let (x, words) = (axes.x(Double(mark.1)), "\(mark.0) \(Words.microseconds(mark.1))")
                let width = Double(words.count) * Axes.letterWidth
                // Away from each other, as far as there is room.
                let isBefore = index == 0 ? x - 4 - width > frame.left : x + 4 + width > frame.width
                pieces.append(Axes.label(words, isBefore ? x - 4 : x + 4, frame.top + 12 + Double(index) * 15, isBefore ? "end" : "start", "named"))
            }
        }
        return .tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": frame.name, "viewBox": "0 0 \(Axes.text(frame.width)) \(Axes.text(frame.height))", "role": "img",
                "aria-label": title,
            ], pieces)
    }

    private static func bars(_ steps: [Step], _ axes: Axes, ink: Int, isSolid: Bool) -> [Markup] {
        steps.map { step in
            let (x, y) = (axes.x(step.from), axes.y(step.share))
            let words = "\(Words.microseconds(UInt64(step.from))) to \(Words.microseconds(UInt64(step.to))): \(UnitText.decimal(step.share, places: 3)) %"
            return .tag(
                "rect",
                [
                    "class": "\(isSolid ? "bar" : "bar pale") c\(ink % 8)", "x": Axes.text(x), "y": Axes.text(y), "width": Axes.text(max(1, axes.x(step.to) - x - 0.6)),
                    "height": Axes.text(max(0, axes.frame.floor - y)),
                ], [.tag("title", words)])
        }
    }
}
