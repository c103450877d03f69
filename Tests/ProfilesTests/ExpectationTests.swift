import Testing

@testable import Profiles

@Suite struct ExpectationTests {
    private func parsed(_ figure: String, _ condition: String) throws -> Profile.Expectation? {
        let text = Fixture.yaml(more: "expect: { \(figure): \"\(condition)\" }")
        return try ProfileParser.parse(text, file: "tiny.yml").expectations.first
    }

    @Test(arguments: [
        ("latency_us.join.p99", "< 50 ms", "<", 50_000.0), ("latency_us.join.p99", "<50000", "<", 50_000),
        ("latency_us.connect.max", "<= 1.5 s", "<=", 1_500_000), ("latency_us.heartbeat.p50", "<= 250 µs", "<=", 250),
        ("latency_us.heartbeat.p50", "<= 250 \u{3BC}s", "<=", 250), ("latency_us.reply.p999", "< 0.3 ms", "<", 300),
        ("bytes_per_connection.pair", "<= 9 KiB", "<=", 9_216), ("bytes_per_connection.pair", "<= 8.5 KiB", "<=", 8_704),
        ("ramp.joins_per_second", ">= 10000/s", ">=", 10_000), ("ramp.joins_per_second", "> 600/min", ">", 10),
        ("ramp.joins_per_second", ">= 10k", ">=", 10_000), ("errors.total", "== 0", "==", 0), ("errors.etimedout", "<= 5", "<=", 5),
        ("teardown.seconds", "< 10 s", "<", 10), ("run.seconds", "< 2 min", "<", 120),
        ("cpu_us_per_connection.target", "< 50 us", "<", 50), ("fidelity.rmse_pct", "<= 1.5 %", "<=", 1.5),
        ("fidelity.rmse_pct", "<= 1.5", "<=", 1.5), ("fidelity.knee_model_s", ">= 3900", ">=", 3_900),
        ("joined.peak", ">= 2.3M", ">=", 2_300_000), ("degraded", "== 0", "==", 0),
        ("droplet.memory_peak_bytes", "<= 2 GiB", "<=", 2_147_483_648), ("interference.host_busy_pct", "< 95 %", "<", 95),
    ])
    func valuesMayHaveUnits(figure: String, condition: String, comparison: String, value: Double) throws {
        #expect(
            try parsed(figure, condition) == .init(figure: figure, comparison: comparison, value: .number(value)))
    }

    @Test func countsMayBePartsOfTheUsers() throws {
        #expect(try parsed("joined.peak", "== users")?.value == .ofUsers(1))
        #expect(try parsed("errors.total", "<= 0.5 % of users")?.value == .ofUsers(0.005))
        #expect(try parsed("lost", "<= 0.5% of users")?.value == .ofUsers(0.005))
    }

    @Test(arguments: [
        ("latency_us.join.p99", "< 50 KiB", ["expect.latency_us.join.p99", "\"KiB\"", "us, µs, ms, s, min"]),
        ("latency_us.join.p99", "< 50 MS", ["did you mean ms?"]),
        ("bytes_per_connection.pair", "<= 9 ms", ["\"ms\"", "B, KiB, MiB"]),
        ("ramp.joins_per_second", ">= 10 s", ["\"s\"", "/s, /min, /h"]),
        ("errors.total", "== 0 s", ["not a plain number"]), ("teardown.seconds", "< 10 B", ["\"B\"", "ms, s, min, h"]),
        ("fidelity.rmse_pct", "<= 1 s", ["\"s\"", "%"]), ("fidelity.knee_model_s", "<= 1 s", ["not a plain number"]),
        ("latency_us.join.p99", "< 5 % of users", ["no number of users", "50 ms"]),
        ("teardown.seconds", "== users", ["no number of users"]), ("joined.peak", ">= 5 of users", ["part of the users"]),
        ("joined.peak", ">= -1", ["negative"]), ("joined.peak", ">=", ["empty"]), ("joined.peak", "=> 5", [">=, <=, >, <, =="]),
        ("latency_us.join.p99", "50 ms", ["\">= 50 ms\""]), ("joined.peak", ">= 101 % of users", ["100 %"]),
    ])
    func anotherKindOfQuantityIsRefused(figure: String, condition: String, parts: [String]) {
        let message = Fixture.message { try parsed(figure, condition) }
        for part in parts { #expect(message.contains(part), "\(message)") }
    }

    @Test func aMisspeltFigureIsMetWithTheNearest() {
        let message = Fixture.message { try parsed("latency_us.joined.p99", "< 50 ms") }
        #expect(message.contains("did you mean latency_us.join.p99?") && message.contains("latency_us.connect.p50"), "\(message)")
        let stray = Fixture.message { try parsed("speed", "> 1") }
        #expect(stray.contains("figures begin with joined, connected") && stray.contains("latency_us"), "\(stray)")
    }

    @Test func everyFigureHasAUnitAndOneName() {
        #expect(Set(Figures.all).count == Figures.all.count)
        for figure in Figures.all { #expect(Figures.unit(of: figure) != nil, "\(figure)") }
        for figure in Figures.counts { #expect(Figures.unit(of: figure) == .count, "\(figure)") }
    }

    /// What is shown can be written: it reads as the same value.
    @Test(arguments: FigureUnit.allCases) func examplesAreRead(unit: FigureUnit) throws {
        let value = try unit.read(unit.example)
        #expect(value > 0 && !unit.text(value).isEmpty)
    }

    @Test func valuesAreShownWithTheirUnits() {
        #expect(FigureText.wanted("latency_us.join.p99", "<", 50_000) == "latency_us.join.p99 < 50 ms")
        #expect(FigureText.wanted("joined.peak", "==", 2_000) == "joined.peak == 2,000")
        #expect(Figures.unit(of: "bytes_per_connection.pair")?.text(9_216) == "9 KiB")
        #expect(Figures.unit(of: "ramp.joins_per_second")?.text(12_556.42) == "12556.42/s")
        #expect(Figures.unit(of: "latency_us.join.p50")?.text(812) == "812 µs")
        #expect(Figures.unit(of: "fidelity.rmse_pct")?.text(1.5) == "1.5 %")
        #expect(FigureText.bound(9_000, of: "bytes_per_connection.pair") == "9,000 B")
        #expect(FigureText.bound(51_234, of: "latency_us.join.p99") == "51,234 µs")
        #expect(Figures.unit(of: "joined.peak")?.text(.nan) == "?")
    }

    /// A failure never reads "<= 9 KiB was expected, it is 9 KiB".
    @Test func valuesThatDifferDoNotReadAlike() {
        let texts = FigureText.texts(wanted: 9_216, measured: 9_217, of: "bytes_per_connection.pair")
        #expect(texts.wanted == "9,216 B" && texts.measured == "9,217 B")
        #expect(FigureText.texts(wanted: 9_216, measured: 9_216, of: "bytes_per_connection.pair").measured == "9 KiB")
    }
}
