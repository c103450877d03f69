import CLab
import Glibc

/// A network namespace held by a descriptor: it has no name, so it dies with the last process that holds it.
public final class NetworkNamespace: @unchecked Sendable {
    /// Enter it with `simbench_enter_network_namespace`, or hand it to a child process.
    public private(set) var descriptor: Int32
    /// What `/proc/PID/ns/net` shows as `net:[inode]`.
    public let inode: UInt64
    /// For sentences: "the target's", "worker 3's".
    public let owner: String

    /// Makes one on a thread of its own; the caller's thread stays where it is. Costs about a millisecond.
    /// `parent` nil: made from the calling process' own namespace.
    init(owner: String, parent: NetworkNamespace?, prepare: () throws -> Void = {}) throws {
        func make() throws -> Int32 {
            try prepare()
            let code = simbench_unshare_network()
            guard code == 0 else {
                let hint = code == -ENOSPC ? "A limit on namespaces is reached: see /proc/sys/user/max_*_namespaces." : nil
                throw LabError.system("make \(owner) network namespace", code: -code, hint: hint)
            }
            let descriptor = simbench_open_own_network_namespace()
            guard descriptor >= 0 else {
                throw LabError.system("hold \(owner) network namespace", code: -descriptor)
            }
            return descriptor
        }
        descriptor = try parent.map { try onThread(inNamespace: $0.descriptor, make) } ?? onFreshThread(make)
        inode = networkNamespaceInode(descriptor)
        self.owner = owner
    }

    deinit { close() }

    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }
}

/// The namespace that all others of a run are made from.
///
/// The size of a namespace's established hash is taken from the namespace its maker is in. Making the others from here
/// leaves the host's `net.ipv4.tcp_child_ehash_entries` alone, and works inside a user namespace as well. It also
/// numbers its children, so that it can be seen when they have really died: destruction is asynchronous.
final class Nursery {
    private let namespace: NetworkNamespace
    private let links: Links
    private var names: [Int32: String] = [:]
    private(set) var degraded: [String] = []

    init() throws {
        namespace = try NetworkNamespace(owner: "the first", parent: nil)
        links = try Links(namespace: namespace.descriptor)
    }

    /// A namespace whose established hash fits `connections` (8 bytes a bucket).
    func make(owner: String, connections: Int) throws -> NetworkNamespace {
        let buckets = Nursery.hashBuckets(connections: connections)
        var refused: String?
        let child = try NetworkNamespace(owner: owner, parent: namespace) {
            refused = Sysctls.write([("net.ipv4.tcp_child_ehash_entries", String(buckets))]).first
        }
        if let refused, degraded.isEmpty {
            degraded.append("\(refused) All namespaces share the host's table of connections, which makes joins slower.")
        }
        let number = Int32(names.count + 1)
        try links.number(namespace: child.descriptor, as: number)
        names[number] = owner
        return child
    }

    /// Owners of the namespaces that still live.
    func living() throws -> [String] {
        try links.livingNamespaces().sorted().compactMap { names[$0] }
    }

    func close() {
        links.close()
        namespace.close()
    }

    /// A power of two with at least two thirds of a bucket to a connection, within what kernels take.
    static func hashBuckets(connections: Int) -> Int {
        var buckets = 1024
        while buckets < connections + connections / 2, buckets < 4_194_304 { buckets *= 2 }
        return buckets
    }
}

/// The inode of the namespace behind a descriptor or a path such as `/proc/self/ns/net`; 0 when it cannot be told.
func networkNamespaceInode(_ descriptor: Int32) -> UInt64 {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
}

/// Who keeps network namespaces of these inodes: sentences. Scans all of /proc (every thread and descriptor of every
/// process), so it is for the case that something is wrong.
func holders(ofNamespaces inodes: Set<UInt64>) -> [String] {
    let links = Set(inodes.map { "net:[\($0)]" })
    return (SystemFile.names(in: "/proc") ?? []).compactMap { process in
        guard process.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let threads = SystemFile.names(in: "/proc/\(process)/task") ?? []
        let inside = threads.contains { SystemFile.link("/proc/\(process)/task/\($0)/ns/net").map(links.contains) ?? false }
        let holds = (SystemFile.names(in: "/proc/\(process)/fd") ?? []).contains {
            SystemFile.link("/proc/\(process)/fd/\($0)").map(links.contains) ?? false
        }
        guard inside || holds else { return nil }
        let name = SystemFile.text("/proc/\(process)/comm")?.trimmed ?? "?"
        return "Process \(process) (\(name)) \(inside ? "runs in" : "holds a descriptor of") a network namespace of this run."
    }
}
