import Foundation
import Profiles

/// `<load>`: the arrival phases.
extension TsungXML {
    private struct Arrival {
        var number: Int
        var seconds: Double
        var ratePerSecond: Double
        var phase: Draft.Phase

        /// Users started at most.
        var users: Int {
            let bound = Int(min(seconds * ratePerSecond, Double(Limits.users)))
            return min(phase.users ?? bound, bound)
        }
    }

    /// The phases in their order, and how many users they start at most.
    mutating func arrivals(_ load: Tag, sessionSeconds: Double) -> (phases: [Draft.Phase], users: Int) {
        findings.check(load, attributes: ["duration", "unit", "loop"], children: ["arrivalphase", "user"])
        if load.attributes["duration"] != nil {
            findings.refuse(load, "duration", "a run ends when its load is over and its hold too; leave the duration out and set hold in the profile")
        }
        for user in load.children("user") { findings.refuse(user, nil, "users arrive at a rate here, not one by one; use <arrivalphase>") }
        var arrivals: [Arrival] = []
        for tag in load.children("arrivalphase") {
            guard let arrival = arrival(tag) else { continue }
            if let other = arrivals.first(where: { $0.number == arrival.number }) {
                findings.refuse(tag, "phase", "there is a phase \(other.number) already")
            }
            arrivals.append(arrival)
        }
        // Tsung sorts by number too.
        arrivals.sort { $0.number < $1.number }
        if load.children("arrivalphase").isEmpty { findings.refuse(load, nil, "it has no <arrivalphase>") }
        if arrivals.count > Limits.elements { findings.refuse(load, nil, "it has \(arrivals.count) phases; at most \(Limits.elements) are allowed") }
        arrivals = repeated(arrivals, load)
        shorten(&arrivals, sessionSeconds: sessionSeconds)
        let users = arrivals.reduce(0) { $0 + $1.users }
        if users > Limits.users { findings.refuse(load, nil, "the phases start \(UnitText.count(users)) users; at most \(UnitText.count(Limits.users)) are allowed") }
        return (arrivals.map(\.phase), users)
    }

    private mutating func repeated(_ arrivals: [Arrival], _ load: Tag) -> [Arrival] {
        guard let loops = findings.whole(load, "loop", 0...Limits.elements), loops > 0 else { return arrivals }
        guard arrivals.count * (loops + 1) <= Limits.elements else {
            findings.refuse(load, "loop", "that makes more than \(Limits.elements) phases")
            return arrivals
        }
        return (0...loops).flatMap { round in
            arrivals.map { arrival in
                var arrival = arrival
                arrival.phase.source += ", round \(round + 1) of <load loop>"
                return arrival
            }
        }
    }

    /// Six standard deviations of a Poisson process: chance does not cut off the last arrivals.
    private static let deviations = 6.0

    /// Tsung ends a last phase as soon as its users are all started. A profile's phase lasts its duration, which matters
    /// where it would outlast the session: users would leave before the ramp is over.
    private func shorten(_ arrivals: inout [Arrival], sessionSeconds: Double) {
        guard let last = arrivals.last, let wanted = last.phase.users,
            arrivals.reduce(0, { $0 + $1.seconds }) > sessionSeconds
        else { return }
        let users = Double(wanted)
        let needed = ((users + Self.deviations * users.squareRoot() + 1) / last.ratePerSecond).rounded(.up)
        guard needed < last.seconds else { return }
        arrivals[arrivals.count - 1].seconds = needed
        arrivals[arrivals.count - 1].phase.duration = "\(Int(needed)) s"
        arrivals[arrivals.count - 1].phase.source += "; \(last.phase.duration) there, but Tsung's last phase is over when its users are started"
    }

    // MARK: One phase

    private mutating func arrival(_ tag: Tag) -> Arrival? {
        findings.check(
            tag, attributes: ["phase", "duration", "unit", "wait_all_sessions_end"], children: ["users", "session_setup"])
        if findings.flag(tag, "wait_all_sessions_end", default: false) {
            findings.refuse(tag, "wait_all_sessions_end", "phases follow each other by the clock")
        }
        for setup in tag.children("session_setup") { findings.refuse(setup, nil, "a profile has one session, the same in all phases") }
        let number = findings.requiredWhole(tag, "phase", 0...1_000_000)
        let length = findings.requiredWhole(tag, "duration", 1...1_000_000_000)
        let unit = unit(tag, [("second", "s", 1), ("minute", "min", 60), ("hour", "h", 3_600), ("millisecond", "ms", 0.001)])
        let users = tag.children("users")
        if users.isEmpty { findings.refuse(tag, nil, "it has no <users>") }
        for other in users.dropFirst() { findings.refuse(other, nil, "a phase has one <users>") }
        guard let first = users.first, let rate = rate(first), let number, let length, let unit else { return nil }
        let seconds = Double(length) * unit.scale
        guard seconds <= Limits.durationSeconds else {
            findings.refuse(tag, "duration", "a phase lasts 30 days (720 h) at most")
            return nil
        }
        let most = findings.whole(first, "maxnumber", 1...Limits.users)
        let arrival = Arrival(
            number: number, seconds: seconds, ratePerSecond: rate.perSecond,
            phase: Draft.Phase(
                duration: "\(length) \(unit.name)", rate: rate.text, users: most,
                source: "<arrivalphase phase=\"\(number)\">, line \(tag.line)"))
        if arrival.users == 0 { findings.refuse(tag, nil, "it starts nobody: \(rate.text) for \(length) \(unit.name)") }
        return arrival
    }

    private mutating func unit(
        _ tag: Tag, _ units: [(name: String, short: String, scale: Double)]
    ) -> (name: String, scale: Double)? {
        guard let text = tag.attributes["unit"], let unit = units.first(where: { $0.name == text }) else {
            findings.refuse(tag, "unit", "it is one of \(units.map(\.name).joined(separator: ", "))")
            return nil
        }
        return (unit.short, unit.scale)
    }

    private mutating func rate(_ users: Tag) -> (text: String, perSecond: Double)? {
        findings.check(users, attributes: ["interarrival", "arrivalrate", "unit", "maxnumber"])
        let rate = findings.positive(users, "arrivalrate"), gap = findings.positive(users, "interarrival")
        guard let unit = unit(users, [("second", "s", 1), ("minute", "min", 60), ("hour", "h", 3_600)]) else { return nil }
        guard (users.attributes["arrivalrate"] == nil) != (users.attributes["interarrival"] == nil) else {
            findings.refuse(users, nil, "it has either arrivalrate or interarrival")
            return nil
        }
        let found: (text: String, perSecond: Double)
        if let rate, let text = users.attributes["arrivalrate"] {
            found = ("\(text)/\(unit.name)", rate / unit.scale)
        } else if let gap {
            found = Self.rate(gapSeconds: gap * unit.scale)
        } else {
            return nil
        }
        guard found.perSecond <= Limits.ratePerSecond else {
            findings.refuse(users, nil, "\(found.text) is above the highest rate allowed, 10,000,000/s")
            return nil
        }
        return found
    }

    /// A gap as a rate, in the unit that says it with the fewest digits.
    static func rate(gapSeconds: Double) -> (text: String, perSecond: Double) {
        let choices = [("s", 1.0), ("min", 60), ("h", 3_600)].map { name, scale in
            (text: digits(scale / gapSeconds), unit: name, scale: scale)
        }
        let exact = choices.first { choice in
            guard let value = Double(choice.text) else { return false }
            return abs(value * gapSeconds / choice.scale - 1) < 1e-12 && choice.text.count <= 8
        }
        let choice = exact ?? choices.first { (Double($0.text) ?? 0) >= 1 } ?? choices[2]
        return ("\(choice.text)/\(choice.unit)", (Double(choice.text) ?? 0) / choice.scale)
    }

    /// At most 17 characters, without trailing zeros.
    private static func digits(_ value: Double) -> String {
        let places = max(0, min(12, 15 - String(Int(min(value, 1e15))).count))
        var text = String(format: "%.\(places)f", value)
        guard text.contains(".") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }
}
