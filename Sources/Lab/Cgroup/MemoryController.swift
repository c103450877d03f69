/// What the memory controller does for a group, in whichever version.
protocol MemoryController {
    /// Sets both limits, where nil is "not limited". When one is refused, both are as before. Returns what this kernel
    /// cannot enforce, in sentences.
    func limit(bytes: UInt64?, swapBytes: UInt64?) throws -> [String]
    func reading() -> CgroupReading
}

extension CgroupDirectory {
    /// Says that swap cannot be limited, because a file is not there.
    func swapUnlimited(without file: String) -> String {
        "Swap is not limited: this kernel has no \(file) (it may want `swapaccount=1` at boot)."
    }
}
