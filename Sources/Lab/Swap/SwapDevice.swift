import CLab
import Glibc

/// A swap area made for a run, whose speed is a parameter. Without a limit it is a plain swap file. With one it is
///
///     swap area → loop device (direct I/O) → a file of our own FUSE server, which waits → backing file (direct I/O)
///
/// A control group cannot do this on every host: with cgroup v1 the kernel counts a group's swap as the root group's
/// input and output, so that `blkio.throttle` does not slow it; v2's `io.max` does.
///
/// The area has a higher priority than the host's own swap, so under pressure the host's other processes swap to it too.
/// That is why its server outlives a crash of this process: it takes the area off first, and then ends. It does so as
/// well when a device is let go without `remove`. Only a plain file needs the journal for that.
///
/// On 2 cores and a disk of 1.8 GB/s a limit is held within 5 % up to what the stack itself carries: 430 MB/s out, and
/// 130 MB/s in for one process that waits for each page (250 from a plain file). A higher limit is not the one that binds.
///
/// The server never runs in a limited memory group; what is not guaranteed when the whole host runs out of memory is
/// said in CLab/swapserver.c. Not for concurrent use.
public final class SwapDevice {
    /// As /proc/swaps names it.
    public let path: String
    /// What this host takes away from the device's truth or safety, in sentences.
    public let degraded: [String]

    private let loopDevice: String?
    private let file: String
    let server: SwapServerProcess?
    private let before: (read: UInt64, written: UInt64)
    private var isRemoved = false

    private init(path: String, loopDevice: String?, file: String, server: SwapServerProcess?) {
        self.path = path
        self.loopDevice = loopDevice
        self.file = file
        self.server = server
        // The header was written, and read by swapon.
        before = server.map { ($0.page[SIMBENCH_SWAP_READ], $0.page[SIMBENCH_SWAP_WRITTEN]) } ?? (0, 0)
        degraded = SwapDevice.shortcomings(besides: path) + (server?.page.lacks ?? [])
    }

    /// Makes the area and puts it on. On an error everything made so far is removed again. `server` is what leads to
    /// `SwapServer.serve` (nil: this program's hidden verb). `journal` is called before each thing is made that
    /// outlives this process. Costs milliseconds, and with a limit a process.
    public static func make(
        _ request: SwapRequest, server: SpawnRequest? = nil, journal: (SwapJournalEntry) throws -> Void = { _ in }
    ) throws -> SwapDevice {
        if let why = unavailableBecause(request) { throw LabError(.hostCannot, why) }
        guard let resolved = realpath(request.directory, nil) else {
            throw LabError.system("resolve the swap's directory \(request.directory)", code: errno)
        }
        defer { free(resolved) }
        // No one else's, ever: a later clean-up knows the file and the loop device by it.
        let name = "simbench-swap-\(getpid())-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let file = "\(String(cString: resolved))/\(name)"
        let bytes = request.fileBytes(pageBytes: UInt64(sysconf(Int32(_SC_PAGESIZE))))
        try journal(SwapJournalEntry(path: file, file: file))
        let backing = try makeFile(file, bytes)
        defer { close(backing) }
        guard request.isLimited else { return try plain(file, backing, bytes) }
        // Nothing but the server needs it from here on.
        unlink(file)
        let page = try SwapPage(request, fileBytes: bytes, name: name)
        let program = try server ?? SwapServer.ofThisProgram()
        return try limited(file, name, SwapServerProcess(program, page: page, backing: backing), bytes, journal)
    }

    /// Costs a read of /proc/swaps.
    public func reading() -> SwapReading {
        let used = SwapAreas.current()[path]?.usedBytes
        guard let page = server?.page else { return SwapReading(usedBytes: used) }
        return SwapReading(
            usedBytes: used, readBytes: page[SIMBENCH_SWAP_READ] &- before.read,
            writtenBytes: page[SIMBENCH_SWAP_WRITTEN] &- before.written, failures: page[SIMBENCH_SWAP_FAILED])
    }

    /// Takes the area off, detaches the device, ends the server and removes the file. End the run's processes first:
    /// what they have in the area is read back, without any limit, for as long as they live. Waits for that no longer
    /// than given; then nothing is torn down under them, and it may be called again. Returns what is left, and what was
    /// lost, in sentences.
    public func remove(waitMilliseconds: Int32 = 60_000) -> [String] {
        guard !isRemoved else { return [] }
        var sentences: [String] = []
        server?.page.liftLimits()
        if let exit = server?.child.wait(timeoutMilliseconds: 0) {
            sentences.append("The swap's server ended before its swap was taken off (\(SwapServerProcess.text(exit))): "
                + "what was swapped out by then is lost, and processes that touch it get SIGBUS.")
        }
        let left = SwapDevice.cleanUp(
            path: path, loopDevice: loopDevice, file: file, waitMilliseconds: waitMilliseconds)
        guard left.isEmpty else { return sentences + left }
        isRemoved = true
        server?.page[SIMBENCH_SWAP_LOOP] = 0
        if let sentence = server?.end() { sentences.append(sentence) }
        return sentences
    }
}

// MARK: - Making

extension SwapDevice {
    private static func makeFile(_ path: String, _ bytes: UInt64) throws -> Int32 {
        var stage: UnsafePointer<CChar>?
        let descriptor = simbench_swap_file(path, bytes, &stage)
        guard descriptor < 0 else { return descriptor }
        let step = stage.map { String(cString: $0) } ?? "make the file"
        let hint = [EOPNOTSUPP, ENOSYS].contains(-descriptor)
            ? "Its file system cannot reserve space: choose a directory on ext4, xfs or btrfs." : nil
        throw LabError.system("\(step) \(path) for the swap", code: -descriptor, hint: hint)
    }

    private static func plain(_ file: String, _ descriptor: Int32, _ bytes: UInt64) throws -> SwapDevice {
        do {
            try writeHeader(descriptor, bytes)
            try swapOn(file)
        } catch {
            unlink(file)
            throw error
        }
        return SwapDevice(path: file, loopDevice: nil, file: file, server: nil)
    }

    private static func limited(
        _ file: String, _ name: String, _ server: SwapServerProcess, _ bytes: UInt64,
        _ journal: (SwapJournalEntry) throws -> Void
    ) throws -> SwapDevice {
        do {
            let (number, loop) = try attachLoop(server.file, file, name, journal)
            // The device's last user detaches it: from swapon on that is the swap area.
            defer { close(loop) }
            server.closeFile()
            server.page[SIMBENCH_SWAP_LOOP] = UInt64(number) + 1
            // Through the whole stack, so that what does not work shows here, not when memory is short.
            try writeHeader(loop, bytes)
            let device = "/dev/loop\(number)"
            try swapOn(device)
            return SwapDevice(path: device, loopDevice: device, file: file, server: server)
        } catch {
            guard let more = server.end() else { throw error }
            throw LabError(.broken, "\(error) Then: \(more)")
        }
    }

    /// A free device may be taken by someone else before it is attached.
    private static func attachLoop(
        _ source: Int32, _ file: String, _ name: String, _ journal: (SwapJournalEntry) throws -> Void
    ) throws -> (number: Int32, descriptor: Int32) {
        var code: Int32 = -EBUSY
        for _ in 0..<16 where code == -EBUSY {
            let number = simbench_loop_free()
            guard number >= 0 else { throw LabError.system("find a free loop device", code: -number) }
            let device = "/dev/loop\(number)"
            try journal(SwapJournalEntry(path: device, loopDevice: device, file: file))
            code = simbench_loop_attach(device, source, name)
            if code >= 0 { return (number, code) }
            guard code == -EBUSY else {
                let hint = code == -ENOENT ? "There is no node for it: make it with `mknod \(device) b 7 \(number)`." : nil
                throw LabError.system("attach \(device) to the swap's file", code: -code, hint: hint)
            }
        }
        throw LabError.system("attach a loop device", code: EBUSY, hint: "Others took 16 free ones first: try again.")
    }

    private static func writeHeader(_ descriptor: Int32, _ bytes: UInt64) throws {
        let header = SwapHeader.page(areaBytes: bytes, pageBytes: sysconf(Int32(_SC_PAGESIZE)))
        guard pwrite(descriptor, header, header.count, 0) == header.count, fsync(descriptor) == 0 else {
            throw LabError.system("write the swap's header", code: errno)
        }
    }

    private static func swapOn(_ path: String) throws {
        let code = simbench_swap_on(path, SwapAreas.current().priorityAbove)
        guard code != 0 else { return }
        let hint = switch -code {
        case EINVAL: "Its file system cannot hold a swap file: choose a directory on ext4, xfs or btrfs."
        case EPERM: "Root with CAP_SYS_ADMIN is needed, and the kernel takes some 28 swap areas at most."
        default: nil as String?
        }
        throw LabError.system("put the swap area \(path) on", code: -code, hint: hint)
    }

    private static func shortcomings(besides path: String) -> [String] {
        var sentences: [String] = []
        if SystemFile.text("/sys/module/zswap/parameters/enabled")?.trimmed == "Y" {
            sentences.append("zswap is on: it compresses pages in memory first, and hides the swap's speed. "
                + "Write N to /sys/module/zswap/parameters/enabled to see it.")
        }
        if SwapAreas.current().areas.contains(where: { $0.path != path }) {
            sentences.append("The host has swap of its own, which is used when the droplet's is full.")
        }
        return sentences
    }
}
