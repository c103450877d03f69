import Testing

@testable import Profiles

/// What a comparison varies.
@Suite struct VariationTests {
    private func refusal(_ text: String) -> String {
        do { return "read \(try Variation(parsing: text).values)" } catch { return error.message }
    }

    @Test func valuesAreSplitAtCommasOutsideOfBrackets() throws {
        let engines = try Variation(parsing: "engine=io_uring,epoll")
        #expect(engines.key == "engine" && engines.values == ["io_uring", "epoll"])
        #expect(try Variation(parsing: "engine=io_uring,io_uring").values == ["io_uring", "io_uring"])
        #expect(try Variation(parsing: "target.droplet={ memory: 1 GiB, swap: none },~").values == ["{ memory: 1 GiB, swap: none }", "~"])
        #expect(try Variation(parsing: "hold=1 s, 2 s").values == ["1 s", "2 s"])
        #expect(try Variation(parsing: "expect.joined.peak=== 2,>= 1").values == ["== 2", ">= 1"])
    }

    @Test func aPlansKeyIsTheProfilesOfAnotherName() throws {
        #expect(try Variation(parsing: "target.lanes=1,2").override("2") == "tuning.target_lanes=2")
        #expect(try Variation(parsing: "workers.count=1,2").override("2") == "workers.count=2")
    }

    @Test(arguments: [
        ("engine", "write --vary key=value,value"), ("=a,b", "write --vary"), ("engine=epoll", "there is one value"),
        ("engine=", "there is one value"), ("engine=a,,b", "a value is empty"), ("engine=a,", "a value is empty"), ("--engine=a,b", "is no key"),
        ("en gine=a,b", "is no key"), ("k=1,2,3,4,5,6,7,8,9", "at most 8"),
    ]) func whatIsNoVariationIsRefused(_ text: String, _ words: String) {
        #expect(refusal(text).contains(words), "\(refusal(text))")
    }

    @Test func anyTextIsReadOrRefused() {
        var state: UInt64 = 99
        for _ in 0..<5_000 {
            let text = String((0..<12).map { _ -> Character in
                state = state &* 6_364_136_223_846_793_005 &+ 1
                return Array("ab=,.{}[]~-é \n")[Int(state >> 33) % 14]
            })
            if let variation = try? Variation(parsing: text) { #expect(variation.values.count >= 2 && !variation.key.isEmpty) }
        }
    }

    @Test func flagsAreLaidOverFlags() {
        let base = Flags(engine: .epoll, connections: 10, seed: 3, network: .routed)
        let laid = base.overlaid(by: Flags(engine: .ioUring, holdSeconds: 2))
        #expect(laid == Flags(engine: .ioUring, connections: 10, seed: 3, holdSeconds: 2, network: .routed))
        #expect(base.overlaid(by: Flags()) == base)
        let all = Flags(
            engine: .ioUring, fit: .auto, connections: 1, rate: .max, speedup: .auto, seed: 1, holdSeconds: 1, network: .loopback)
        #expect(Flags().overlaid(by: all) == all && base.overlaid(by: all) == all, "every flag there is")
    }
}
