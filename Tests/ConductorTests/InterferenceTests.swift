import Testing

@testable import Conductor

/// Who used the CPUs, and whether the load was the limit.
@Suite struct InterferenceTests {
    /// Ten seconds on two CPUs: 20 CPU seconds are all.
    private func used(_ change: (inout Summary.Interference.Used) -> Void = { _ in }) -> Summary.Interference.Used {
        var used = Summary.Interference.Used(
            seconds: 10, hostCPUs: 2, idle: 0.4, target: 6, workers: 11, softirq: 2, targetCPUs: 2, workersCPUs: 2)
        change(&used)
        return used
    }

    @Test func sharesAddUp() {
        let gauge = Summary.Interference(used(), isPaced: true)
        #expect(gauge.hostBusyPct == 98 && gauge.idlePct == 2 && gauge.targetPct == 30 && gauge.workersPct == 55 && gauge.softirqPct == 10)
        #expect(abs((gauge.othersPct ?? -1) - 3) < 1e-9)
    }

    @Test func softirqInsideTheProcessesIsNotTakenOffTwice() {
        let gauge = Summary.Interference(used { $0.workers = 13 }, isPaced: true)
        #expect(abs((gauge.othersPct ?? -1) - 3) < 1e-9, "30 + 65 + 10 would be more than the 98 that were busy")
    }

    @Test func readingsThatDifferByLittleAreNoOthers() {
        let gauge = Summary.Interference(used { $0.workers = 11.8 }, isPaced: true)
        #expect(gauge.othersPct == 0, "30 + 59 + 10 is one more than the 98 that were busy")
    }

    @Test func workersThatUsedTheCPUsUpWereTheLimit() throws {
        let gauge = Summary.Interference(used(), isPaced: true)
        #expect(gauge.generatorBound == true && gauge.verdict == "generator-bound")
        let sentence = try #require(gauge.sentence)
        #expect(sentence.hasPrefix("Generator-bound: the CPUs that the workers may use were used up. Of the host's they took 55 % and the target 30 %, and 98 % were busy"))
    }

    @Test func aBusyTargetOrAnIdleHostIsAnotherMatter() {
        let target = Summary.Interference(used { ($0.target, $0.workers) = (12, 5) }, isPaced: true)
        #expect(target.generatorBound == false && target.verdict == "target-bound" && target.sentence == nil)
        let idle = Summary.Interference(used { $0.idle = 8 }, isPaced: true)
        #expect(idle.generatorBound == false && idle.verdict == "not cpu-bound")
    }

    @Test func atRateMaxSharedCPUsAreMeantToBeUsedUp() {
        let gauge = Summary.Interference(used(), isPaced: false)
        #expect(gauge.generatorBound == nil && gauge.verdict == "cpu-bound" && gauge.sentence == nil)
    }

    @Test func workersWithCPUsOfTheirOwnAreTheLimitOnceThoseAreFull() {
        let own = used { ($0.hostCPUs, $0.idle, $0.target, $0.workers, $0.targetCPUs, $0.workersCPUs) = (4, 18, 5, 9.8, 3, 1) }
        let gauge = Summary.Interference(own, isPaced: false)
        #expect(gauge.generatorBound == true && gauge.verdict == "generator-bound", "half of the host is idle, and not theirs")
        var both = own
        both.target = 29
        #expect(Summary.Interference(both, isPaced: false).verdict == "target-bound")
        both.workers = 2
        both.target = 5
        #expect(Summary.Interference(both, isPaced: false).verdict == "not cpu-bound")
    }

    @Test func aTargetThatHasUsedItsQuotaUpIsTheLimit() {
        // 1 of 4 CPUs is its quota, and the workers have plenty.
        let quota = used { ($0.hostCPUs, $0.idle, $0.target, $0.workers, $0.targetCPUs, $0.workersCPUs) = (4, 20, 9.7, 8, 1, 4) }
        for isPaced in [true, false] {
            let gauge = Summary.Interference(quota, isPaced: isPaced)
            #expect(gauge.generatorBound == false && gauge.verdict == "target-bound" && gauge.sentence == nil)
        }
        // Its quota is not what it lacks: the workers take the rest of the host.
        let rest = used { ($0.hostCPUs, $0.idle, $0.target, $0.workers, $0.targetCPUs, $0.workersCPUs) = (4, 0.4, 5, 31, 1, 4) }
        #expect(Summary.Interference(rest, isPaced: true).verdict == "generator-bound")
        #expect(Summary.Interference(rest, isPaced: false).verdict == "cpu-bound")
    }

    @Test func everyGaugeSaysHowItWasMeasured() throws {
        let method = try #require(Summary.Interference(used { $0.targetCPUs = 1 }, isPaced: false).method)
        for words in ["from /proc/stat", "from 95 % on", "The target may use 1 of the host's 2 CPUs.", "Generator-bound: ", "At rate max", "softirq"] {
            #expect(method.contains(words), "\(method)")
        }
        #expect(!method.contains("The workers may use"))
        #expect(Summary.Interference.unmeasured.method?.hasPrefix("Nothing was measured") == true)
    }

    @Test func whatIsNotKnownIsNotSaid() {
        let gauge = Summary.Interference(used { ($0.idle, $0.targetCPUs, $0.workersCPUs) = (nil, nil, nil) }, isPaced: true)
        #expect(gauge.hostBusyPct == nil && gauge.othersPct == nil && gauge.generatorBound == nil && gauge.verdict == nil && gauge.method != nil)
        var nothing = Summary.Interference(used { $0.seconds = 0 }, isPaced: true)
        nothing.method = nil
        #expect(nothing == .init())
        #expect(Summary.Interference(used { $0.target = nil }, isPaced: true).verdict == nil)
        // A target that was killed took its share along.
        #expect(Summary.Interference(used { $0.target = nil }, isPaced: true).othersPct == nil)
        #expect(Summary.Interference(used { ($0.target, $0.isTargetOurs) = (nil, false) }, isPaced: true).othersPct != nil)
    }

    @Test func theCeilingSaysIt() {
        var evidence = Ceiling.Evidence(tally: Fixture.tally { $0.openedTotal = 60 }, planned: 100)
        evidence.interference = Summary.Interference(used(), isPaced: true)
        #expect(Ceiling.attribute(evidence).evidence.contains { $0.hasPrefix("Generator-bound") })
    }
}
