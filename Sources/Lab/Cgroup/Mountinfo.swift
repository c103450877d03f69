/// /proc/PID/mountinfo: what is mounted where. A pure function over text, which takes any text without trapping.
struct Mountinfo: Equatable {
    struct Mount: Equatable {
        /// The directory of the file system that is mounted; of control groups, a container may see a part only.
        var root: String
        var point: String
        var type: String
        /// The file system's own: for cgroup v1 the names of its controllers are among them.
        var options: [String]
    }
    var mounts: [Mount] = []

    /// `36 35 98:0 /root /point rw,noatime master:1 - type source rw,option`: between the sixth field and the dash there
    /// are any number of others. Lines that are not like this are passed over.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.fields
            guard let dash = fields.dropFirst(6).firstIndex(of: "-"), fields.count > dash + 3 else { continue }
            mounts.append(Mount(
                root: Mountinfo.unescaped(fields[3]), point: Mountinfo.unescaped(fields[4]), type: String(fields[dash + 1]),
                options: fields[dash + 3].split(separator: ",").map { String($0) }))
        }
    }

    /// Blanks, tabs, newlines and backslashes in a path stand as `\040` and the like.
    private static func unescaped(_ field: Substring) -> String {
        let bytes = Array(field.utf8)
        var plain: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\\"), at + 3 < bytes.count,
                let code = UInt8(String(decoding: bytes[(at + 1)...(at + 3)], as: UTF8.self), radix: 8) {
                plain.append(code)
                at += 4
            } else {
                plain.append(bytes[at])
                at += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}

/// /proc/PID/cgroup: which group of each hierarchy a process is in. Pure.
struct CgroupMembership: Equatable {
    /// By controller of cgroup v1, such as `memory`; each path starts at the hierarchy's root.
    var paths: [String: String] = [:]

    /// Lines such as `4:memory:/a/b`, `3:cpu,cpuacct:/`; that of cgroup v2 (`0::/`) names no controller.
    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[2].hasPrefix("/") else { continue }
            for controller in parts[1].split(separator: ",") { paths[String(controller)] = String(parts[2]) }
        }
    }
}
