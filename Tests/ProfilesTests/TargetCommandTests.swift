import Testing

@testable import Profiles

@Suite struct TargetCommandTests {
    @Test func aFlagOrAKeyMakesACommandTheTarget() throws {
        let byFlag = try Fixture.plan("smoke", Flags(targetCommand: "node server.js"))
        let byKey = try Fixture.plan("smoke", set: ["target.command=node server.js"])
        #expect(byFlag == byKey)
        #expect(byFlag.target.command == "node server.js" && !byFlag.target.hasLanes && !byFlag.target.isForeign && byFlag.target.lanes == 0)
        #expect(byFlag.network == .routed && byFlag.target.port == 4000 && byFlag.degraded.isEmpty)
        #expect(byFlag.description.contains("node server.js"))
        #expect(try Plan.decode(byFlag.encoded()) == byFlag)
        // A flag counts before the profile.
        #expect(try Fixture.plan("smoke", Flags(targetCommand: "b"), set: ["target.command=a"]).target.command == "b")
        #expect(try Fixture.plan("smoke").target.hasLanes)
    }

    /// What the machine has is the command's; how much of it a connection takes is not the plan's to say.
    @Test func aDropletIsTheMachineItself() throws {
        let set = ["target.droplet.memory=2 GiB", "target.droplet.base=256 MiB", "target.droplet.swap=1 GiB"]
        let plan = try Fixture.plan("smoke", Flags(targetCommand: "x"), set: set)
        let cap = try #require(plan.cap)
        #expect(cap.memoryBytes == (2 << 30) - (256 << 20) && cap.swapBytes == 1 << 30 && plan.fit == .full)
        #expect(plan.predictions.allSatisfy { $0.cause != "memory" && $0.cause != "swap" })
        #expect(plan.description.contains("takes of it is to be seen"))
    }

    @Test func whatOnlyTheBuiltInTargetCanDoIsGivenUpAloud() throws {
        let plan = try Fixture.plan("do-64gb", Flags(connections: 10_000, targetCommand: "x"), set: ["target.idle_timeout=60 s"])
        #expect(plan.footprint.isEmpty && plan.footprintScale == 1 && plan.target.rules == Plan.Rules())
        #expect(plan.degraded.contains { $0.contains("footprint is not modelled") } && plan.degraded.contains { $0.contains("its own affair") })
    }

    @Test func nonsenseIsRefused() {
        for text in ["", "   ", String(repeating: "x", count: 5_000)] {
            #expect(throws: UnitError.self) { try TargetCommand.check(text) }
        }
        #expect(Fixture.message { try ProfileParser.parse(Fixture.yaml(more: "target: { command: '  ' }"), file: "x.yml") }.contains("command is empty"))
    }
}
