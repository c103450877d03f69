/// What a connection and a lane cost in memory: the only place where the planner's figures come from.
///
/// The kernel's figures were measured as /proc/slabinfo differences over 2.35 million idle, established connections on
/// Linux 6.18. Other kernels differ by some percent; every run measures its own and reports it beside these.
enum Costs {
    private static let slab = "slabinfo difference over 2.35 M connections, Linux 6.18"

    /// Kernel objects that each end of a connection holds.
    private static let endObjects: [(name: String, bytes: Double)] = [
        ("tcp_sock", 2_521), ("socket_inode", 862), ("dentry", 195), ("file", 195), ("lsm_blobs", 56),
    ]

    /// What waiting on an idle connection costs: one poll request; one receive request with its poll and the header of its
    /// message; or one epoll item with its wait entry.
    private static func watch(_ waiting: Plan.Waiting) -> (name: String, bytes: Double) {
        switch waiting {
        case .item: ("epoll_item", 208)
        case .poll: ("poll_request", 256)
        case .receive: ("receive_request", 864)
        }
    }

    /// Every client end with a source port of its own adds one inet_bind_bucket and one inet_bind2_bucket.
    private static let bindBucketBytes = 256.0

    /// 8,505 slab bytes a pair were measured with io_uring; the lines above explain all but these.
    private static let unattributedBytes = 79.0

    /// Design budgets of this engine's own tables; a run measures what they really come to.
    static let targetUserBytes = 24.0
    static let workerUserBytes = 40.0

    /// What the kernel charges to the target's control group per accepted connection: the objects above without what slab
    /// pages waste, and a pointer to the group for each. Measured once, Linux 6.18, v1 with the kmem.tcp switch. A run
    /// measures its own: from 50,000 to 200,000 connections they came to 3,888 to 3,893 bytes on epoll and 3,922 to 3,932 on
    /// io_uring, the target's user memory included (`scripts/test-droplets --charges 50k,100k,200k`).
    static let chargedKernelBytes = 3_957.0

    /// What is charged of it before Linux 6.12: whoever accepts a socket then pays for its inode, directory entry, file and
    /// poll request, and nobody for the socket. Measured on 6.18, v1 without the switch, and as 1,556 on 6.1 with v2.
    static let chargedWithoutSocketBytes = 1_550.0

    /// What this host's kernel charges per accepted connection.
    static func chargedKernelBytes(on host: HostFacts) -> Double {
        chargesSockets(host) ? chargedKernelBytes : chargedWithoutSocketBytes
    }

    static func chargesSockets(_ host: HostFacts) -> Bool { host.isKernelAtLeast(6, 12) }

    /// What a way of waiting adds to that, which was measured with a poll or an item: they are within its error.
    static func chargedBeyond(_ waiting: Plan.Waiting) -> Double {
        waiting == .receive ? watch(.receive).bytes - watch(.poll).bytes : 0
    }

    /// Rings, buffers, tables and the touched stack of one lane. An allowance, not a measurement.
    static let laneFixedBytes: UInt64 = 400 << 10
    /// One worker's namespace, link and process. An allowance, not a measurement.
    static let workerFixedBytes: UInt64 = 4 << 20

    /// Memory the plan never touches: the larger of this and `reserveFraction` of the host's.
    static let reserveBytes: UInt64 = 256 << 20
    static let reserveFraction = 0.02

    /// Bytes per connection pair, line by line. Names begin with the summary's word for who holds them.
    ///
    /// - Parameter portsPerUser: source ports used per connection: 1, or less where one port serves several of the
    ///   target's.
    static func ledger(_ waiting: Plan.Waiting, portsPerUser: Double) -> [Plan.LedgerLine] {
        let watch = watch(waiting)
        var lines: [Plan.LedgerLine] = []
        for end in ["target_kernel", "worker_kernel"] {
            for object in endObjects + [watch] {
                lines.append(Plan.LedgerLine(name: "\(end).\(object.name)", bytes: object.bytes, source: slab))
            }
        }
        lines.append(
            Plan.LedgerLine(
                name: "worker_kernel.bind_buckets", bytes: (bindBucketBytes * portsPerUser).rounded(),
                source: "\(slab); one pair of buckets per source port in use"))
        lines.append(
            Plan.LedgerLine(
                name: "pair.unattributed", bytes: unattributedBytes,
                source: "8,505 slab bytes a pair measured with io_uring, less the lines above"))
        lines.append(
            Plan.LedgerLine(name: "target_user.connection", bytes: targetUserBytes, source: "design budget"))
        lines.append(
            Plan.LedgerLine(name: "worker_user.connection", bytes: workerUserBytes, source: "design budget"))
        return lines
    }
}
