import Testing

@testable import Profiles

@Suite struct ExtendsTests {
    private func parse(_ text: String, _ files: [String: String]) throws -> Profile {
        try ProfileParser.parse(text, file: "own.yml") { name throws(ProfileError) in
            guard let text = files[name] else { throw ProfileError("There is no profile \(name).") }
            return (text, "\(name).yml")
        }
    }

    private static let base = Fixture.yaml(more: "hold: 7 s\ntarget: { port: 81, droplet: { memory: 1 GiB, cpus: 2 } }")

    @Test func keysAreLaidOverTheBase() throws {
        let profile = try parse("extends: base\nname: own\ntarget: { droplet: { memory: 2 GiB } }", ["base": Self.base])
        #expect(profile.name == "own" && profile.holdSeconds == 7 && profile.target.port == 81)
        #expect(profile.target.droplet == Plan.Droplet(memoryBytes: 2 << 30, swapBytes: 0, cpus: 2))
        #expect(profile.workers.count == 1)
    }

    @Test func anEmptyValueTakesAKeyAway() throws {
        let profile = try parse("extends: base\nname: own\ntarget: { droplet: ~ }\nhold:", ["base": Self.base])
        #expect(profile.target.droplet == Plan.Droplet() && profile.target.port == 81)
        #expect(profile.holdSeconds == 30)
        let set = try ProfileParser.parse(Self.base, file: "base.yml", overrides: ["target.droplet=~"])
        #expect(set.target.droplet == Plan.Droplet() && set.target.port == 81)
    }

    @Test func listsAndValuesReplace() throws {
        let profile = try parse(
            "extends: base\nname: own\nworkers: [ { group: a, count: 1, users: 300 }, { group: b, count: 1, users: 5 } ]",
            ["base": Self.base])
        #expect(profile.workers.map(\.group) == ["a", "b"])
    }

    @Test func chainsAreFollowedButNotForEver() throws {
        let middle = "extends: base\nname: middle\nhold: 9 s"
        let profile = try parse("extends: middle\nname: own", ["base": Self.base, "middle": middle])
        #expect(profile.holdSeconds == 9)
        let circle = Fixture.message { try parse("extends: own\nname: own", ["own": "extends: own\nname: own"]) }
        #expect(circle.contains("chain"), "\(circle)")
    }

    @Test func mistakesOfTheBaseAreToldWithItsOwnLine() {
        let message = Fixture.message { try parse("extends: base\nname: own", ["base": Fixture.yaml(more: "hodl: 3 s")]) }
        #expect(message.contains("base.yml:5: hodl:"), "\(message)")
        #expect(Fixture.message { try parse("extends: gone\nname: own", [:]) }.contains("no profile gone"))
    }

    @Test func sweepsAreNoProfiles() throws {
        let sweep = try #require(try Fixture.finder.sweep("droplets"))
        #expect(sweep.profiles.first == "do-1gb" && sweep.profiles.last == "do-32gb")
        for name in sweep.profiles { _ = try Fixture.profile(name) }
        #expect(try Fixture.finder.sweep("smoke") == nil)
        let odd = Fixture.message { try Sweep.parse("name: x\nsweep: []", file: "s.yml") }
        #expect(odd.contains("empty list"), "\(odd)")
        #expect(Fixture.message { try Sweep.parse("name: x\nsweep: [a]\nhold: 1 s", file: "s.yml") }.contains("no key \"hold\""))
    }
}
