import Conductor
import Profiles

/// Bytes per connection, by side and by who holds them, as stacked bars.
enum LedgerSection {
    private struct Part {
        var name: String
        var key: String
        var bytes: Double?
        var ink: Int
    }

    static func render(_ runs: [ReportRun]) -> Markup {
        let measured = runs.filter { run in sides(run).contains { side in side.1.contains { $0.bytes != nil } } }
        var parts: [Markup] = [.tag("h2", "The ledger: bytes per connection")]
        if measured.isEmpty {
            parts.append(.paragraph(runs.first?.summary?.bytesPerConnection.method ?? "Not measured: the run left no summary."))
            return .tag("section", ["id": "ledger"], parts)
        }
        parts.append(figure(measured))
        for run in measured { parts += table(run, isOnly: runs.count == 1) }
        return .tag("section", ["id": "ledger"], parts)
    }

    private static func sides(_ run: ReportRun) -> [(String, [Part])] {
        guard let bytes = run.summary?.bytesPerConnection else { return [] }
        return [
            (
                "target",
                [
                    Part(name: "kernel", key: "target_kernel", bytes: bytes.targetKernel, ink: 0), Part(name: "user", key: "target_user", bytes: bytes.targetUser, ink: 1),
                    Part(name: "modelled footprint", key: "target_footprint", bytes: bytes.targetFootprint, ink: 2),
                ]
            ),
            ("worker", [Part(name: "kernel", key: "worker_kernel", bytes: bytes.workerKernel, ink: 0), Part(name: "user", key: "worker_user", bytes: bytes.workerUser, ink: 1)]),
        ]
    }

    private static func figure(_ runs: [ReportRun]) -> Markup {
        let names = ["kernel", "user", "modelled footprint"]
        let keys = names.enumerated().map { index, name in
            Markup.tag("span", ["class": "key"], [.tag("i", ["class": "swatch area c\(index)"]), .text(name)])
        }
        return .tag(
            "figure", ["id": "figure-ledger"],
            [.tag("figcaption", [.tag("h3", "What a connection costs in memory"), .tag("div", ["class": "legend"], keys)])]
                + [Frame.wide, Frame.narrow].map { drawing(runs, $0) })
    }

    private static let barHeight = 30.0
    private static let barStep = 58.0

    private static func drawing(_ runs: [ReportRun], _ shape: Frame) -> Markup {
        let bars = runs.flatMap { run in sides(run).map { (run: run, name: $0.0, parts: $0.1) } }
        var frame = shape.with(height: shape.top + Double(bars.count) * barStep + shape.bottom)
        frame.left = 14
        frame.top = 12
        let most = bars.map { $0.parts.reduce(0) { $0 + max(0, $1.bytes ?? 0) } }.max() ?? 1
        let axes = Axes(frame: frame, x: Scale(0...max(1, most * 1.04), name: Scale.grouped), y: Scale(0...1), xLabel: "bytes per connection", yLabel: "")
        var pieces: [Markup] = [.tag("title", "Bytes per connection by side and holder")]
        for tick in axes.x.ticks(about: frame.xTicks) {
            pieces.append(Axes.rule(axes.x(tick), frame.top, axes.x(tick), frame.floor, "grid"))
            pieces.append(axes.tickLabel(tick))
        }
        pieces.append(Axes.label("bytes per connection", frame.width - frame.right, frame.height - 6, "end", "unit"))
        for (index, bar) in bars.enumerated() {
            let top = frame.top + Double(index) * barStep
            let sum = bar.parts.reduce(0) { $0 + max(0, $1.bytes ?? 0) }
            let name = (runs.count > 1 ? "\(bar.run.name), " : "") + "\(bar.name): \(Words.perConnection(sum)) B"
            pieces.append(Axes.label(name, frame.left + 5, top + 14, "start", "named"))
            pieces += self.bar(bar.parts, axes, top + 20)
        }
        pieces.append(Axes.rule(frame.left, frame.top, frame.left, frame.floor, "axis"))
        return .tag(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "class": frame.name, "viewBox": "0 0 \(Axes.text(frame.width)) \(Axes.text(frame.height))",
                "role": "img", "aria-label": "Bytes per connection by side and holder",
            ], pieces)
    }

    private static func bar(_ parts: [Part], _ axes: Axes, _ top: Double) -> [Markup] {
        var from = 0.0
        var pieces: [Markup] = []
        for part in parts {
            guard let bytes = part.bytes, bytes > 0 else { continue }
            let (x, width) = (axes.x(from), axes.x(from + bytes) - axes.x(from))
            let words = Words.perConnection(bytes)
            pieces.append(
                .tag(
                    "rect",
                    ["class": "bar c\(part.ink)", "x": Axes.text(x), "y": Axes.text(top), "width": Axes.text(max(width, 1)), "height": Axes.text(barHeight)],
                    [.tag("title", "\(part.name): \(words) B per connection")]))
            if width > Double(words.count) * 8 + 12 { pieces.append(Axes.label(words, x + width / 2, top + 20, "middle", "inbar")) }
            from += bytes
        }
        return pieces
    }

    private static func table(_ run: ReportRun, isOnly: Bool) -> [Markup] {
        guard let bytes = run.summary?.bytesPerConnection else { return [] }
        var rows = sides(run).flatMap { side, parts in
            parts.filter { $0.bytes != nil || $0.key != "target_footprint" }.map { part in
                [Markup.text("\(side), \(part.name)"), .figure("bytes_per_connection.\(part.key)", part.bytes, part.bytes.map(Words.perConnection))]
            }
        }
        rows.append([.text("both ends, without footprint"), .figure("bytes_per_connection.pair", bytes.pair, bytes.pair.map(Words.perConnection))])
        rows.append([.text("in all, whatever the number of connections"), .figure("bytes_per_connection.fixed", bytes.fixed, bytes.fixed.map { UnitText.bytes(UInt64(max(0, $0))) })])
        var inside: [Markup] = [.table(["held by", "bytes"], rows), .paragraph(bytes.method, "note")]
        if let slab = bytes.slab, !slab.isEmpty {
            let caches = slab.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { [Markup.tag("code", $0.key), .text(UnitText.decimal($0.value, places: 1))] }
            inside.append(.details("By slab cache, bytes a pair", [.table(["cache", "bytes"], caches)]))
        }
        return (isOnly ? [] : [.tag("h3", run.name)]) + inside
    }
}
