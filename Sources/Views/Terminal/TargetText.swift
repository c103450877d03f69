import Profiles

import struct Conductor.TargetCount

/// A target alone, in a line while it serves and in a few at its end. Pure.
public enum TargetText {
    /// The live line, or one of a log.
    public static func line(_ count: TargetCount) -> String {
        let fields = [
            "\(UnitText.count(count.openNow)) open", "\(UnitText.count(count.joinedNow)) joined",
            "\(UnitText.count(count.framesIn)) frames in", "\(UnitText.count(count.refused)) refused",
            "\(UnitText.count(count.closed)) closed",
        ]
        return fields.joined(separator: ", ")
    }

    public static func summary(_ count: TargetCount) -> String {
        var rows = [
            ("accepted", UnitText.count(count.accepted)), ("upgraded", UnitText.count(count.upgraded)),
            ("joined", UnitText.count(count.joined)), ("frames in", UnitText.count(count.framesIn)),
            ("bytes", "\(UnitText.count(Int(clamping: count.bytesIn))) in, \(UnitText.count(Int(clamping: count.bytesOut))) out"),
            ("refused", UnitText.count(count.refused)),
        ]
        if count.broadcasts > 0 {
            rows.append(("broadcasts", "\(UnitText.count(count.broadcasts)), told \(UnitText.count(count.broadcastsTold)) times"))
        }
        if count.echoed > 0 { rows.append(("echoed", UnitText.count(count.echoed))) }
        if count.pagesServed > 0 { rows.append(("pages", UnitText.count(count.pagesServed))) }
        for (cause, number) in count.refusedByCause.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            rows.append(("  \(cause)", UnitText.count(number)))
        }
        return rows.map { $0.0.padding(to: 13) + $0.1 + "\n" }.joined()
    }
}

extension String {
    fileprivate func padding(to columns: Int) -> String { self + String(repeating: " ", count: max(1, columns - count)) }
}
