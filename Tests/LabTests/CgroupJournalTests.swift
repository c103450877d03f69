import Foundation
import Glibc
import Testing

@testable import Lab

/// Groups and controllers in the journal: of runs side by side, and of dead ones.
@Suite struct CgroupJournalTests {
    private let directory = "/tmp/simbench-test-\(UUID().uuidString)"

    /// A second run: init is alive for as long as the tests run.
    private var neighbour: ProcessIdentity {
        var other = ProcessIdentity.current()
        (other.pid, other.startTicks) = (1, ProcessIdentity.startTicks(of: 1)!)
        return other
    }
    private var dead: ProcessIdentity {
        var other = ProcessIdentity.current()
        other.startTicks += 1
        return other
    }

    private func make(_ fake: FakeCgroups, _ owner: ProcessIdentity) throws -> (Cgroup, Journal) {
        let journal = Journal(directory: directory, owner: owner)
        return (try Cgroup.make("target", .init(memoryBytes: 1 << 20), host: fake.host, journal: journal), journal)
    }

    private func sweep(_ fake: FakeCgroups) -> Cleanup.Outcome { Cleanup.sweep(directory: directory, undoers: fake.undoers) }

    @Test func theLastOfTwoRunsTurnsTheControllerOff() throws {
        for firstLeavesFirst in [true, false] {
            let fake = FakeCgroups(.v2)
            let control = "/sys/fs/cgroup/cgroup.subtree_control"
            let (first, firstJournal) = try make(fake, .current()), (second, secondJournal) = try make(fake, neighbour)
            let order = firstLeavesFirst ? [firstJournal, secondJournal] : [secondJournal, firstJournal]
            #expect(try order[0].undo(by: fake.undoers).did.contains { $0.hasSuffix("stays on for another run.") })
            #expect(fake.text(control) == "pids memory")
            #expect(try order[1].undo(by: fake.undoers).did.contains { $0.hasSuffix("was turned off.") })
            #expect(fake.text(control) == "pids")
            withExtendedLifetime((first, second)) {}
        }
        #expect(SystemFile.names(in: directory) == nil)
    }

    @Test func whatTheHostTurnedOnStaysOn() throws {
        let fake = FakeCgroups(.v2)
        fake.put("/sys/fs/cgroup/cgroup.subtree_control", "memory pids\n")
        let (_, journal) = try make(fake, .current())
        #expect(journal.record.entries.map(\.kind) == ["cgroup"])
        #expect(try journal.undo(by: fake.undoers).failed == [])
        #expect(fake.text("/sys/fs/cgroup/cgroup.subtree_control") == "memory pids")
    }

    @Test func aControllerThatOthersUseByNowStaysOn() throws {
        let fake = FakeCgroups(.v2)
        let (_, journal) = try make(fake, .current())
        fake.refuses = ["cgroup.subtree_control": EBUSY]
        let undone = try journal.undo(by: fake.undoers)
        #expect(undone.failed == [] && undone.did.contains { $0.hasSuffix("stays on: other groups use it by now.") })
        #expect(SystemFile.names(in: directory) == nil)
    }

    @Test func aControllerThatCannotBeTurnedOnIsTold() throws {
        let fake = FakeCgroups(.v2)
        fake.refuses = ["cgroup.subtree_control": EBUSY]
        let error = #expect(throws: LabError.self) { try make(fake, .current()) }
        #expect(error?.kind == .hostCannot && error?.message.contains("the host's root only") == true)
        #expect(fake.groups == [] && SystemFile.names(in: directory) == nil)
    }

    @Test func groupsOfDeadRunsAreSwept() throws {
        let fake = FakeCgroups(.v1)
        let (group, _) = try make(fake, dead)
        fake.busyRemovals = 3
        let outcome = sweep(fake)
        #expect(outcome.failed == [] && outcome.did.count == 1 && outcome.did[0].contains("\(group.directories[0]) was removed"))
        #expect(fake.groups == [] && SystemFile.names(in: directory) == nil)
    }

    @Test func processesInADeadRunsGroupAreNamedAndLeft() throws {
        let fake = FakeCgroups(.v1)
        let (group, _) = try make(fake, dead)
        let procs = group.directories[0].dropFirst(fake.root.count) + "/cgroup.procs"
        fake.put(String(procs), "\(getpid())\n999999999\n")
        let outcome = sweep(fake)
        #expect(outcome.did == [] && outcome.failed.count == 1)
        #expect(outcome.failed[0].contains("these processes are in it: \(getpid()) (") && outcome.failed[0].contains("999999999 (?)"))
        #expect(fake.groups.count == 1)
        fake.put(String(procs), "")
        #expect(sweep(fake).did.count == 1)
        #expect(fake.groups == [] && SystemFile.names(in: directory) == nil)
    }

    /// Written down before it was made, and then the run died.
    @Test func aGroupThatWasNeverMadeIsForgotten() throws {
        let fake = FakeCgroups(.v1)
        let (group, _) = try make(fake, dead)
        group.remove(waitMilliseconds: 0)
        #expect(sweep(fake).did.first?.contains("was gone already") == true)
        #expect(SystemFile.names(in: directory) == nil)
    }

    @Test func aForeignDirectoryIsLeftAlone() {
        let fake = FakeCgroups(.v1)
        let entry = Journal.Entry(kind: Journal.Kind.cgroup, name: fake.root + "/sys/fs/cgroup/cpuset")
        guard case .failed(let sentence) = CgroupUndoer(files: fake.files).undo(entry, others: []) else {
            Issue.record("it was removed")
            return
        }
        #expect(sentence.contains("left alone"))
        #expect(fake.text("/sys/fs/cgroup/cpuset/cpuset.cpus") == "0-3")
    }
}
