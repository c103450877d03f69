import Testing

@testable import Profiles

@Suite struct ProfileParserTests {
    @Test func readsTheShippedRun() throws {
        let profile = try Fixture.profile("do-64gb")
        #expect(profile.name == "do-64gb")
        #expect(profile.target.droplet == Plan.Droplet(memoryBytes: 67_560_800_256, swapBytes: 32 << 30, swapBytesPerSecond: 2e8, cpus: 20))
        #expect(profile.workers.map(\.count) == [.fixed(33), .fixed(7)])
        #expect(profile.workers.map(\.unansweredShare) == [0, 0.25])
        #expect(profile.workers[0].users == 60_000)
        #expect(profile.workers[0].ports == 1_025...65_535)
        #expect(
            profile.load.phases == [
                Profile.Phase(durationSeconds: 6_000, rate: .perSecond(500), users: .count(2_400_000))
            ])
        #expect(profile.load.retryWaitMilliseconds == 10)
        #expect(profile.session == [.connect, .join(topic: "rooms:lobby"), .think(seconds: 30_000)])
        #expect(profile.speedup == .times(12.7))
        #expect(profile.footprintBytes == 27_324)
        #expect(profile.referencePath == "\(Fixture.directory)/reference/do-64gb.csv")
        #expect(
            profile.expectations[0]
                == Profile.Expectation(figure: "joined.peak", comparison: ">=", value: .number(2_300_000)))
    }

    @Test(arguments: Fixture.shipped) func everyShippedProfileIsNamedAfterItsFile(name: String) throws {
        #expect(try Fixture.profile(name).name == name)
    }

    @Test func optionalKeysHaveDefaults() throws {
        let profile = try ProfileParser.parse(Fixture.yaml(), file: "tiny.yml")
        #expect(profile.target == Profile.Target())
        #expect(profile.workers[0].ports == 1_025...65_535)
        #expect(profile.holdSeconds == 30)
        #expect(profile.network == .routed)
    }

    /// What is wrong, and what the sentence must contain: where, what, and what is allowed.
    static let mistakes: [(String, [String])] = [
        (
            Fixture.yaml(more: "hodl: 3 s"),
            ["tiny.yml:5: hodl:", "no key \"hodl\"", "did you mean hold?", "sample_period"]
        ),
        (
            Fixture.yaml(more: "target:\n  droplet: { memroy: 1 GiB }"),
            ["tiny.yml:6: target.droplet.memroy:", "did you mean memory?"]
        ),
        (Fixture.yaml(more: "hold: 30"), ["tiny.yml:5: hold:", "no unit", "ms, s, min, h"]),
        (Fixture.yaml(more: "hold: -3 s"), ["tiny.yml:5: hold:", "negative"]),
        (Fixture.yaml(more: "hold: 1 s\nhold: 2 s"), ["tiny.yml:5", "\"hold\"", "more than once"]),
        (
            Fixture.yaml(more: "engine: iouring"),
            ["tiny.yml:5: engine:", "did you mean io_uring?", "io_uring, epoll"]
        ),
        (Fixture.yaml(more: "network: routed"), ["tiny.yml:5: network:", "is a mapping"]),
        (Fixture.yaml(more: "network: { model: bridged }"), ["network.model", "did you mean bridge?"]),
        (Fixture.yaml(more: "speedup: fast"), ["tiny.yml:5: speedup:", "or auto"]),
        (Fixture.yaml(more: "speedup: 0"), ["speedup:", "out of range"]),
        (Fixture.yaml(more: "fit: connection"), ["fit:", "did you mean connections?"]),
        (Fixture.yaml(more: "target: { port: 70000 }"), ["target.port", "1 to 65,535"]),
        (Fixture.yaml(more: "target: { port: 65535, port_count: 2 }"), ["target:", "beyond 65535"]),
        (Fixture.yaml(more: "target: { path: socket }"), ["target.path", "starts with /"]),
        (Fixture.yaml(more: "target: [1]"), ["tiny.yml:5: target:", "but this is a list"]),
        (
            Fixture.yaml(more: "expect: { joined.peek: \"> 1\" }"),
            ["expect.joined.peek", "did you mean joined.peak?"]
        ),
        (Fixture.yaml(more: "expect: { joined.peak: 5 }"), ["expect.joined.peak", ">=, <=, >, <, =="]),
        (Fixture.yaml(more: "expect: { joined.peak: \">= 101 % of users\" }"), ["100 %"]),
        (Fixture.yaml(more: "expect:\n  joined.peak: >= 5"), ["tiny.yml:6", "not YAML", "need quotes"]),
        (Fixture.yaml(more: "footprint: [ { name: x, bytes: 5 B } ]"), ["footprint.0", "lacks the key \"basis\""]),
        (
            Fixture.yaml(more: "footprint: [ { name: x, bytes: 5 B, basis: guessed, source: y } ]"),
            ["footprint.0.basis", "known, measured, calibrated, assumed"]
        ),
        (
            Fixture.yaml(more: "footprint: [ { name: x, bytes: 5 B, basis: known, source: y, hibernates_to: 6 B } ]"),
            ["footprint.0.hibernates_to", "no more than"]
        ),
        (
            Fixture.yaml(more: "footprint: [ { name: x, bytes: 5 B, basis: known, source: y, hibernates_to: 4 B } ]"),
            ["hibernate_after", "15 s"]
        ),
        (Fixture.yaml(more: "hibernate_after: 15 s"), ["no footprint part has hibernates_to"]),
        (Fixture.yaml(more: "target: { droplet: { swap: 1 GiB } }"), ["target.droplet", "swap says nothing without memory"]),
        (
            Fixture.yaml(more: "target: { droplet: { memory: 1 GiB, swap_speed: 1 MB/s } }"),
            ["target.droplet", "swap_speed needs a swap"]
        ),
        (
            Fixture.yaml(more: "target: { droplet: { memory: 1 GiB, swap: 1 GiB, swap_speed: 1 MB } }"),
            ["target.droplet.swap_speed", "MB/s"]
        ),
        (Fixture.yaml(workers: "workers: { count: 2, users: 100, unanswered: 101 % }"), ["workers.unanswered", "0 % to 100 %"]),
        (Fixture.yaml(workers: "workers: { count: 2, users: 100, unanswered: 0.2 }"), ["workers.unanswered", "no unit"]),
        (Fixture.yaml(more: "cloud: { hours: 2 h }"), ["cloud lacks the key \"machines\""]),
        (Fixture.yaml(more: "extends: nothing"), ["tiny.yml:5: extends:", "nothing"]),
        (Fixture.yaml(more: "reference: curve.txt"), ["reference:", ".csv"]),
        (Fixture.yaml(more: "tuning: { window: 0 }"), ["tuning.window", "1 to 4,096"]),
        (Fixture.yaml(more: "sample_period: 1 ms"), ["sample_period", "50 ms to 1 h"]),
        (Fixture.yaml(name: "name: a/b"), ["tiny.yml:1: name:", "letters, digits"]),
        (Fixture.yaml(name: ""), ["tiny.yml", "lacks the key \"name\""]),
        (Fixture.yaml(workers: "workers: 5"), ["workers:", "is a list"]),
        (Fixture.yaml(workers: "workers: []"), ["workers:", "empty list"]),
        (Fixture.yaml(workers: "workers: { count: 0, users: 5 }"), ["workers.count", "1 to 16,000"]),
        (Fixture.yaml(workers: "workers: { count: 20_000, users: 5 }"), ["workers.count", "16,000"]),
        (
            Fixture.yaml(workers: "workers: [ { count: auto, users: 5 }, { group: b, count: auto, users: 5 } ]"),
            ["workers.1", "only one"]
        ),
        (
            Fixture.yaml(workers: "workers: [ { count: 1, users: 5 }, { count: 1, users: 5 } ]"),
            ["workers.1", "already"]
        ),
        (
            Fixture.yaml(workers: "workers: { count: 1, users: 5, ports: 9-8 }"),
            ["workers.ports", "lower port first"]
        ),
        (
            Fixture.yaml(load: "load: { phases: [ { rate: 5/s, users: 2 } ] }"),
            ["load.phases.0", "lacks the key \"duration\""]
        ),
        (Fixture.yaml(load: "load: { phases: [ { rate: 5, users: 2 } ] }"), ["load.phases.0.rate", "no unit", "/s"]),
        (
            Fixture.yaml(load: "load: { phases: [ { rate: max, users: host }, { rate: max, users: 1 } ] }"),
            ["load.phases.0", "only phase"]
        ),
        (Fixture.yaml(load: "load: { phases: [ { rate: max, users: -1 } ] }"), ["load.phases.0.users", "negative"]),
        (Fixture.yaml(session: "session: [ join: a ]"), ["session.0", "starts with connect"]),
        (Fixture.yaml(session: "session: [ connect, connect ]"), ["session.1", "connects once"]),
        (Fixture.yaml(session: "session: [ connect, dance ]"), ["session.1", "\"dance\"", "think: DURATION"]),
        (Fixture.yaml(session: "session: [ connect, join: 'a\"b' ]"), ["session.1.join", "quotes"]),
        ("", ["empty"]), ("# only a comment", ["empty"]), ("5", ["is a mapping"]), ("a: [", ["not YAML"]),
        ("a: b\n---\nc: d", ["not YAML"]), ("? [a]\n: b", ["not a plain word"]), ("a: *x", ["undefined alias"]),
        (String(repeating: "[", count: 100_000), ["not YAML"]),
    ]

    @Test(arguments: mistakes) func mistakesAreSentences(text: String, parts: [String]) {
        let message = Fixture.message { try ProfileParser.parse(text, file: "tiny.yml") }
        for part in parts { #expect(message.contains(part), "\(message)") }
        #expect(message.hasPrefix("tiny.yml"))
        #expect(message.hasSuffix("."), "\(message)")
    }

    @Test func overridesAreAppliedBeforeChecking() throws {
        let profile = try Fixture.profile(
            "do-64gb",
            set: [
                "load.phases.0.rate=1000/s", "tuning.window=32", "target.droplet={ memory: 1 GiB }",
                "workers.0.count=auto",
                "expect.joined.peak=>= 5", "load.retries=3", "load.retries=4",
            ])
        #expect(profile.load.phases[0].rate == .perSecond(1_000))
        #expect(profile.tuning.window == 32)
        #expect(profile.target.droplet == Plan.Droplet(memoryBytes: 1 << 30, swapBytes: 0))
        #expect(profile.workers[0].count == .auto)
        #expect(profile.expectations.first { $0.figure == "joined.peak" }?.value == .number(5))
        #expect(profile.load.retries == 4)
    }

    @Test(arguments: [
        ("hold=5", ["--set hold=5: hold:", "no unit"]), ("hodl=5 s", ["--set hodl=5 s", "did you mean hold?"]),
        ("hold", ["--set hold", "no \"=\""]), ("load.phases.1.rate=5/s", ["list of 1", "0 to 0"]),
        ("hold.x=1", ["hold is a single value"]), ("a..b=1", ["joined by dots"]), ("=1", ["joined by dots"]),
        ("target={ a", ["not one"]), ("load.phases.0.rate=", ["load.phases.0.rate", "empty"]),
    ])
    func badOverridesNameTheFlag(flag: String, parts: [String]) {
        let message = Fixture.message { try Fixture.profile("do-64gb", set: [flag]) }
        for part in parts { #expect(message.contains(part), "\(message)") }
        #expect(message.hasPrefix("--set"), "\(message)")
    }

    @Test func aMissingProfileListsThoseThatExist() {
        let message = Fixture.message { try Fixture.finder.find("do-64g") }
        for part in ["\"do-64g\"", "host-max", "smoke", "did you mean do-64gb?"] { #expect(message.contains(part)) }
        #expect(Fixture.message { try Fixture.finder.find("./no.yml") }.contains("There is no profile file /"))
        #expect(Fixture.message { try Fixture.finder.find("") }.contains("There is no profile"))
        let lost = ProfileFinder(directories: ["/nonexistent"], environment: [:])
        #expect(Fixture.message { try lost.find("x") }.contains("SIMBENCH_PROFILES"))
    }

    @Test func theEnvironmentsFoldersComeFirst() throws {
        let finder = ProfileFinder(
            directories: ["/nonexistent"], environment: ["SIMBENCH_PROFILES": Fixture.directory])
        #expect(try finder.find("smoke") == "\(Fixture.directory)/smoke.yml")
        #expect(finder.all().map(\.name) == (Fixture.shipped + ["droplets"]).sorted())
        #expect(try finder.find("\(Fixture.directory)/smoke.yml") == "\(Fixture.directory)/smoke.yml")
    }
}
