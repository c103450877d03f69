import Testing

@testable import Profiles

/// Variants of a comparison on hosts that lack what one of them needs: it is named before any of them runs.
@Suite struct PlanMakerTests {
    /// What was asked of the host.
    private final class Asked { var networks: [[Plan.NetworkModel]] = [] }

    private func maker(_ profile: String = "smoke", _ asked: Asked = Asked(), host: @escaping ([Plan.NetworkModel]) -> HostFacts) -> PlanMaker {
        PlanMaker(version: "test", load: { try Fixture.profile(profile, set: $0) }, facts: { asked.networks.append($0); return host($0) })
    }

    /// The verb's flags, as far as these tests vary them.
    private func flag(_ key: String, _ value: String) throws -> Flags? {
        switch key {
        case "engine": Flags(engine: Plan.EngineKind(rawValue: value))
        case "network": Flags(network: Plan.NetworkModel(rawValue: value))
        case "connections": Flags(connections: try Units.count(value, in: 1...Limits.users))
        default: nil
        }
    }

    private func plans(_ vary: String, _ maker: PlanMaker, _ flags: Flags = Flags()) throws -> [Plan] {
        let variation = try Variation(parsing: vary)
        return try maker.plans(variation, flags, overrides: [], flag: { try flag(variation.key, $0) })
    }

    private func refusal(_ vary: String, _ maker: PlanMaker, _ flags: Flags = Flags()) -> (status: Int32, sentence: String) {
        do { _ = try plans(vary, maker, flags) } catch let refusal as VariantRefusal {
            switch refusal.reason {
            case let error as PlanError: return (error.exitCode, refusal.blame(error.message))
            case let error as ProfileError: return (error.exitCode, refusal.blame(error.message))
            default: return (0, "\(refusal.reason)")
            }
        } catch { return (0, "\(error)") }
        return (0, "nothing was thrown")
    }

    /// A kernel without VXLAN, which says so only of what it is asked for.
    private static func withoutVXLAN(_ asked: [Plan.NetworkModel]) -> HostFacts {
        Fixture.host { if asked.contains(.overlay) { $0.unavailableNetworks = ["overlay": "This kernel has no VXLAN."] } }
    }

    @Test(arguments: ["network=routed,overlay", "network.model=bridge,overlay", "network=overlay,routed"])
    func everyNetworkIsAskedOfTheHost(vary: String) {
        let asked = Asked()
        let (status, sentence) = refusal(vary, maker("smoke", asked, host: Self.withoutVXLAN))
        #expect(status == 69 && sentence.contains("=overlay: ") && sentence.contains("This kernel has no VXLAN."), "\(sentence)")
        #expect(sentence.hasPrefix("--vary network"))
        // Of one host for all values, before it has come to rest and after.
        #expect(asked.networks.count == 2 && asked.networks.allSatisfy { $0.count == 2 && $0.contains(.overlay) })
    }

    @Test func anEngineThatDoesNotWorkIsNamed() {
        let host = { (_: [Plan.NetworkModel]) in Fixture.host { $0.ioUringUnavailableBecause = "kernel.io_uring_disabled is 2" } }
        let engines = refusal("engine=epoll,io_uring", maker(host: host))
        #expect(engines.status == 69 && engines.sentence.hasPrefix("--vary engine=io_uring: --engine io_uring: io_uring does not work here."), "\(engines)")
        let ways = refusal("waiting=item,receive", maker(host: host))
        #expect(ways.status == 69 && ways.sentence.hasPrefix("--vary waiting=receive: tuning.waiting is receive"), "\(ways)")
        let contradiction = refusal("waiting=poll,receive", maker { _ in Fixture.host() }, Flags(engine: .epoll))
        #expect(contradiction.status == 64 && contradiction.sentence.hasPrefix("--vary waiting=poll: "), "\(contradiction)")
    }

    @Test func nodesAndCPUsThatAreNotThereAreNamed() {
        let nodes = refusal("placement={ target: 0, workers: 0 },{ target: 0, workers: 7 }", maker { _ in Fixture.host() })
        #expect(nodes.status == 69 && nodes.sentence.contains("workers: 7 }: "), "\(nodes)")
        let cpus = refusal("placement={ target_cpus: 0, workers_cpus: 1 },{ target_cpus: 0, workers_cpus: 99 }", maker { _ in Fixture.host() })
        #expect(cpus.status == 69 && cpus.sentence.contains("99"), "\(cpus)")
    }

    @Test func tooLittleMemoryIsNamed() {
        let small = { (_: [Plan.NetworkModel]) in Fixture.host { ($0.memoryTotalBytes, $0.memoryAvailableBytes) = (1 << 30, 1 << 30) } }
        let (status, sentence) = refusal("connections=1000,100000", maker("local-100k", host: small))
        #expect(status == 69 && sentence.hasPrefix("--vary connections=100000: 100,000 connections need"), "\(sentence)")
    }

    @Test func aMistakeInOneValueIsNamedInTheVerbsWords() {
        let (status, sentence) = refusal("workers.count=2,-1", maker { _ in Fixture.host() })
        #expect(status == 64 && sentence.hasPrefix("--vary workers.count=-1: ") && !sentence.contains("--set"), "\(sentence)")
    }

    @Test func equalPlansAreRefusedWithWhatTheHostMadeOfThem() {
        let bare = { (_: [Plan.NetworkModel]) in Fixture.host { ($0.privilege, $0.privilegeLimitedBecause) = (.none, "unshare says EPERM") } }
        let (status, sentence) = refusal("network.model=routed,bridge", maker(host: bare))
        #expect(status == 64 && sentence.contains("come to the same plan") && sentence.contains("unshare says EPERM"), "\(sentence)")
    }

    @Test func whatEveryHostCanRunIsPlanned() throws {
        let plans = try plans("waiting=item,poll,receive", maker { _ in Fixture.host() })
        #expect(plans.map(\.engine) == [.epoll, .ioUring, .ioUring] && plans.map(\.waiting) == [.item, .poll, .receive])
        let twice = try self.plans("engine=io_uring,io_uring", maker { _ in Fixture.host() })
        #expect(twice.count == 2 && twice[0] == twice[1])
    }
}
