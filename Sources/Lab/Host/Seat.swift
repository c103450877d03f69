import CLab
import CNuma
import Glibc

/// Where a thread or process sits: nothing said means anywhere.
public struct Seat: Equatable, Sendable {
    public var cpus: [Int32] = []
    /// Preferred, not bound: when they are full, others serve.
    public var memoryNodes: [Int32] = []
    public static let anywhere = Seat()

    public init(cpus: [Int32] = [], memoryNodes: [Int32] = []) {
        self.cpus = cpus
        self.memoryNodes = memoryNodes
    }

    /// Applies to the calling thread, and to threads it starts. Throws when the kernel refuses.
    public func take() throws {
        if !cpus.isEmpty {
            let code = simbench_set_affinity(cpus, Int32(cpus.count))
            guard code == 0 else { throw LabError.system("run on CPUs \(cpus)", code: -code) }
        }
        if !memoryNodes.isEmpty {
            let code = simbench_prefer_memory_nodes(memoryNodes, Int32(memoryNodes.count))
            guard code == 0 else { throw LabError.system("prefer the memory of nodes \(memoryNodes)", code: -code) }
        }
    }
}

/// What libnuma says of this machine and this thread.
public enum Numa {
    /// False on a kernel without NUMA, and where a seccomp profile hides it.
    public static var isAvailable: Bool { numa_available() >= 0 }

    /// The nodes that the calling thread prefers memory of; empty: the one it runs on.
    public static func preferredNodes() -> [Int] {
        guard isAvailable else { return [] }
        var mode: Int32 = 0
        var mask = [UInt](repeating: 0, count: 16)
        guard get_mempolicy(&mode, &mask, UInt(mask.count * UInt.bitWidth), nil, 0) == 0, mode != 0 else { return [] }
        return (0..<mask.count * UInt.bitWidth).filter { mask[$0 / UInt.bitWidth] >> UInt($0 % UInt.bitWidth) & 1 == 1 }
    }
}

/// The calling thread's CPUs.
public enum Affinity {
    public static func current() -> [Int32] {
        var cpus = [Int32](repeating: 0, count: 8192)
        let count = simbench_get_affinity(&cpus, Int32(cpus.count))
        return count > 0 ? Array(cpus[..<Int(count)]) : [0]
    }
}

/// The kernel's lists of numbers: `0-3,8,10-11`. Pure.
public enum CPUList {
    /// Damaged parts are left out; at most 65,536 numbers.
    public static func parse(_ text: String) -> [Int32] {
        var numbers: [Int32] = []
        for part in text.trimmed.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int32($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
                0 <= first, first <= last, last < 65_536
            else { continue }
            numbers.append(contentsOf: first...last)
            if numbers.count >= 65_536 { break }
        }
        return numbers
    }
}
