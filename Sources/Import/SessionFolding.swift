import Profiles

/// Says a session in fewer steps that mean the same: fixed thinking times that follow each other are one.
enum SessionFolding {
    static func folded(_ steps: [Draft.Noted]) -> [Draft.Noted] {
        var result: [Draft.Noted] = []
        for noted in steps {
            let next = unrolled(noted)
            if case .think(let more) = next.step, let last = result.last, case .think(let seconds) = last.step,
                seconds + more <= Limits.durationSeconds
            {
                // Of a long row of them a comment names the first.
                let source = last.source.utf8.count < 200 ? last.source + "; and " + next.source : last.source
                result[result.count - 1] = Draft.Noted(step: .think(seconds + more), source: source)
            } else {
                result.append(next)
            }
        }
        return result
    }

    /// A loop of nothing but one fixed thinking time is a longer one: a thousand times 30 s are 30,000 s.
    private static func unrolled(_ noted: Draft.Noted) -> Draft.Noted {
        guard case .loop(let times, let inner) = noted.step else { return noted }
        let steps = folded(inner)
        if steps.count == 1, case .think(let seconds) = steps[0].step, seconds * Double(times) <= Limits.durationSeconds {
            let source = "\(noted.source): \(UnitText.count(times)) x \(UnitText.decimal(seconds, places: 3)) s"
            return Draft.Noted(step: .think(seconds * Double(times)), source: source)
        }
        return Draft.Noted(step: .loop(times: times, steps: steps), source: noted.source)
    }

    /// How many steps a profile has when it is written with these.
    static func written(_ steps: [Draft.Noted]) -> Int {
        steps.reduce(0) { sum, noted in
            if case .loop(_, let inner) = noted.step { return sum + 1 + written(inner) }
            return sum + 1
        }
    }

    /// How many steps a user plays, loops written out; beyond 2^53 about so many.
    static func played(_ steps: [Draft.Noted]) -> Double {
        steps.reduce(0) { sum, noted in
            if case .loop(let times, let inner) = noted.step { return sum + Double(times) * played(inner) }
            return sum + 1
        }
    }

    /// How long a user stays, as far as thinking goes; random times by their mean.
    static func seconds(_ steps: [Draft.Noted]) -> Double {
        steps.reduce(0) { sum, noted in
            switch noted.step {
            case .think(let seconds): return sum + seconds
            case .thinkAbout(let mean): return sum + mean
            case .loop(let times, let inner): return sum + Double(times) * seconds(inner)
            default: return sum
            }
        }
    }
}
