/// /proc/slabinfo: kernel memory by cache. Reading the file needs root, and takes a lock on every cache: not for a hot loop.
public struct Slabinfo: Equatable, Sendable {
    public struct Cache: Equatable, Sendable {
        public var activeObjects: UInt64
        public var objects: UInt64
        public var objectBytes: UInt64
        public var objectsPerSlab: UInt64
        public var pagesPerSlab: UInt64
        public var slabs: UInt64

        /// What the cache really holds: whole slabs, used or not.
        public func bytes(pageBytes: UInt64 = 4096) -> UInt64 {
            let (pages, first) = slabs.multipliedReportingOverflow(by: pagesPerSlab)
            let (bytes, second) = pages.multipliedReportingOverflow(by: pageBytes)
            return first || second ? .max : bytes
        }
    }

    public var caches: [String: Cache] = [:]

    /// `name active num objsize objperslab pagesperslab : tunables l b s : slabdata active_slabs num_slabs shared`;
    /// other lines are passed over.
    public init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix("slabinfo") {
            let parts = line.split(separator: ":")
            guard parts.count >= 3, let slabdata = parts.last?.fields, slabdata.count >= 3, slabdata[0] == "slabdata",
                let slabs = UInt64(slabdata[2])
            else { continue }
            let fields = parts[0].fields
            guard fields.count >= 6 else { continue }
            let numbers = fields[1...5].compactMap { UInt64($0) }
            guard numbers.count == 5 else { continue }
            caches[String(fields[0])] = Cache(
                activeObjects: numbers[0], objects: numbers[1], objectBytes: numbers[2], objectsPerSlab: numbers[3],
                pagesPerSlab: numbers[4], slabs: slabs)
        }
    }

    /// The host's; throws where it is not readable, which is everywhere but for root.
    public static func current() throws -> Slabinfo {
        do throws(Errno) { return Slabinfo(try SystemFile.read("/proc/slabinfo")) } catch {
            throw LabError.system("read /proc/slabinfo", code: error.code, hint: "Only root may see kernel memory by cache.")
        }
    }

    /// Bytes of all caches together.
    public func totalBytes(pageBytes: UInt64 = 4096) -> UInt64 {
        caches.values.reduce(0) { $0.addingReportingOverflow($1.bytes(pageBytes: pageBytes)).partialValue }
    }

    /// Caches whose bytes changed since an earlier reading, by name; negative when they shrank.
    public func growth(since earlier: Slabinfo, pageBytes: UInt64 = 4096) -> [String: Int64] {
        var growth: [String: Int64] = [:]
        for name in Set(caches.keys).union(earlier.caches.keys) {
            let now = Int64(clamping: caches[name]?.bytes(pageBytes: pageBytes) ?? 0)
            let before = Int64(clamping: earlier.caches[name]?.bytes(pageBytes: pageBytes) ?? 0)
            if now != before { growth[name] = now - before }
        }
        return growth
    }
}
