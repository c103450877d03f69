import Glibc

/// One group's directory in one hierarchy.
struct CgroupDirectory {
    typealias Change = (file: String, value: String)

    let path: String
    let files: CgroupFiles

    func text(_ file: String) -> String? { files.read("\(path)/\(file)") }
    func has(_ file: String) -> Bool { text(file) != nil }
    /// nil also for `max`.
    func number(_ file: String) -> UInt64? { text(file).flatMap { UInt64($0.trimmed) } }

    func write(_ value: String, to file: String) throws {
        if let code = files.write(value, "\(path)/\(file)") { throw refusal(value, file, code) }
    }

    /// Makes the changes in order; when one is refused, those before it are taken back. Returns what was there before.
    @discardableResult
    func write(_ changes: [Change]) throws -> [Change] {
        var before: [Change] = []
        for (file, value) in changes {
            let old = text(file)?.trimmed
            if let code = files.write(value, "\(path)/\(file)") {
                takeBack(before)
                throw refusal(value, file, code)
            }
            if let old { before.append((file, old)) }
        }
        return before
    }

    func takeBack(_ before: [Change]) {
        for (file, value) in before.reversed() { _ = files.write(value, "\(path)/\(file)") }
    }

    func refusal(_ value: String, _ file: String, _ code: Int32) -> LabError {
        .system("write \(value) to \(path)/\(file)", code: code, hint: hint(file, code))
    }

    /// Why the kernel refuses a value, as far as file and errno tell.
    private func hint(_ file: String, _ code: Int32) -> String? {
        switch (file, code) {
        case (_, ENOENT): "The group is gone, or this kernel lacks the file."
        case (_, EBUSY) where file.hasPrefix("memory."):
            "More than that is in use (\(usage)), and the kernel can neither drop nor swap out the rest: "
                + "choose a higher limit, or lower it before the memory is used."
        case (_, EINVAL) where file.hasPrefix("memory.memsw") || file.hasPrefix("memory.limit"):
            "cgroup v1 does not take a limit of memory and swap together below that of memory alone."
        case ("memory.swappiness", EINVAL): "It goes from 0 to 200, and before Linux 5.8 to 100."
        case (_, EINVAL) where file.hasPrefix("cpu."):
            "A quota is 1 ms a period (0.01 CPUs) at least; in cgroup v1 it may not exceed that of the group above."
        case ("cpuset.cpus", EINVAL), ("cpuset.cpus", ERANGE), ("cpuset.cpus", EACCES):
            "The group above has not all of these CPUs: see `cpuset.cpus` there."
        case (_, ENOSPC) where file.hasPrefix("cpuset."): "A group with processes in it must keep a CPU and a memory node."
        default: nil
        }
    }

    private var usage: String {
        let bytes = number("memory.current") ?? number("memory.usage_in_bytes")
        return bytes.map { "\($0) bytes without swap" } ?? "how much cannot be read"
    }
}
