import Foundation
import Profiles

/// What the plans of a comparison say differently. Pure.
enum PlanDifferences {
    /// What the host was like at the moment, remarks on it, what follows from the rest, and what every run has of its own.
    private static let left: Set<String> = ["about", "command", "degraded", "host", "ledger", "notes", "predictions"]
    /// Different values of a list's elements that are told; more are counted.
    private static let mostValues = 4

    static func of(_ plans: [(label: String, plan: Plan)]) -> [Comparison.PlanDifference] {
        let told = plans.map { (label: $0.label, figures: figures($0.plan)) }
        let keys = Set(told.flatMap(\.figures.keys)).sorted()
        return keys.compactMap { key in
            let values = told.map { ($0.label, $0.figures[key] ?? "-") }
            guard Set(values.map(\.1)).count > 1 else { return nil }
            return Comparison.PlanDifference(key: key, values: Dictionary(uniqueKeysWithValues: values))
        }
    }

    /// By dotted path. The elements of a list are told together, each value once, with how many there are of them.
    private static func figures(_ plan: Plan) -> [String: String] {
        guard let data = try? plan.encoded(), case .object(let members)? = try? JSONDecoder().decode(JSONTree.self, from: data) else { return [:] }
        var leaves: [String: [String]] = [:]
        for (key, value) in members where !left.contains(key) { value.collect(into: &leaves, at: key) }
        return leaves.mapValues { values in
            var distinct: [String] = []
            for value in values where !distinct.contains(value) { distinct.append(value) }
            let told = distinct.prefix(mostValues).joined(separator: ", ")
            return distinct.count > mostValues ? "\(told), ... (\(distinct.count))" : told
        }
    }
}

/// JSON as it lies.
private indirect enum JSONTree: Decodable {
    case object([String: JSONTree])
    case list([JSONTree])
    case leaf(String)

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .leaf("none")
        } else if let flag = try? value.decode(Bool.self) {
            self = .leaf(flag ? "yes" : "no")
        } else if let number = try? value.decode(Double.self) {
            self = .leaf(UnitText.number(number, places: 6))
        } else if let text = try? value.decode(String.self) {
            self = .leaf(text)
        } else if let list = try? value.decode([JSONTree].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    func collect(into leaves: inout [String: [String]], at path: String) {
        switch self {
        case .leaf(let text): leaves[path, default: []].append(text)
        case .list(let list):
            leaves["\(path).count", default: []].append(String(list.count))
            for element in list { element.collect(into: &leaves, at: "\(path)[]") }
        case .object(let members):
            for (key, member) in members { member.collect(into: &leaves, at: "\(path).\(key)") }
        }
    }
}
