/// Where a process' memory really is: bytes by memory node. Programs and libraries are left out: the kernel holds them once
/// for everybody, on the node of whoever ran them first, and no placement of ours moves them.
public struct NodeMemory: Equatable, Sendable {
    public var bytes: [Int: UInt64] = [:]

    /// /proc/PID/numa_maps: a line a mapping, with `N0=3` for three pages on node 0. What is swapped out is on no node, and
    /// what several processes share counts whole for each. Pure; takes any text without trapping.
    public init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.fields.dropFirst(2)
            if fields.contains(where: NodeMemory.isFileOnDisk) { continue }
            let page = fields.last { $0.hasPrefix("kernelpagesize_kB=") }.flatMap { UInt64($0.dropFirst(18)) } ?? 4
            guard page < 1 << 32 else { continue }
            for field in fields where field.first == "N" {
                let parts = field.dropFirst().split(separator: "=", omittingEmptySubsequences: false)
                guard parts.count == 2, let node = Int(parts[0]), (0..<1024).contains(node), let pages = UInt64(parts[1]), pages < 1 << 42
                else { continue }
                let (product, isTooMuch) = pages.multipliedReportingOverflow(by: page << 10)
                let (sum, isMore) = bytes[node, default: 0].addingReportingOverflow(product)
                if !isTooMuch && !isMore { bytes[node] = sum }
            }
        }
    }

    /// Memory that processes share has a name like a file's, and is memory.
    private static func isFileOnDisk(_ field: Substring) -> Bool {
        field.hasPrefix("file=/") && !field.hasPrefix("file=/memfd:") && !field.hasPrefix("file=/dev/zero")
    }

    /// nil where the kernel does not tell. Walks the page tables: some ten milliseconds a GiB, in which the process can
    /// map no new memory.
    public static func of(pid: Int32, root: String = "") -> NodeMemory? {
        SystemFile.text("\(root)/proc/\(pid)/numa_maps").map { NodeMemory($0) }
    }

    /// The part that is on none of these nodes, in percent; nil when there is no memory at all.
    public func remotePercent(from nodes: [Int]) -> Double? {
        let total = bytes.values.reduce(0.0) { $0 + Double($1) }
        guard total > 0 else { return nil }
        let near = bytes.filter { nodes.contains($0.key) }.values.reduce(0.0) { $0 + Double($1) }
        return (total - near) / total * 100
    }
}
