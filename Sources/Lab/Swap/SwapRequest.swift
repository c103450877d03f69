/// A swap device made for a run.
///
/// Without any limit it is a plain swap file, as fast as the disk below. With one, a server of our own lies between the
/// swap and its file: see `SwapDevice`.
public struct SwapRequest: Equatable, Sendable {
    /// What can be swapped out to it; rounded up to whole pages.
    public var bytes: UInt64
    /// nil: no limit of its own.
    public var readBytesPerSecond: UInt64?
    public var writeBytesPerSecond: UInt64?
    /// Reads and writes together, as on a disk or behind a quota that both share; on top of their own limits.
    public var sharedBytesPerSecond: UInt64?
    /// Added to each read and write; many can wait at once.
    public var latencyMicroseconds: UInt64
    /// Where the backing file goes: on a disk, with room for all of `bytes`.
    public var directory: String

    public init(
        bytes: UInt64, readBytesPerSecond: UInt64? = nil, writeBytesPerSecond: UInt64? = nil,
        sharedBytesPerSecond: UInt64? = nil, latencyMicroseconds: UInt64 = 0, directory: String
    ) {
        self.bytes = bytes
        self.readBytesPerSecond = readBytesPerSecond
        self.writeBytesPerSecond = writeBytesPerSecond
        self.sharedBytesPerSecond = sharedBytesPerSecond
        self.latencyMicroseconds = latencyMicroseconds
        self.directory = directory
    }

    /// Whether it takes a server to hold the limits.
    var isLimited: Bool { !limits.isEmpty || latencyMicroseconds > 0 }
    var limits: [UInt64] { [readBytesPerSecond, writeBytesPerSecond, sharedBytesPerSecond].compactMap { $0 } }

    /// The size of the file: the kernel takes the first page for the header.
    func fileBytes(pageBytes: UInt64) -> UInt64 {
        (bytes / pageBytes + (bytes % pageBytes == 0 ? 0 : 1) + 1) * pageBytes
    }

    /// What is wrong with the request itself. Pure.
    var refusal: String? {
        // Both ends of what a swap header can say, in pages of 4 KiB and fewer than 2^32 of them.
        if bytes < SwapRequest.leastBytes || bytes > 1 << 43 {
            return "A swap of \(bytes) bytes cannot be made: choose between 64 KiB and 8 TiB."
        }
        if let slow = limits.first(where: { $0 < SwapRequest.leastBytesPerSecond }) {
            return "A swap of \(slow) bytes per second would stop its users for good: choose 64 KiB per second or more, "
                + "or no limit."
        }
        if latencyMicroseconds > 1_000_000 {
            return "A swap latency of \(latencyMicroseconds) microseconds would stop its users: choose a second or less."
        }
        return nil
    }

    static let leastBytes: UInt64 = 64 * 1024
    /// A page of 4 KiB in a sixteenth of a second.
    static let leastBytesPerSecond: UInt64 = 64 * 1024
}

/// What a swap device does now and did so far.
public struct SwapReading: Equatable, Sendable {
    /// From /proc/swaps; nil when the area is not on.
    public var usedBytes: UInt64?
    /// Since the area was put on; nil without a server, which is the only one that counts.
    public var readBytes: UInt64?
    public var writtenBytes: UInt64?
    /// Reads and writes the backing file refused; nil without a server.
    public var failures: UInt64?
}

/// What of a swap device outlives its process, given to the journal before it is made. Entries add up: undo each with
/// `SwapDevice.cleanUp`, newest first. Undoing what was never made does nothing.
public struct SwapJournalEntry: Codable, Equatable, Sendable {
    /// The swap area, as /proc/swaps names it.
    public var path: String
    /// nil for a plain swap file, and before a loop device is chosen.
    public var loopDevice: String?
    /// The backing file. Its last component is this run's alone and is also the loop device's name.
    public var file: String?

    public init(path: String, loopDevice: String? = nil, file: String? = nil) {
        self.path = path
        self.loopDevice = loopDevice
        self.file = file
    }
}
