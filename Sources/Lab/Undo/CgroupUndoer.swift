import Glibc

extension Journal {
    /// Makes a control group's directory, journalled.
    func makeGroup(_ path: String, _ files: CgroupFiles) throws {
        try Journal.locked(directory) {
            try perform(Entry(kind: Kind.cgroup, name: path)) {
                guard let code = files.makeDirectory(path) else { return }
                let hint: String? = switch code {
                case EEXIST: "Its name is in use, or a dead run left it: try `simbench cleanup`."
                case EAGAIN: "`cgroup.max.descendants` or `cgroup.max.depth` of a group above is reached."
                case ENOSPC, ENOMEM: "The host can take no more control groups; removed ones count while memory is charged to them."
                default: nil
                }
                throw LabError.system("make the control group \(path)", code: code, hint: hint)
            }
        }
    }

    /// Has groups made in a tree of cgroup v2 get a controller. Journalled, unless it is on already for reasons of the
    /// host's own: turned off again, it would take the limits of others' groups along.
    func turnOn(_ controller: String, in tree: CgroupHost.Tree, _ host: CgroupHost) throws {
        let entry = Entry(kind: Kind.subtreeControl, name: tree.parent + "/cgroup.subtree_control", wrote: controller)
        try Journal.locked(directory) {
            if record.entries.contains(entry) { return }
            let isOn = host.isOn(controller, in: tree)
            // On because of another run: claim it, or it goes off with that.
            if isOn, !liveClaims(entry.kind, entry.name).contains(entry) { return }
            try perform(entry) {
                guard !isOn, let code = host.files.write("+" + controller, entry.name) else { return }
                throw LabError(.hostCannot, "The \(controller) controller could not be turned on in \(entry.name): "
                    + "\(errnoText(code)). \(Journal.hint(controller, code))")
            }
        }
    }

    private static func hint(_ controller: String, _ code: Int32) -> String {
        switch code {
        case EBUSY: "Processes are in that group itself, which cgroup v2 allows in the host's root only."
        case EINVAL where controller == "cpu": "Realtime processes in a group keep it off."
        case ENOENT: "The group above does not give it on."
        default: "Run as root on the host itself."
        }
    }
}

/// Removes a control group, and nobody's processes: while there are some in it, it stays.
struct CgroupUndoer: Undoer {
    let files: CgroupFiles
    /// A group can be busy for moments after its last process has gone.
    private static let patienceMilliseconds = 1000

    func undo(_ entry: Journal.Entry, others: [Journal.Entry]) -> Undone {
        guard entry.name.split(separator: "/").last?.hasPrefix("simbench-") == true else {
            return .failed("\(entry.name) is no control group of simbench's by its name, and was left alone.")
        }
        let group = "The control group \(entry.name)"
        var waited = 0
        while true {
            switch files.removeDirectory(entry.name) {
            case nil: return .done("\(group) was removed.")
            case ENOENT: return .done("\(group) was gone already.")
            case EBUSY:
                if let tenants = tenants(entry.name) { return .failed("\(group) is still there: \(tenants)") }
                if waited >= Self.patienceMilliseconds {
                    return .failed("\(group) is busy after \(waited) ms with no process in it: clean up again later.")
                }
            case let code?: return .failed("\(group) could not be removed: \(errnoText(code)).")
            }
            usleep(10_000)
            waited += 10
        }
    }

    /// Who is in the group, as a sentence; nil when nobody is.
    private func tenants(_ group: String) -> String? {
        let pids = files.read(group + "/cgroup.procs")?.fields ?? []
        let names = pids.prefix(5).map { "\($0) (\(SystemFile.text("/proc/\($0)/comm")?.trimmed ?? "?"))" }
        let more = pids.count > 5 ? " and \(pids.count - 5) more" : ""
        if !pids.isEmpty {
            return "these processes are in it: \(names.joined(separator: ", "))\(more). End them, then clean up again."
        }
        let inner = (SystemFile.names(in: group) ?? []).filter { SystemFile.names(in: "\(group)/\($0)") != nil }
        return inner.isEmpty ? nil : "it holds groups of its own: \(inner.prefix(5).joined(separator: ", ")). Remove them first."
    }
}

/// Turns a controller of cgroup v2 off again, unless somebody else has come to need it.
struct SubtreeControlUndoer: Undoer {
    let files: CgroupFiles

    func undo(_ entry: Journal.Entry, others: [Journal.Entry]) -> Undone {
        let what = "The \(entry.wrote) controller in \(entry.name)"
        guard let now = files.read(entry.name) else {
            return .failed("\(entry.name) cannot be read: the \(entry.wrote) controller may still be on there.")
        }
        guard now.fields.contains(where: { $0 == entry.wrote }) else { return .done("\(what) is off already.") }
        if others.contains(where: { $0.wrote == entry.wrote }) { return .done("\(what) stays on for another run.") }
        switch files.write("-" + entry.wrote, entry.name) {
        case nil: return .done("\(what) was turned off.")
        case EBUSY: return .done("\(what) stays on: other groups use it by now.")
        case let code?: return .failed("\(what) could not be turned off: \(errnoText(code)).")
        }
    }
}
