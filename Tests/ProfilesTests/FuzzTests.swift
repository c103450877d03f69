import Engine
import Testing

@testable import Profiles

/// Broken input must throw or parse, and never trap. Seeded: a failure repeats.
@Suite struct FuzzTests {
    private static let rounds = 800
    private static let tokens = [
        ":", "-", "[", "]", "{", "}", "\n", "  ", "\"", "'", "&a", "*a", "!!int", "---", "#", "|", ">", "?", "\t",
        "%", "\0",
        "99999999999999999999", "-1", "1e999", "nan", "max", "host", "auto", "0/s", "é", "👩‍👩‍👧", "<<: *a", "null", "~",
        "",
        "0.0000001/s", "1 ms", "720 h", "10000000/s", "100M", "1-1", "1 B", "1024 TiB",
    ]

    private func mutated(_ text: String, _ random: inout SplitMix64) -> String {
        var characters = Array(text)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            guard !characters.isEmpty else { break }
            let at = Int.random(in: 0..<characters.count, using: &random)
            let end = min(characters.count, at + Int.random(in: 1...12, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: characters.removeSubrange(at..<end)
            case 1: characters.replaceSubrange(at..<end, with: Array(Self.tokens.randomElement(using: &random)!))
            case 2: characters.insert(contentsOf: Array(Self.tokens.randomElement(using: &random)!), at: at)
            case 3: characters.insert(contentsOf: characters[at..<end], at: at)
            default: characters.removeSubrange(at...)
            }
        }
        return String(characters)
    }

    @Test(arguments: Fixture.shipped) func mutatedProfiles(name: String) throws {
        let text = try Fixture.text(name)
        var random = SplitMix64(seed: UInt64(name.count) &* 7_919)
        var parsed = 0
        for _ in 0..<Self.rounds {
            let mutation = mutated(text, &random)
            guard let profile = try? ProfileParser.parse(mutation, file: "fuzz.yml", base: Fixture.base) else { continue }
            parsed += 1
            _ = plan(profile, &random)
        }
        #expect(parsed > 0)
    }

    /// Values that a profile may hold, at the edges of what is allowed: they reach the planner's arithmetic.
    private static let odd: [(path: String, values: [String])] = [
        ("hold", ["0 s", "720 h"]), ("speedup", ["auto", "0.01", "10000"]), ("sample_period", ["50 ms", "1 h"]),
        ("load.phases.0.rate", ["max", "1/h", "10000000/s", "3.3/s"]), ("load.phases.0.users", ["1", "7", "100M", "host"]),
        ("load.phases.0.duration", ["0.001 ms", "1 ms", "720 h"]), ("load.retries", ["0", "1000"]),
        ("load.retry_wait", ["0 s", "720 h"]), ("load.syn_retries", ["1", "127"]),
        ("workers.0.count", ["1", "3", "16000", "auto"]), ("workers.0.users", ["1", "19_901", "100M"]),
        ("workers.0.ports", ["1-1", "1-65535", "65535-65535"]), ("target.port", ["1", "65535"]),
        ("target.port_count", ["1", "1024"]), ("target.droplet.memory", ["1 B", "1 GiB", "1024 TiB"]),
        ("target.droplet.swap", ["none", "host", "1 B", "1024 TiB"]), ("target.droplet.swap_speed", ["1 KB/s", "1000000 GB/s"]),
        ("target.droplet.base", ["0 B", "1024 TiB"]), ("footprint.0.bytes", ["1 B", "64 MiB"]),
        ("workers.1.unanswered", ["0 %", "100 %"]),
        ("tuning.active_lanes", ["1", "256"]), ("tuning.window", ["1", "4096"]), ("tuning.target_lanes", ["1", "4096"]), ("tuning.waiting", ["item", "poll", "receive"]),
        ("expect.joined.peak", ["== users", ">= 0.001 % of users", "< 999999999999999999"]),
    ]

    @Test func oddValues() throws {
        let text = try Fixture.text("do-64gb")
        var random = SplitMix64(seed: 2_318_816)
        var planned = 0
        for _ in 0..<2_000 {
            let flags = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                let (path, values) = Self.odd.randomElement(using: &random)!
                return "\(path)=\(values.randomElement(using: &random)!)"
            }
            guard let profile = try? ProfileParser.parse(text, file: "f.yml", overrides: flags) else { continue }
            planned += plan(profile, &random) ? 1 : 0
        }
        #expect(planned > 100, "only \(planned) reached a plan")
    }

    /// Plans for an odd host with odd flags; whatever comes out must be printable.
    private func plan(_ profile: Profile, _ random: inout SplitMix64) -> Bool {
        let flags = Flags(
            fit: [nil, .auto, .fixed(.full), .fixed(.connections), .fixed(.footprint)].randomElement(using: &random)!,
            connections: [nil, nil, 1, 999, 5_000_000, 100_000_000].randomElement(using: &random)!,
            rate: [nil, nil, .max, .perSecond(0.001), .perSecond(1e7)].randomElement(using: &random)!,
            speedup: [nil, nil, .auto, .times(10_000)].randomElement(using: &random)!)
        let host = Fixture.host {
            $0.memoryAvailableBytes = [0, 1 << 30, 23 << 30, 1 << 44].randomElement(using: &random)!
            $0.descriptorLimit = [0, 1_024, 1_300, 20_000, 1 << 30].randomElement(using: &random)!
            $0.cpus = [0, 1, 2, 512].randomElement(using: &random)!
        }
        guard let plan = try? Planner.plan(profile: profile, flags: flags, host: host, version: "fuzz") else {
            return false
        }
        #expect(plan.workers.reduce(0) { $0 + $1.users } == plan.users)
        #expect(plan.workerLanes.reduce(0) { $0 + $1.users } == plan.users)
        return !plan.description.isEmpty
    }

    @Test func mutatedReferences() throws {
        let csv = "t_s,users,connected\n0,0,0\n10,5,4\n20,10,9\n30,10,8\n"
        var random = SplitMix64(seed: 42)
        for _ in 0..<2_000 {
            guard let curve = try? Reference(csv: mutated(csv, &random), file: "f.csv") else { continue }
            for time in [0.0, 1, 15, 29, 1e9] { _ = curve.connected(atModelSeconds: time) }
        }
    }
}
