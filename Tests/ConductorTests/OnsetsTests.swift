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
            sample(Double(step) * 10) { $0.cpuIdle = step < 2 ? 0.4 : 0.05 }
        }
        #expect(onsets(samples).marks["cpu"]?.modelSeconds == 20)
        #expect(onsets((0...3).map { sample(Double($0) * 10) }).marks.isEmpty, "what is not known is not busy")
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
            tally: Fixture.tally { ($0.openedTotal, $0.connected, $0.errors) = (2_318_816, 2_318_816, ["eaddrnotavail": 9, "etimedout": 5]) },
            planned: 2_400_000)
        evidence.knee = knee(3_927)
        evidence.onsets = onsets((0...500).map { step in
            sample(Double(step) * 10) { $0.tally.errors = ["etimedout": step * 290, "eaddrnotavail": max(0, step - 393) * 3_000] }
        })
        let ceiling = Ceiling.attribute(evidence)
        #expect(ceiling.cause == "ports" && ceiling.atConnected == 3_927 * 500)
        #expect(ceiling.evidence[0].contains("from 500 to 412") && ceiling.evidence[0].contains("ports"))
        #expect(ceiling.evidence.contains { $0.contains("First sign of timeouts: 10 s") })

        let busy = (0...500).map { step in sample(Double(step) * 10) { $0.cpuIdle = step < 392 ? 0.5 : 0.01 } }
        evidence.onsets = onsets(busy)
        evidence.interference = .init(hostBusyPct: 97, targetPct: 30.4, workersPct: 61, softirqPct: 22, generatorBound: true)
        let full = Ceiling.attribute(evidence)
        #expect(full.cause == "cpu" && full.evidence.contains { $0.contains("target used 30 %") && $0.contains("workers 61 %, softirq 22 %") })

        evidence.onsets = Onsets()
        evidence.tally.openedTotal = 2_400_000
        let unknown = Ceiling.attribute(evidence)
        #expect(unknown.cause == "none" && unknown.evidence[0].contains("nothing that is watched began there"))
    }

    @Test func aKilledTargetIsMemory() {
        var evidence = Ceiling.Evidence(tally: Fixture.tally { $0.openedTotal = 60 }, planned: 100)
        evidence.targetEnded = true
        evidence.ended = "The target's process ended."
        evidence.droplet = Summary.Droplet(limitBytes: 1 << 30, swapLimitBytes: 0, oomKills: 1)
        let ceiling = Ceiling.attribute(evidence)
        #expect(ceiling.cause == "memory" && ceiling.evidence[0].contains("1024 MiB was full, and it had no swap"))
        evidence.droplet?.swapLimitBytes = 5 << 20
        evidence.droplet?.swapPeakBytes = 5 << 20
        #expect(Ceiling.attribute(evidence).evidence[0].contains("so was its swap, with 5 MiB"))
        evidence.droplet?.swapPeakBytes = 1 << 20
        #expect(Ceiling.attribute(evidence).evidence[0].contains("could not go to swap, which held 1 MiB"))
        evidence.droplet?.swapPeakBytes = nil
        #expect(Ceiling.attribute(evidence).evidence[0].contains("is not known"))

        // Also when everybody had joined before: a target that is gone is a ceiling.
        evidence.tally.openedTotal = 100
        evidence.peakConnected = 100
        let late = Ceiling.attribute(evidence)
        #expect(late.cause == "memory" && late.atConnected == 100)
    }
}
