import CLab
import Glibc
import Testing

@testable import Lab

/// Test threads come and go, so children that must outlive a call are not tied to the thread that spawned them.
private func shell(_ script: String) -> SpawnRequest {
    var request = SpawnRequest(path: "/bin/sh", arguments: ["-c", script])
    request.diesWithParent = false
    return request
}

/// What a script writes to its descriptor 1.
private func output(_ request: SpawnRequest) throws -> String {
    var request = request
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    request.descriptors[1] = ends[1]
    let child = try Spawner.spawn(request)
    close(ends[1])
    let text = try SystemFile.readAll(ends[0])
    close(ends[0])
    #expect(child.wait()?.code == 0)
    return text
}

@Suite struct SpawnerTests {
    @Test func exitCodesAndSignals() throws {
        let failing = try Spawner.spawn(shell("exit 7"))
        #expect(failing.wait()?.code == 7)
        #expect(failing.wait()?.code == 7)
        #expect(!failing.signal(SIGTERM))
        let sleeping = try Spawner.spawn(shell("exec sleep 1000"))
        #expect(sleeping.wait(timeoutMilliseconds: 0) == nil)
        #expect(sleeping.signal(SIGKILL))
        let exit = try #require(sleeping.wait())
        #expect((exit.code, exit.signal) == (nil, SIGKILL))
    }

    @Test func descriptorsArriveUnderTheirNumbersAndNoOthersDo() throws {
        let first = simbench_memory_file("first", 0), second = simbench_memory_file("second", 0)
        let loose = open("/dev/null", O_RDONLY)  // not close-on-exec, and not asked for
        defer { [first, second, loose].forEach { close($0) } }
        _ = Glibc.write(first, "one", 3)
        _ = Glibc.write(second, "two", 3)
        var request = shell("cat /proc/self/fd/\(second) /proc/self/fd/9; ls /proc/self/fd | tr '\\n' ' '")
        // Crossing numbers: each source's number is another's destination.
        request.descriptors = [second: first, 9: second]
        let text = try output(request)
        #expect(text.hasPrefix("onetwo"))
        // 0, 1, 2, ours, and the one that ls itself opened
        #expect(text.dropFirst(6).fields.count == Set([0, 1, 2, second, 9]).count + 1)
    }

    @Test func hugePagesAreRefusedOnlyWhereAsked() throws {
        var request = shell("grep THP_enabled /proc/self/status")
        let own = try #require(SystemFile.text("/proc/self/status")).split(separator: "\n").first { $0.hasPrefix("THP_enabled") }
        #expect(try output(request).fields == own?.fields)
        request.noHugePages = true
        #expect(try output(request).fields == ["THP_enabled:", "0"])
    }

    @Test func theEnvironmentIsWhatWasAsked() throws {
        var request = shell("echo \"$A-$HOME\"")
        request.environment = ["A": "b"]
        #expect(try output(request) == "b-\n")
    }

    @Test func aGroupOfItsOwn() throws {
        let fields = try output(shell("exec cat /proc/self/stat")).fields
        #expect(fields[0] == fields[4])
    }

    @Test func affinityIsSetBeforeTheProgramRuns() throws {
        var request = shell("exec grep Cpus_allowed_list /proc/self/status")
        let cpu = Affinity.current().last!
        request.cpus = [cpu]
        #expect(try output(request).fields.last == "\(cpu)")
    }

    @Test func aChildDiesWithTheThreadThatSpawnedIt() throws {
        let child = try onFreshThread {
            var request = shell("exec sleep 1000")
            request.diesWithParent = true
            return try Spawner.spawn(request)
        }
        #expect(child.wait()?.signal == SIGKILL)
    }

    @Test func failuresNameTheStep() throws {
        let missing = #expect(throws: LabError.self) { try Spawner.spawn(SpawnRequest(path: "/nonexistent")) }
        #expect(missing?.message.contains("to start /nonexistent: No such file or directory") == true)
        var request = shell("exit 0")
        request.descriptors = [5: 1_000_000]
        let closed = #expect(throws: LabError.self) { try Spawner.spawn(request) }
        #expect(closed?.message.contains("hand over a descriptor") == true)
    }
}

@Suite struct CLabTests {
    @Test func epollTellsWhichDescriptorIsReady() {
        let epoll = simbench_epoll_create(), event = simbench_eventfd(0)
        defer { [epoll, event].forEach { close($0) } }
        let data: UInt64 = 0xFEDC_BA98_7654_3210
        #expect(simbench_epoll_add(epoll, event, SIMBENCH_EPOLL_IN | SIMBENCH_EPOLL_EDGE, data) == 0)
        #expect(simbench_epoll_add(epoll, event, SIMBENCH_EPOLL_IN, data) == -EEXIST)
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 4 * Int(SIMBENCH_EPOLL_EVENT_BYTES), alignment: 8)
        defer { buffer.deallocate() }
        #expect(simbench_epoll_wait(epoll, buffer, 4, 0) == 0)
        #expect(simbench_epoll_wait_nanoseconds(epoll, buffer, 4, 1000) == 0)
        var one: UInt64 = 1
        _ = Glibc.write(event, &one, 8)
        #expect(simbench_epoll_wait(epoll, buffer, 4, -1) == 1)
        #expect(simbench_epoll_event_data(buffer, 0) == data)
        #expect(simbench_epoll_event_flags(buffer, 0) == SIMBENCH_EPOLL_IN)
        // Edge-triggered: once.
        #expect(simbench_epoll_wait(epoll, buffer, 4, 0) == 0)
        #expect(simbench_epoll_modify(epoll, event, SIMBENCH_EPOLL_IN, 5) == 0)
        #expect(simbench_epoll_wait_nanoseconds(epoll, buffer, 4, -1) == 1)
        #expect(simbench_epoll_event_data(buffer, 0) == 5)
        #expect(simbench_epoll_remove(epoll, event) == 0)
    }

    @Test func aThreadMayHaveADescriptorTableOfItsOwn() throws {
        let event = simbench_eventfd(0)
        try onFreshThread {
            #expect(simbench_unshare_files() == 0)
            close(event)
            #expect(fcntl(event, F_GETFD) == -1)
        }
        #expect(fcntl(event, F_GETFD) >= 0)
        close(event)
    }

    @Test func signalsAreReadFromADescriptor() throws {
        try onFreshThread {
            let descriptor = simbench_signal_descriptor([SIGUSR1], 1)
            #expect(simbench_read_signal(descriptor) == -EAGAIN)
            pthread_kill(pthread_self(), SIGUSR1)
            #expect(simbench_read_signal(descriptor) == SIGUSR1)
            close(descriptor)
        }
    }
}
