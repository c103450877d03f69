import CLab
import Glibc
import Testing

@testable import Lab

private let why = SwapDevice.unavailableBecause(limitedSwap(in: "/var/tmp"))

extension WholeHostTests {
    @Suite(.enabled(if: why == nil && MemoryGroup.isPossible, "\(why ?? "needs a memory controller it may use")"))
    struct SwapDeviceTests {
        private let directory = SwapDirectory()

        @Test(arguments: [true, false]) func whatGoesOutComesBack(_ isLimited: Bool) throws {
            let before = SwapSnapshot(directory.path)
            var journal: [SwapJournalEntry] = []
            var request = limitedSwap(in: directory.path)
            if !isLimited { request = SwapRequest(bytes: request.bytes, directory: directory.path) }
            let device = try SwapDevice.make(request, server: swapServer) { journal.append($0) }
            let area = try #require(SwapAreas.current()[device.path])
            #expect(area.bytes == request.bytes)
            #expect(SwapAreas.current().areas.allSatisfy { $0.priority <= area.priority })
            #expect(journal.last?.path == device.path)
            #expect(journal.last?.loopDevice == (isLimited ? device.path : nil))
            #expect(device.reading().writtenBytes == (isLimited ? 0 : nil))

            let swapper = try Swapper(in: directory.path)
            let least = UInt64(SwapperMemory.bytes - SwapperMemory.groupBytes)
            let full = device.reading()
            #expect(try #require(full.usedBytes) >= least)
            #expect(try swapper.verify()?.code == 0)
            let end = device.reading()
            if isLimited {
                #expect(try #require(full.writtenBytes) >= least)
                #expect(try #require(end.readBytes) >= least)
                #expect(end.failures == 0)
            } else {
                #expect(end.readBytes == nil && end.writtenBytes == nil)
            }
            #expect(device.remove() == [])
            #expect(device.remove() == [])
            #expect(device.reading().usedBytes == nil)
            #expect(SwapSnapshot(directory.path) == before)
        }

        /// Linux 6.1 makes a loop device as large as the file is known to be, and asks nobody.
        @Test func theSizeIsKnownBeforeALoopDeviceIsMade() throws {
            let request = limitedSwap(in: directory.path)
            let backing = simbench_memory_file("simbench-test", request.bytes)
            defer { close(backing) }
            let page = try SwapPage(request, fileBytes: request.bytes, name: "test")
            let server = try SwapServerProcess(swapServer, page: page, backing: backing)
            // Of a regular file this is the size that the kernel knows, without a question to the server.
            var known: Int32 = -1
            #expect(ioctl(server.file, UInt(FIONREAD), &known) == 0)
            #expect(UInt64(known) == request.bytes)
            #expect(server.end() == nil)
        }

        @Test(arguments: [true, false]) func aKilledServerHoldsNothingUp(_ usersLive: Bool) throws {
            let before = SwapSnapshot(directory.path)
            let device = try SwapDevice.make(limitedSwap(in: directory.path), server: swapServer)
            let swapper = try Swapper(in: directory.path)
            let server = try #require(device.server)
            server.child.signal(SIGKILL)
            _ = server.child.wait()
            if !usersLive { swapper.kill() }
            let sentences = device.remove()
            #expect(sentences.contains { $0.contains("ended before its swap was taken off (signal 9)") })
            #expect(sentences.count == 1)
            #expect(device.remove() == [])
            swapper.kill()
            #expect(SwapAreas.current()[device.path] == nil)
            #expect(SwapSnapshot(directory.path) == before)
        }

        @Test func whatIsInUseIsReadBackToLivingProcesses() throws {
            let device = try SwapDevice.make(limitedSwap(in: directory.path), server: swapServer)
            let swapper = try Swapper(in: directory.path)
            // Its group cannot hold what comes back: the kernel says so, or ends the process, or makes it fit.
            let sentences = device.remove()
            swapper.kill()
            #expect(sentences.isEmpty || sentences.contains { $0.contains(device.path) })
            #expect(device.remove() == [])
        }

        /// A server that lives takes the area off by itself, at the same time; without one only the journal does.
        @Test(arguments: [true, false]) func afterASIGKILLTheJournalUndoes(_ serverLives: Bool) throws {
            let before = SwapSnapshot(directory.path)
            let (child, said) = try HelperProcess.start(
                ["SIMBENCH_TEST_HELPER": "swap-owner", "SIMBENCH_TEST_DIRECTORY": directory.path])
            let lines = said.split(separator: "\n").map(\.fields)
            let server = try #require(lines.first?.first.flatMap { Int32($0) }, "the helper said: \(said)")
            if !serverLives { kill(server, SIGKILL) }
            child.signal(SIGKILL)
            _ = child.wait()
            let entries = lines.dropFirst().map { fields in
                SwapJournalEntry(
                    path: String(fields[0]), loopDevice: fields[1] == "-" ? nil : String(fields[1]), file: String(fields[2]))
            }
            #expect(entries.count >= 2)
            // The second time there is nothing left to do.
            for entry in entries.reversed() + entries {
                #expect(SwapDevice.cleanUp(path: entry.path, loopDevice: entry.loopDevice, file: entry.file) == [])
            }
            #expect(SwapSnapshot(directory.path) == before)
        }

        @Test func aPlainFileIsUndoneByTheJournal() throws {
            let before = SwapSnapshot(directory.path)
            var journal: [SwapJournalEntry] = []
            let device = try SwapDevice.make(SwapRequest(bytes: 1 << 20, directory: directory.path)) { journal.append($0) }
            #expect(SwapSnapshot(directory.path) != before)
            for entry in journal.reversed() {
                #expect(SwapDevice.cleanUp(path: entry.path, loopDevice: entry.loopDevice, file: entry.file) == [])
            }
            #expect(SwapSnapshot(directory.path) == before)
            #expect(device.remove() == [])
        }

        @Test func othersLoopDevicesAreLeftAlone() throws {
            let device = try SwapDevice.make(limitedSwap(in: directory.path), server: swapServer)
            // The entry of a dead run whose number this device got.
            #expect(SwapDevice.cleanUp(path: device.path, loopDevice: device.path, file: "/var/tmp/simbench-swap-1-x") == [])
            #expect(SwapAreas.current()[device.path] != nil)
            #expect(device.remove() == [])
        }

        @Test func aFailedMakeLeavesNothing() throws {
            let before = SwapSnapshot(directory.path)
            let request = limitedSwap(in: directory.path)
            let ended = #expect(throws: LabError.self) {
                try SwapDevice.make(request, server: SpawnRequest(path: "/bin/false"))
            }
            #expect(ended?.message.contains("ended before it served (status 1)") == true)
            let missing = #expect(throws: LabError.self) {
                try SwapDevice.make(request, server: SpawnRequest(path: "/nonexistent"))
            }
            #expect(missing?.message.contains("No such file") == true)
            // The journal refuses the loop device.
            #expect(throws: LabError.self) {
                try SwapDevice.make(request, server: swapServer) {
                    if $0.loopDevice != nil { throw LabError(.broken, "The disk is full.") }
                }
            }
            #expect(SwapSnapshot(directory.path) == before)
        }
    }
}
