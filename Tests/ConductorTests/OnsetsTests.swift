import Testing

@testable import Conductor

/// What began when, and which of it bent the curve.
@Suite struct OnsetsTests {
    private func sample(_ seconds: Double, _ change: (inout Sample) -> Void = { _ in }) -> Sample {
        var sample = Sample(wallSeconds: seconds, modelSeconds: seconds, tally: Fixture.tally())
        sample.tally.started = Int(seconds) * 500
        sample.tally.connected = Int(seconds) * 500
        change(&sample)
        return sample
    }

    private func onsets(_ samples: [Sample], swapBytes: UInt64? = 1_000, cpus: Int = 2) -> Onsets {
        var onsets = Onsets()
        for sample in samples { onsets.note(sample, swapBytes: swapBytes, cpus: cpus) }
        return onsets
    }

    private func knee(_ seconds: Double) -> Knee {
        Knee(seconds: seconds, interval: (seconds - 10)...(seconds + 10), connected: seconds * 500, slopeBefore: 500, slopeAfter: 412)
    }

    @Test func theFirstSampleThatShowsACauseIsItsOnset() {
        let samples = (0...10).map { step in
            sample(Double(step) * 10) {
                $0.tally.errors = ["eaddrnotavail": max(0, step - 4) * 1_000, "etimedout": step * 290]
                $0.limitHits = step < 7 ? 0 : UInt64(step)
                $0.targetSwapBytes = step < 9 ? 0 : 990
            }
        }
        let marks = onsets(samples).marks
        #expect(marks["ports"] == Onsets.Mark(modelSeconds: 50, connected: 25_000))
        #expect(marks["timeouts"]?.modelSeconds == 10)
        #expect(marks["memory"]?.modelSeconds == 70)
        #expect(marks["swap"]?.modelSeconds == 90)
        #expect(marks["cpu"] == nil)
    }

    @Test func aHandfulOfFailuresIsAnAccident() {
        let samples = (0...10).map { step in sample(Double(step) * 10) { $0.tally.errors = ["eaddrnotavail": step * 40] } }
        #expect(onsets(samples).marks.isEmpty, "40 of 5,000 arrivals a period")
    }

    @Test func aHostWithoutIdleTimeIsMarked() {
        let samples = (0...3).map { step in
            sample(Double(step) * 10) { ($0.cpuTarget, $0.cpuWorkers) = step < 2 ? (0.4, 0.9) : (0.7, 1.25) }
        }
        #expect(onsets(samples).marks["cpu"]?.modelSeconds == 20)
        #expect(onsets(samples, cpus: 8).marks.isEmpty)
    }

    @Test func theCauseIsTheOneThatBeganAtTheKnee() {
        var all = onsets((0...500).map { step in
            sample(Double(step) * 10) {
                $0.tally.errors = ["etimedout": step * 290, "eaddrnotavail": max(0, step - 393) * 3_000]
                $0.limitHits = step < 440 ? 0 : UInt64(step)
            }
        })
        #expect(all.nearest(to: knee(3_927)) == "ports")
        #expect(all.nearest(to: knee(4_430)) == "memory")
        #expect(all.nearest(to: knee(2_000)) == nil, "what went on all the time bends nothing")
        all = Onsets()
        #expect(all.nearest(to: knee(3_927)) == nil)
    }

    @Test func theCeilingNamesItWithItsEvidence() {
        var evidence = Ceiling.Evidence(
            tally: Fixture.tally { ($0.joinedTotal, $0.connected, $0.errors) = (2_318_816, 2_318_816, ["eaddrnotavail": 9, "etimedout": 5]) },
            planned: 2_400_000)
        evidence.knee = knee(3_927)
        evidence.onsets = onsets((0...500).map { step in
            sample(Double(step) * 10) { $0.tally.errors = ["etimedout": step * 290, "eaddrnotavail": max(0, step - 393) * 3_000] }
        })
        let ceiling = Ceiling.attribute(evidence)
        #expect(ceiling.cause == "ports" && ceiling.atConnected == 3_927 * 500)
        #expect(ceiling.evidence[0].contains("from 500 to 412") && ceiling.evidence[0].contains("ports"))
        #expect(ceiling.evidence.contains { $0.contains("First sign of timeouts: 10 s") })

        evidence.onsets = Onsets()
        evidence.tally.joinedTotal = 2_400_000
        let unknown = Ceiling.attribute(evidence)
        #expect(unknown.cause == "none" && unknown.evidence[0].contains("nothing that is watched began there"))
    }

    @Test func aKilledTargetIsMemory() {
        var evidence = Ceiling.Evidence(tally: Fixture.tally { $0.joinedTotal = 60 }, planned: 100)
        evidence.targetEnded = true
        evidence.ended = "The target's process ended."
        evidence.droplet = Summary.Droplet(limitBytes: 1 << 30, swapLimitBytes: 0, oomKills: 1)
        let ceiling = Ceiling.attribute(evidence)
        #expect(ceiling.cause == "memory" && ceiling.evidence[0].contains("1024 MiB was full, and it had no swap"))
        evidence.droplet?.swapPeakBytes = 5 << 20
        #expect(Ceiling.attribute(evidence).evidence[0].contains("so was its swap, with 5 MiB"))
    }
}
