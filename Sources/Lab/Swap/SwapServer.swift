import CLab
import Glibc

/// The process behind a swap device of limited speed.
public enum SwapServer {
    /// Serves the file that the starter handed over, until the kernel lets go of it. For the hidden verb that
    /// `SwapDevice.make` starts; returns that process' exit status: 64 when nobody handed over anything.
    public static func serve() -> Int32 {
        let code = simbench_swap_serve()
        return code == 0 ? 0 : code == -EBADF ? 64 : 70
    }

    /// This program again, with the hidden verb.
    static func ofThisProgram() throws -> SpawnRequest {
        guard let path = SystemFile.link("/proc/self/exe") else {
            throw LabError(.hostCannot, "/proc/self/exe cannot be read: simbench needs /proc mounted.")
        }
        return SpawnRequest(path: path, arguments: ["swap-server"])
    }
}

/// The starter's side of a running server.
final class SwapServerProcess {
    let child: ChildProcess
    let page: SwapPage
    /// While it is open the server knows that its starter lives.
    private let lifeline: Int32
    /// What the kernel reads and writes; -1 once it is handed on.
    private(set) var file: Int32 = -1

    /// Starts a server for `backing` with `program`, whose environment and arguments must lead to `SwapServer.serve`.
    /// Costs an exec, and locked memory: 4 MiB of buffers, and all of the program (80 MB for simbench, of which 70 are
    /// files that are in memory anyway).
    init(_ program: SpawnRequest, page: SwapPage, backing: Int32) throws {
        self.page = page
        let mount: Int32
        (child, lifeline, mount) = try SwapServerProcess.start(program, page, backing)
        defer { close(mount) }
        do {
            try waitUntilServing()
            file = simbench_fuse_open(mount)
            guard file >= 0 else { throw LabError.system("open the swap's file by FUSE", code: -file) }
        } catch {
            child.signal(SIGKILL)
            _ = child.wait()
            throw error
        }
    }

    deinit {
        closeFile()
        close(lifeline)
    }

    func closeFile() {
        if file >= 0 { close(file) }
        file = -1
    }

    /// On return the server is the only holder of the connection: else its end would not be the connection's end, and
    /// whoever waits for an answer would wait for ever.
    private static func start(
        _ program: SpawnRequest, _ page: SwapPage, _ backing: Int32
    ) throws -> (ChildProcess, lifeline: Int32, mount: Int32) {
        let connection = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard connection >= 0 else { throw LabError.system("open /dev/fuse for the swap", code: errno) }
        defer { close(connection) }
        let mount = simbench_fuse_mount(connection)
        guard mount >= 0 else { throw LabError.system("mount the swap's file by FUSE", code: -mount) }
        var listening: Int32 = -1, lifeline: Int32 = -1
        let code = simbench_pipe(&listening, &lifeline)
        do {
            guard code == 0 else { throw LabError.system("make a pipe", code: -code) }
            defer { close(listening) }
            return (try spawn(program, connection, backing, page.descriptor, listening), lifeline, mount)
        } catch {
            close(mount)
            if code == 0 { close(lifeline) }
            throw error
        }
    }

    private static func spawn(
        _ program: SpawnRequest, _ connection: Int32, _ backing: Int32, _ page: Int32, _ lifeline: Int32
    ) throws -> ChildProcess {
        let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(nowhere) }
        var request = program
        // It may outlive this process, and must then not keep its terminal or whoever reads its output.
        request.descriptors = [
            0: nowhere, 1: nowhere, 2: nowhere,
            Int32(SIMBENCH_SWAP_FD_CONNECTION): connection, Int32(SIMBENCH_SWAP_FD_FILE): backing,
            Int32(SIMBENCH_SWAP_FD_PAGE): page, Int32(SIMBENCH_SWAP_FD_LIFELINE): lifeline,
        ]
        // It lives as long as its swap area: pages of others may be in there. It makes a session of its own.
        request.diesWithParent = false
        request.ownProcessGroup = false
        return try Spawner.spawn(request)
    }

    private func waitUntilServing() throws {
        for _ in 0..<5000 where page[SIMBENCH_SWAP_STATE] == 0 {
            guard let exit = child.wait(timeoutMilliseconds: 2) else { continue }
            throw LabError(.broken, "The swap's server ended before it served (\(SwapServerProcess.text(exit))): "
                + "\(child.name) is not simbench, or this host refuses it memory.")
        }
        guard page[SIMBENCH_SWAP_STATE] != 0 else {
            throw LabError(.broken, "The swap's server did not begin to serve within 10 seconds: \(child.name) is not "
                + "simbench, or the host is overloaded.")
        }
    }

    /// Waits until it has ended by itself, as it does when the kernel lets go of its file; else ends it. Only for when
    /// no swap area is on it any more. A sentence when it had to be ended.
    func end() -> String? {
        closeFile()
        if child.wait(timeoutMilliseconds: 10_000) != nil { return nil }
        child.signal(SIGKILL)
        _ = child.wait()
        return "The swap's server did not end by itself and was killed: someone still had its loop device open."
    }

    static func text(_ exit: ChildProcess.Exit) -> String {
        exit.signal.map { "signal \($0)" } ?? "status \(exit.code ?? -1)"
    }
}

/// The page shared with the server.
final class SwapPage {
    let descriptor: Int32
    private let page: UnsafeMutablePointer<simbench_swap_page>

    /// `name` is the loop device's; see `SwapJournalEntry.file`.
    init(_ request: SwapRequest, fileBytes: UInt64, name: String) throws {
        descriptor = simbench_memory_file("simbench-swap", UInt64(MemoryLayout<simbench_swap_page>.size))
        guard descriptor >= 0 else { throw LabError.system("make a shared page", code: -descriptor) }
        guard let page = simbench_swap_page_map(descriptor) else {
            close(descriptor)
            throw LabError.system("map a shared page", code: ENOMEM)
        }
        self.page = page
        withUnsafeMutableBytes(of: &page.pointee.name) { field in
            // The file was made empty; the last byte stays the terminating zero.
            field.copyBytes(from: name.utf8.prefix(field.count - 1))
        }
        self[SIMBENCH_SWAP_FILE_BYTES] = fileBytes
        self[SIMBENCH_SWAP_READ_LIMIT] = request.readBytesPerSecond ?? 0
        self[SIMBENCH_SWAP_WRITE_LIMIT] = request.writeBytesPerSecond ?? 0
        self[SIMBENCH_SWAP_BOTH_LIMIT] = request.sharedBytesPerSecond ?? 0
        self[SIMBENCH_SWAP_LATENCY] = request.latencyMicroseconds * 1000
    }

    deinit {
        simbench_swap_page_unmap(page)
        close(descriptor)
    }

    subscript(word: simbench_swap_word) -> UInt64 {
        get { simbench_swap_get(page, word) }
        set { simbench_swap_set(page, word, newValue) }
    }

    /// What is still in the area comes back as fast as the disk gives it.
    func liftLimits() {
        for word in [
            SIMBENCH_SWAP_READ_LIMIT, SIMBENCH_SWAP_WRITE_LIMIT, SIMBENCH_SWAP_BOTH_LIMIT, SIMBENCH_SWAP_LATENCY,
        ] { self[word] = 0 }
    }

    /// Protections the server could not get, in sentences.
    var lacks: [String] {
        let bits = self[SIMBENCH_SWAP_LACKS]
        func lacks(_ lack: simbench_swap_lack) -> Bool { bits & UInt64(lack.rawValue) != 0 }
        var sentences: [String] = []
        if lacks(SIMBENCH_SWAP_UNLOCKED) {
            sentences.append("The swap's server could not lock its memory (CAP_IPC_LOCK is missing): should the whole "
                + "host run out of memory, swap may stand still.")
        }
        if lacks(SIMBENCH_SWAP_NO_FLUSHER) || lacks(SIMBENCH_SWAP_KILLABLE) {
            sentences.append("The swap's server has no precedence when the whole host runs out of memory "
                + "(CAP_SYS_RESOURCE is missing): leave the host memory to spare.")
        }
        if lacks(SIMBENCH_SWAP_CACHED) {
            sentences.append("The swap's directory takes no direct I/O: what is swapped out stays in the host's page cache.")
        }
        return sentences
    }
}
