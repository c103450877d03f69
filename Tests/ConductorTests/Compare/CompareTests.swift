import Foundation
import Profiles
import Testing

@testable import Conductor

/// A comparison whose runs are made up.
@Suite struct CompareTests {
    private func request(_ values: [String] = ["io_uring", "epoll"], rounds: Int = 5, warmup: Int = 1) throws -> Compare.Request {
        let variants = try values.map { Compare.Request.Variant(value: $0, plan: try Fixture.plan()) }
        return Compare.Request(
            key: "engine", variants: variants, rounds: rounds, warmupRuns: warmup, directory: "/nowhere",
            command: "simbench compare --profile smoke --vary engine=\(values.joined(separator: ","))")
    }

    /// Joins a second and its like, by where the record lies.
    private func outcome(_ directory: String, joins: Double, status: Int32 = 0) -> RunOutcome {
        let summary = Fixture.summary {
            $0.ramp = .init(seconds: 2_000 / joins, joinsPerSecond: joins)
            $0.latencyUs.connect = .init(p50: 10, p90: 20, p99: 30, p999: 40, max: 50, count: 60)
            $0.verdict = status == 0 ? "passed" : status == 130 ? "interrupted" : "failed"
        }
        return RunOutcome(exitStatus: status, summary: summary, directory: directory)
    }

    /// What the made-up host does: a run's joins by its number and variant, and everything that was asked of it.
    private final class Log {
        var ran: [String] = []
        var notes: [String] = []
    }

    private func means(_ log: Log, quietFails: Int? = nil, _ run: @escaping (Int, String) throws -> RunOutcome) -> Compare.Means {
        Compare.Means(
            run: { _, directory, _ in
                log.ran.append(directory)
                return try run(log.ran.count, directory)
            },
            waitForQuiet: { log.ran.count == quietFails ? nil : (0.5, true) }, note: { log.notes.append($0) })
    }

    private func joins(_ number: Int, _ directory: String) -> Double {
        (directory.contains("-B-") ? 800.0 : 1_000) * (1 + 0.01 * Double(number * 7 % 5))
    }

    @Test func variantsTakeTurnsAndTheWarmUpIsDiscarded() throws {
        let log = Log()
        let (comparison, status) = Compare.carryOut(try request(rounds: 3), means(log) { number, directory in
            // A warm-up that would spoil everything.
            outcome(directory, joins: number <= 2 ? 1 : joins(number, directory))
        })
        #expect(status == 0)
        #expect(log.ran == [
            "/nowhere/warmup-01-A-io_uring", "/nowhere/warmup-02-B-epoll", "/nowhere/03-A-io_uring", "/nowhere/04-B-epoll",
            "/nowhere/05-B-epoll", "/nowhere/06-A-io_uring", "/nowhere/07-B-epoll", "/nowhere/08-A-io_uring",
        ])
        #expect(log.notes[2] == "run 3 of 8: engine=io_uring (A), round 1 of 3; quiet after 0.5 s")
        #expect(comparison.order == ["A B", "B A", "B A"] && comparison.roundsComplete == 3 && !comparison.isInterrupted)
        #expect(comparison.quiet == .init(secondsTotal: 4, secondsMost: 0.5, unquiet: 0))
        let rate = try #require(comparison.figures.first { $0.path == "ramp.joins_per_second" })
        let ratio = try #require(rate.ratios.first)
        #expect(ratio.pairs == 3 && abs((ratio.median ?? 0) - 0.8) < 0.03 && ratio.all.count == 3)
        #expect(comparison.notCompared.contains("CPU target, µs") && !comparison.notCompared.contains("ramp, s"))
    }

    @Test func aDifferenceIsConcludedAndEqualsAreNot() throws {
        let differing = Compare.carryOut(try request(), means(Log()) { outcome($1, joins: joins($0, $1)) }).comparison
        #expect(differing.conclusions[0].hasPrefix("epoll differs from io_uring in 2 of "), "\(differing.conclusions)")
        #expect(differing.conclusions[0].contains("joins per second 0.8"))
        let equal = Compare.carryOut(try request(["io_uring", "io_uring"]), means(Log()) { number, directory in
            outcome(directory, joins: 1_000 * (1 + 0.01 * Double(number * 7 % 5)))
        }).comparison
        #expect(equal.conclusions[0].hasPrefix("No difference between io_uring (A) and io_uring (B)"), "\(equal.conclusions)")
        #expect(equal.figures.flatMap(\.ratios).allSatisfy { ![.less, .more].contains($0.verdict) })
    }

    @Test func anInterruptedComparisonHasThePairsThatAreComplete() throws {
        // In the middle of the third round's second run.
        let log = Log()
        let (comparison, status) = Compare.carryOut(try request(warmup: 0), means(log) { number, directory in
            outcome(directory, joins: joins(number, directory), status: number == 6 ? 130 : 0)
        })
        #expect(status == 130 && comparison.isInterrupted && comparison.roundsComplete == 2 && log.ran.count == 6)
        #expect(comparison.figures.first?.ratios.first?.pairs == 2)
        #expect(comparison.remarks.contains("2 of 5 rounds are complete; only these are compared."))
        // While it waits for quiet.
        let waiting = Log()
        let (early, earlyStatus) = Compare.carryOut(try request(), means(waiting, quietFails: 1) { outcome($1, joins: 1) })
        #expect(earlyStatus == 130 && early.roundsComplete == 0 && early.figures.isEmpty && waiting.ran.count == 1)
        #expect(early.conclusions[0].hasPrefix("Nothing can be said"))
    }

    @Test func aBrokenRunTakesItsRoundWithItAndNoOther() throws {
        let (comparison, status) = Compare.carryOut(try request(warmup: 0), means(Log()) { number, directory in
            if number == 3 { throw RunError("The lab could not be built.") }
            return outcome(directory, joins: joins(number, directory), status: number == 5 ? 1 : 0)
        })
        #expect(status == 70 && comparison.roundsComplete == 4)
        #expect(comparison.remarks.contains { $0.contains("03-B-epoll broke") && $0.contains("The lab could not be built.") })
        #expect(comparison.remarks.contains { $0.hasPrefix("1 run did not meet") })
    }

    @Test func twoPairsProveNothingEitherWay() throws {
        let comparison = Compare.carryOut(try request(rounds: 2, warmup: 0), means(Log()) { number, directory in
            outcome(directory, joins: directory.contains("-B-") ? 500 + Double(number) : 1_000 + Double(number))
        }).comparison
        #expect(comparison.outcomes?.first?.verdict == .unknown)
        #expect(comparison.conclusions[0].hasPrefix("Nothing is sure of epoll against io_uring: ") && comparison.conclusions[0].hasSuffix("it takes 3 complete pairs to be sure of any."), "\(comparison.conclusions)")
    }

    @Test func aRunWithoutARecordIsNamedWithWhatBecameOfIt() throws {
        let (comparison, status) = Compare.carryOut(try request(rounds: 2, warmup: 0), means(Log()) { number, directory in
            var ended = outcome(directory, joins: joins(number, directory), status: number == 2 ? 70 : 0)
            ended.troubles = number == 2 ? ["summary.json could not be written: the disk is full."] : []
            return ended
        })
        #expect(status == 70 && comparison.roundsComplete == 1)
        #expect(comparison.remarks.contains { $0.contains("02-B-epoll broke") && $0.hasSuffix("the disk is full.") }, "\(comparison.remarks)")
    }

    @Test func threeVariantsAreEachHeldAgainstTheFirst() throws {
        let comparison = Compare.carryOut(try request(["1", "10", "40"], rounds: 4), means(Log()) { number, directory in
            outcome(directory, joins: directory.contains("-C-") ? 500 + Double(number) : 1_000 + Double(number))
        }).comparison
        let rate = try #require(comparison.figures.first { $0.path == "ramp.joins_per_second" })
        #expect(rate.ratios.map(\.variant) == ["B", "C"] && rate.ratios.allSatisfy { $0.base == "A" })
        #expect(abs((rate.ratios[0].median ?? 0) - 1) < 0.02 && abs((rate.ratios[1].median ?? 0) - 0.5) < 0.02)
        #expect(comparison.conclusions.count == 2 && comparison.conclusions[1].contains("40 differs from 1"))
    }

    @Test func theJSONIsReadAgain() throws {
        let comparison = Compare.carryOut(try request(rounds: 2), means(Log()) { outcome($1, joins: joins($0, $1)) }).comparison
        let json = try comparison.encoded()
        #expect(try Comparison.decode(json) == comparison)
        let text = String(decoding: json, as: UTF8.self)
        for line in [
            "\"schema\" : \"simbench.compare/1\"", "\"rounds_complete\" : 2", "\"cpu_us_per_connection.target\" : null",
            "\"path\" : \"ramp.joins_per_second\"", "\"variant\" : \"B\"", "\"is_interrupted\" : false",
        ] { #expect(text.contains(line), "\(line)") }
    }

    /// What there is after each run is handed over, so that a comparison that is killed has its complete rounds.
    @Test func whatHasComeTogetherIsKeptOnTheWay() throws {
        final class Kept { var all: [Comparison] = [] }
        let kept = Kept()
        var means = means(Log()) { outcome($1, joins: joins($0, $1)) }
        means.keep = { kept.all.append($0) }
        let comparison = Compare.carryOut(try request(rounds: 3, warmup: 1), means).comparison
        // Of eight runs the last is told of with the whole.
        #expect(kept.all.map(\.roundsComplete) == [0, 0, 0, 1, 1, 2, 2] && kept.all.allSatisfy(\.isInterrupted))
        #expect(kept.all[5].figures.first?.ratios.first?.pairs == 2 && comparison.roundsComplete == 3 && !comparison.isInterrupted)
    }

    @Test func theOutcomeIsToldInWordsAndNumbers() throws {
        let differing = Compare.carryOut(try request(), means(Log()) { outcome($1, joins: joins($0, $1)) }).comparison
        let told = try #require(differing.outcomes?.first)
        #expect(told.verdict == .different && told.variant == "B" && told.base == "A" && told.differing == 2 && told.judged >= 2)
        let rate = try #require(differing.figures.first?.ratios.first)
        #expect(rate.probability ?? 1 < rate.adjustedProbability ?? 0 && rate.adjustedProbability ?? 1 <= 0.05)
        let none = Compare.carryOut(try request(), means(Log(), quietFails: 1) { outcome($1, joins: 1) }).comparison
        #expect(none.outcomes?.first?.verdict == .unknown)
    }

    /// Equal variants, figure by figure at random: "no difference" is said, with how many intervals chance makes miss.
    @Test func equalVariantsDoNotDifferHoweverManyIntervalsMiss() throws {
        var noise = Noise(seed: 4_711)
        var wrong = 0
        for _ in 0..<40 {
            let comparison = Compare.carryOut(try request(["64", "64"], warmup: 0), means(Log()) { _, directory in
                RunOutcome(exitStatus: 0, summary: Fixture.summary {
                    $0.ramp = .init(seconds: exp(0.05 * noise.normal()), joinsPerSecond: exp(0.05 * noise.normal()))
                    $0.cpuUsPerConnection = .init(target: exp(0.05 * noise.normal()), workers: exp(0.05 * noise.normal()), softirq: exp(0.05 * noise.normal()), method: "m")
                    $0.systemCallsPerConnection = .init(target: exp(0.05 * noise.normal()), workers: exp(0.05 * noise.normal()), method: "m")
                }, directory: directory)
            }).comparison
            let outcome = try #require(comparison.outcomes?.first)
            if outcome.verdict != .noDifference { wrong += 1 } else {
                #expect(comparison.conclusions[0].hasPrefix("No difference between 64 (A) and 64 (B)"))
                if outcome.perhaps > 0 { #expect(comparison.conclusions[0].contains("by chance about 0.4 would")) }
            }
        }
        #expect(wrong <= 6, "\(wrong) of 40, where 2 are expected")
    }

    @Test func plansThatDifferAreToldKeyByKey() throws {
        let plans = [try Fixture.plan(), try Fixture.plan { $0.engine = .epoll; $0.window = 128; $0.workers[1].users = 7; $0.notes = ["x"]; $0.workers.append($0.workers[0]) }]
        let differences = PlanDifferences.of(zip(["A", "B"], plans).map { ($0, $1) })
        let told = Dictionary(uniqueKeysWithValues: differences.map { ($0.key, [$0.values["A"] ?? "", $0.values["B"] ?? ""]) })
        #expect(told["engine"] == ["io_uring", "epoll"] && told["window"]?[1] == "128", "\(told)")
        #expect(told["workers.count"] == ["2", "3"] && told["workers[].users"] == ["1,000", "1,000, 7"])
        #expect(Set(told.keys) == ["engine", "window", "workers.count", "workers[].users"], "notes and the host are no difference: \(told.keys)")
        #expect(PlanDifferences.of([("A", plans[0]), ("B", plans[0])]).isEmpty)
    }

    @Test func theMedianRunIsWhereTheRampTookTheMedianTime() throws {
        let comparison = Compare.carryOut(try request(rounds: 3, warmup: 0), means(Log()) { number, directory in
            outcome(directory, joins: Double(number) * 100)
        }).comparison
        // A runs first, fourth and sixth: the fourth's is the middle one.
        #expect(comparison.medianRun("A") == "04-A-io_uring" && comparison.medianRun("Z") == nil)
    }
}
