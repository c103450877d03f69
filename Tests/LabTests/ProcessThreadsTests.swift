import Glibc
import Testing

@testable import Lab

@Suite struct ProcessThreadsTests {
    @Test func allowedCPUsAreCounted() {
        #expect(ProcessThreads.allowedCPUs(status: "Name:\tx\nCpus_allowed:\tf3\nCpus_allowed_list:\t0-1,4-7\nMems_allowed:\t1\n") == 6)
        #expect(ProcessThreads.allowedCPUs(status: "Cpus_allowed_list:\t\n") == nil)
        #expect(ProcessThreads.allowedCPUs(status: "Name:\tx\n") == nil)
        #expect(ProcessThreads.allowedCPUs(pid: getpid()) ?? 0 > 0)
    }

    @Test func switchesOfAllThreadsAreAddedUp() throws {
        let sum = ContextSwitches.sum([.init(voluntary: 3, involuntary: 1), .init(voluntary: 10, involuntary: 0)])
        #expect(sum == ContextSwitches(voluntary: 13, involuntary: 1))
        let all = try #require(ProcessThreads.contextSwitches(pid: getpid()))
        #expect(all.voluntary > 0)
        #expect(ProcessThreads.contextSwitches(pid: Int32.max) == nil)
    }
}
