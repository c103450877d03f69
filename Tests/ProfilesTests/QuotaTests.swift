import Testing

@testable import Profiles

/// CPUs as quotas: who has one, and what is said of those who have none.
@Suite struct QuotaTests {
    private func planned(_ set: [String], cpus: Int = 4, _ change: (inout HostFacts) -> Void = { _ in }) throws -> Plan {
        try Fixture.plan("smoke", set: set, host: Fixture.host { $0.cpus = cpus; change(&$0) })
    }

    @Test func dropletsWithFewerCPUsThanTheHostHaveAQuota() throws {
        let plan = try planned(["target.droplet.cpus=2", "workers.droplet.cpus=1"])
        #expect(plan.workers.count == 2 && plan.targetQuota == 2 && plan.workersQuota == 2)
        #expect(plan.notes.contains("All workers together have a quota of 2 CPUs: one process carries them."), "\(plan.notes)")
        let one = try planned(["workers.droplet.cpus=1", "workers.count=1", "workers.users=2000"])
        #expect(one.workersQuota == 1 && one.notes.contains("All workers together have a quota of 1 CPU: one process carries them."))
    }

    @Test func asManyAsTheHostHasAreNoQuota() throws {
        let plan = try planned(["target.droplet.cpus=4", "workers.droplet.cpus=2"])
        #expect(plan.targetQuota == nil && plan.workersQuota == nil)
        #expect(plan.notes.contains("The workers' 4 CPUs are not limited: they share the 4 of this host."), "\(plan.notes)")
        #expect(try planned(["target.droplet.cpus=9"]).notes.contains { $0.hasPrefix("The target has the 4 CPUs of this host") })
        let none = try planned([])
        #expect(none.targetQuota == nil && none.workersQuota == nil && none.workersCPUs == nil)
    }

    @Test func withoutControlGroupsNothingIsEnforced() throws {
        let plan = try planned(["target.droplet.cpus=1", "workers.droplet.cpus=1"]) { $0.capUnavailableBecause = "No groups." }
        #expect(plan.targetQuota == nil && plan.workersQuota == nil)
        #expect(plan.notes.contains("The target's 1 CPU is not enforced: that takes control groups."), "\(plan.notes)")
        #expect(plan.notes.contains("The workers' 2 CPUs are not enforced: that takes control groups."))
    }
}
