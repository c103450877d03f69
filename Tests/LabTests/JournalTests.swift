import Foundation
import Testing

@testable import Lab

/// Settings in a dictionary, as a host would hold them.
private final class FakeSettings {
    var values: [String: String] = ["net.core.netdev_max_backlog": "1000", "net.ipv4.tcp_mem": "1 2 3"]
    var refuses: Int32?
    var files: SysctlFiles {
        SysctlFiles(
            read: { self.values[$0] },
            write: { name, value in
                if let refuses = self.refuses { return refuses }
                self.values[name] = value
                return nil
            })
    }
    var undoers: Undoers { Undoers(settings: files) }
    var backlog: String? { values["net.core.netdev_max_backlog"] }
}

private func wish(_ value: UInt64 = 300_000) -> Sysctls.HostWish {
    .init(name: "net.core.netdev_max_backlog", atLeast: [value], otherwise: "SYNs are lost")
}

@Suite struct JournalTests {
    private let host = FakeSettings()
    private let directory = "/tmp/simbench-test-\(UUID().uuidString)"

    /// A second run: init is alive for as long as the tests run.
    private var neighbour: ProcessIdentity {
        var other = ProcessIdentity.current()
        other.pid = 1
        other.startTicks = ProcessIdentity.startTicks(of: 1)!
        return other
    }
    private var dead: ProcessIdentity {
        var other = ProcessIdentity.current()
        other.startTicks += 1
        return other
    }
    private var files: [String] { SystemFile.names(in: directory) ?? [] }

    @Test func aSettingIsRaisedAndPutBack() throws {
        let journal = Journal(directory: directory)
        #expect(try journal.raise(wish(), files: host.files) == nil)
        #expect(host.backlog == "300000")
        #expect(files.count == 1)
        let outcome = try journal.undo(by: host.undoers)
        #expect(outcome.did == ["net.core.netdev_max_backlog was put back to 1000."])
        #expect(host.backlog == "1000")
        #expect(SystemFile.names(in: directory) == nil)
        #expect(try journal.undo(by: host.undoers).did.isEmpty)
    }

    @Test func whatIsHighEnoughIsNotTouched() throws {
        host.values["net.core.netdev_max_backlog"] = "400000"
        let journal = Journal(directory: directory)
        #expect(try journal.raise(wish(), files: host.files) == nil)
        #expect(journal.isEmpty)
        #expect(SystemFile.names(in: directory) == nil)
    }

    @Test func fieldsAreRaisedOneByOne() {
        #expect(Sysctls.raised("1 5 3", atLeast: [2, 2, 2]) == "2 5 3")
        #expect(Sysctls.raised("2\t5\t3", atLeast: [2, 2, 2]) == nil)
    }

    @Test func aRefusalIsSaidAndLeavesNoJournal() throws {
        host.refuses = 13
        let journal = Journal(directory: directory)
        let sentence = try #require(try journal.raise(wish(), files: host.files))
        #expect(sentence.contains("stays at 1000 instead of 300000") && sentence.contains("SYNs are lost"))
        #expect(SystemFile.names(in: directory) == nil)
    }

    @Test func anothersChangeIsRespected() throws {
        let journal = Journal(directory: directory)
        _ = try journal.raise(wish(), files: host.files)
        host.values["net.core.netdev_max_backlog"] = "500000"
        #expect(try journal.undo(by: host.undoers).did.first?.contains("left at 500000") == true)
        #expect(host.backlog == "500000")
    }

    @Test func theLastOfTwoRunsPutsTheSettingBack() throws {
        for firstLeavesFirst in [true, false] {
            let first = Journal(directory: directory), second = Journal(directory: directory, owner: neighbour)
            _ = try first.raise(wish(), files: host.files)
            _ = try second.raise(wish(), files: host.files)
            _ = try (firstLeavesFirst ? first : second).undo(by: host.undoers)
            #expect(host.backlog == "300000")
            _ = try (firstLeavesFirst ? second : first).undo(by: host.undoers)
            #expect(host.backlog == "1000")
        }
    }

    @Test func aHigherWishSinksToTheLowerOne() throws {
        for firstLeavesFirst in [true, false] {
            let first = Journal(directory: directory), second = Journal(directory: directory, owner: neighbour)
            _ = try first.raise(wish(), files: host.files)
            _ = try second.raise(wish(600_000), files: host.files)
            _ = try (firstLeavesFirst ? first : second).undo(by: host.undoers)
            #expect(host.backlog == (firstLeavesFirst ? "600000" : "300000"))
            _ = try (firstLeavesFirst ? second : first).undo(by: host.undoers)
            #expect(host.backlog == "1000")
        }
    }

    @Test func deadRunsAreSweptAndLivingOnesAreNot() throws {
        _ = try Journal(directory: directory, owner: neighbour).raise(wish(), files: host.files)
        #expect(Cleanup.sweep(directory: directory, undoers: host.undoers) == Cleanup.Outcome())
        #expect(host.backlog == "300000")
        _ = try Journal(adopting: Journal.all(in: directory)[0].record!, in: directory).undo(by: host.undoers)

        _ = try Journal(directory: directory, owner: dead).raise(wish(), files: host.files)
        let outcome = Cleanup.sweep(directory: directory, undoers: host.undoers)
        #expect(outcome.did.count == 1 && outcome.failed.isEmpty)
        #expect(host.backlog == "1000")
        #expect(SystemFile.names(in: directory) == nil)
    }

    @Test func aBootSettlesEverything() throws {
        var owner = dead
        owner.boot = "another"
        _ = try Journal(directory: directory, owner: owner).raise(wish(), files: host.files)
        host.values["net.core.netdev_max_backlog"] = "300000"
        #expect(Cleanup.sweep(directory: directory, undoers: host.undoers).did.count == 1)
        #expect(host.backlog == "300000")
        #expect(SystemFile.names(in: directory) == nil)
    }

    @Test func whatIsNoJournalIsReportedAndKept() throws {
        mkdir(directory, 0o700)
        try SystemFile.replace("\(directory)/1-1.json", with: "{")
        let outcome = Cleanup.sweep(directory: directory, undoers: host.undoers)
        #expect(outcome.failed.count == 1 && outcome.did.isEmpty)
        #expect(files == ["1-1.json"])
        unlink("\(directory)/1-1.json")
        rmdir(directory)
    }

    @Test func aFailedRestoreKeepsTheJournal() throws {
        let journal = Journal(directory: directory, owner: dead)
        _ = try journal.raise(wish(), files: host.files)
        host.refuses = 30
        #expect(Cleanup.sweep(directory: directory, undoers: host.undoers).failed.count == 1)
        #expect(files.count == 1)
        host.refuses = nil
        #expect(Cleanup.sweep(directory: directory, undoers: host.undoers).did.count == 1)
    }

    @Test func anUnknownKindIsLeftAloneAndWrittenBackWhole() throws {
        let text = #"{"schema":"simbench.journal/1","owner":{"pid":\#(dead.pid),"startTicks":\#(dead.startTicks),"#
            + #""boot":"\#(dead.boot)","pidNamespace":"\#(dead.pidNamespace)"},"entries":["#
            + #"{"kind":"portal","name":"n","before":"b","wrote":"w"},"#
            + #"{"kind":"sysctl","name":"net.core.netdev_max_backlog","before":"500","wrote":"1000"}]}"#
        mkdir(directory, 0o700)
        let file = "\(dead.pid)-\(dead.startTicks).json"
        try SystemFile.replace("\(directory)/\(file)", with: text)
        let outcome = Cleanup.sweep(directory: directory, undoers: host.undoers)
        #expect(outcome.failed.count == 1 && outcome.failed[0].contains("holds a portal that this version cannot undo"))
        #expect(outcome.did.count == 1 && host.backlog == "500")
        let rest = try #require(Journal.all(in: directory).first?.record)
        #expect(rest.entries == [.init(kind: "portal", name: "n", before: "b", wrote: "w")])
        unlink("\(directory)/\(file)")
        rmdir(directory)
    }

    @Test func whatIsRefusedIsNotKept() throws {
        let journal = Journal(directory: directory)
        var seen: [String] = []
        #expect(throws: Errno(5)) {
            try Journal.locked(directory) {
                try journal.perform(.init(kind: "portal", name: "n")) {
                    seen = files
                    throw Errno(5)
                }
            }
        }
        #expect(seen.count == 1)
        #expect(journal.isEmpty && SystemFile.names(in: directory) == nil)
    }

    @Test func aSwapAreaFitsIntoAnEntry() throws {
        let swap = SwapJournalEntry(path: "/dev/loop3", loopDevice: "/dev/loop3", file: "/var/tmp/a \"b\".swap")
        let entry = try swap.entry
        #expect((entry.kind, entry.name) == ("swap", "/dev/loop3"))
        #expect(SwapJournalEntry(entry) == swap)
        #expect(SwapJournalEntry(.init(kind: "sysctl", name: "x", wrote: entry.wrote)) == nil)
        #expect(SwapJournalEntry(.init(kind: "swap", name: "x", wrote: "{")) == nil)
    }
}
