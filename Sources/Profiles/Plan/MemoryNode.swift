extension HostFacts {
    /// One memory node (NUMA), as far as this process may use it.
    public struct Node: Codable, Equatable, Sendable {
        public var id: Int
        /// CPUs that this process may run on.
        public var cpus: [Int]
        /// Online, but not for this process: outside a container's cpuset, or its affinity.
        public var barredCpus: [Int]
        /// 0: it has none, or none for this process.
        public var memoryBytes: UInt64
        /// It has memory, which this process may not use (a container's cpuset).
        public var isMemoryBarred: Bool
        /// How far it is to each node, in their order; 10 is itself. Empty where it is not known.
        public var distances: [Int]

        public init(
            id: Int, cpus: [Int], barredCpus: [Int] = [], memoryBytes: UInt64, isMemoryBarred: Bool = false, distances: [Int] = []
        ) {
            self.id = id
            self.cpus = cpus
            self.barredCpus = barredCpus
            self.memoryBytes = memoryBytes
            self.isMemoryBarred = isMemoryBarred
            self.distances = distances
        }

        /// It has both that a side of a run needs.
        public var canServe: Bool { !cpus.isEmpty && memoryBytes > 0 }
    }
}
