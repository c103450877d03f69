import Testing

@testable import Profiles

@Suite struct UnitsTests {
    @Test(arguments: [
        ("30 s", 30), ("30s", 30), ("10 ms", 0.01), ("100 min", 6_000), ("1.5 h", 5_400), ("30_000 s", 30_000),
        ("0 s", 0),
        ("720 h", 2_592_000),
    ])
    func durations(text: String, seconds: Double) throws {
        #expect(try Units.seconds(text) == seconds)
    }

    @Test(arguments: [
        ("30", ["no unit", "ms, s, min, h"]), ("30 S", ["\"S\"", "did you mean s?"]), ("-1 s", ["negative"]),
        ("nan s", ["is not a duration"]), ("inf", ["is not a duration"]), ("1e3 s", ["\"e3 s\""]), ("", ["empty"]),
        ("721 h", ["30 days"]), ("1__0 s", ["is not a duration"]), ("1. s", ["is not a duration"]),
        ("99999999999999999999 s", ["too many digits"]), ("5 sec", ["\"sec\"", "ms, s, min, h"]),
        ("٣ s", ["is not a duration"]), ("- 5 s", ["is not a duration"]),
    ])
    func badDurations(text: String, parts: [String]) {
        let message = Fixture.message { try Units.seconds(text) }
        for part in parts { #expect(message.contains(part), "\(message)") }
    }

    @Test(arguments: [
        ("2704 B", 2_704), ("64431 MiB", 67_560_800_256), ("4 GiB", 4_294_967_296), ("1.5 KiB", 1_536),
        ("42 KB", 42_000),
        ("1 TiB", 1_099_511_627_776), ("128 GB", 128_000_000_000),
    ])
    func memory(text: String, bytes: UInt64) throws {
        #expect(try Units.bytes(text) == bytes)
    }

    @Test(arguments: [
        ("64", "no unit"), ("4 gib", "did you mean GiB?"), ("4 Gb", "did you mean GB?"),
        ("0.5 B", "whole number of bytes"),
        ("2000 TiB", "1024 TiB"), ("-4 GiB", "negative"),
    ])
    func badMemory(text: String, part: String) {
        #expect(Fixture.message { try Units.bytes(text) }.contains(part))
    }

    @Test(arguments: [
        ("60000", 60_000), ("60_000", 60_000), ("100k", 100_000), ("2.4M", 2_400_000), ("0", 0), ("1.1M", 1_100_000),
    ])
    func counts(text: String, value: Int) throws {
        #expect(try Units.count(text) == value)
    }

    @Test(arguments: [
        ("60,000", "is not a whole number"), ("1.5", "is not a whole number"), ("100000001", "out of range"),
        ("5 users", "\"users\""), ("-3", "negative"), ("0x10", "\"x10\""), ("1.0000001M", "is not a whole number"),
    ])
    func badCounts(text: String, part: String) {
        let message = Fixture.message { try Units.count(text) }
        #expect(message.contains(part), "\(message)")
    }

    @Test func rates() throws {
        #expect(try Units.rate("500/s") == .perSecond(500))
        #expect(try Units.rate("30/min") == .perSecond(0.5))
        #expect(try Units.rate("max") == .max)
        for (text, part) in [
            ("500", "no unit"), ("0/s", "starts nobody"), ("20000000/s", "10,000,000/s"), ("-1/s", "negative"),
            ("Max", "is not a rate"), ("5 s", "/s, /min, /h"),
        ] {
            let message = Fixture.message { try Units.rate(text) }
            #expect(message.contains(part), "\(message)")
        }
    }

    @Test func ports() throws {
        #expect(try Units.ports("1025-65535") == 1_025...65_535)
        for text in ["1025", "5-4", "0-10", "1-70000", "1-2-3", "a-b", "-", ""] {
            #expect(Fixture.message { try Units.ports(text) } != "nothing was thrown")
        }
    }

    @Test func text() {
        #expect(UnitText.count(2_400_000) == "2,400,000")
        #expect(UnitText.count(-1_234) == "-1,234")
        #expect(UnitText.count(0) == "0")
        #expect(UnitText.bytes(67_560_800_256) == "62.9 GiB")
        #expect(UnitText.bytes(208) == "208 B")
        #expect(UnitText.bytes(400 << 10) == "400 KiB")
        #expect(UnitText.seconds(6_000) == "100 min")
        #expect(UnitText.seconds(0.01) == "10 ms")
        #expect(UnitText.rate(nil) == "max")
        #expect(UnitText.rate(1_000) == "1,000/s")
        #expect(UnitText.decimal(-0.5, places: 2) == "-0.5")
        #expect(UnitText.decimal(1.05, places: 2) == "1.05")
        #expect(UnitText.decimal(.infinity, places: 2) == "?")
    }
}
