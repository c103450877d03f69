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
                result[result.count - 1] = Draft.Noted(step: .think(seconds + more), source: last.source + "; and " + next.source)
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
