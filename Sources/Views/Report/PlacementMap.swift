import Conductor
import Profiles

/// Where both sides' threads and memory sat, a row for each memory node; nothing where there was nothing to choose.
enum PlacementMap {
    static func render(_ run: ReportRun) -> [Markup] {
        guard PlacementText.isWorthTelling(run.plan), let rows = PlacementText.rows(run.plan), let placement = run.plan.placement else { return [] }
        let measured = run.summary?.placement
        let sides = [("target", "target's", measured?.target), ("workers", "workers'", measured?.workers)]
        let cells = rows.map { row in
            row.map { Markup.text($0) }
                + (measured == nil ? [] : sides.map { _, _, side in .text(memory(side, node: row[0])) })
        }
        let head = PlacementText.columns + (measured == nil ? [] : sides.map { "\($0.1) memory" })
        let remote = sides.compactMap { name, whose, side -> (String, Markup)? in
            rows.count < 2 ? nil : side?.remotePct.map { ("\(whose) memory elsewhere", Markup.figure("placement.\(name).remote_pct", $0, "\(UnitText.decimal($0, places: 1)) %")) }
        }
        return [.tag("h3", "Placement: \(placement.mode.rawValue)"), .table(head, cells, style: "figures map")]
            + (remote.isEmpty ? [] : [.facts(remote)]) + (run.plan.rps == .target ? [.paragraph(PlacementText.steering, "note")] : [])
    }

    private static func memory(_ side: Summary.Placement.Side?, node: String) -> String {
        guard let bytes = side?.memoryBytesByNode else { return "not measured" }
        return UnitText.bytes(bytes[node] ?? 0)
    }
}
