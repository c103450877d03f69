import Glibc

/// How the files of control groups are read and changed; tests put a directory of plain files in their place. Changes
/// return an errno when they are refused.
struct CgroupFiles {
    /// Before every path: "" on a real machine.
    var root: String
    var read: (_ path: String) -> String?
    var write: (_ text: String, _ path: String) -> Int32?
    var makeDirectory: (_ path: String) -> Int32?
    var removeDirectory: (_ path: String) -> Int32?

    static func kernel(root: String = "") -> CgroupFiles {
        CgroupFiles(
            root: root, read: { SystemFile.text($0) },
            write: { text, path in
                do throws(Errno) { try SystemFile.write(text, to: path) } catch { return error.code }
                return nil
            },
            makeDirectory: { mkdir($0, 0o755) == 0 ? nil : errno },
            removeDirectory: { rmdir($0) == 0 ? nil : errno })
    }
}

/// Where this host keeps its control groups, and of which version they are. A controller is in one hierarchy only: in
/// that of v2 (the unified one) or in one of v1, which it may share with others.
struct CgroupHost {
    struct Tree: Equatable {
        var version: Cgroup.Version
        /// New groups are made in it.
        var parent: String
    }

    let files: CgroupFiles
    private let mounts: [Mountinfo.Mount]
    private let membership: CgroupMembership

    init(files: CgroupFiles = .kernel()) {
        self.files = files
        mounts = Mountinfo(files.read(files.root + "/proc/self/mountinfo") ?? "").mounts
        membership = CgroupMembership(files.read(files.root + "/proc/self/cgroup") ?? "")
    }

    /// Where groups with this controller are made; nil when it is in no hierarchy that is mounted here.
    ///
    /// In v1 that is below this process' own group, so that what limits us limits the run. In v2 it is below the root:
    /// a group that gives controllers on to groups below it may hold no process itself, as our own group does.
    func tree(_ controller: String) -> Tree? {
        for mount in mounts where mount.type == "cgroup2" {
            let top = files.root + mount.point
            if controllers(top + "/cgroup.controllers").contains(controller) { return Tree(version: .v2, parent: top) }
        }
        for mount in mounts where mount.type == "cgroup" && mount.options.contains(controller) {
            let top = files.root + mount.point
            let own = top + CgroupHost.path(membership.paths[controller] ?? "/", below: mount.root)
            // A container may see its own group under another path than /proc says.
            return Tree(version: .v1, parent: files.read(own + "/cgroup.procs") == nil ? top : own)
        }
        return nil
    }

    /// nil when memory limits can be set here, else a sentence why not.
    var unavailableBecause: String? {
        guard mounts.contains(where: { $0.type.hasPrefix("cgroup") }) else {
            return "No control groups are mounted here: mount them at /sys/fs/cgroup, or run on the host."
        }
        guard let tree = tree("memory") else {
            return "No mounted control group has the memory controller: the kernel was booted without it "
                + "(`cgroup_enable=memory` may help), or this container was not given it."
        }
        if access(tree.parent, W_OK) != 0 {
            switch errno {
            case EROFS:
                return "\(tree.parent) is read-only, as in most containers: run on the host, or in a privileged container."
            case EACCES, EPERM:
                return "Only root may make control groups in \(tree.parent): run as root."
            case let code:
                return "Control groups cannot be made in \(tree.parent): \(errnoText(code))."
            }
        }
        if tree.version == .v2, !isOn("memory", in: tree), isOccupied(tree) {
            return "Processes are in the group \(tree.parent) itself, as in a container, and cgroup v2 then limits no "
                + "group below it: run on the host."
        }
        return nil
    }

    /// Whether groups made in a tree of v2 get the controller.
    func isOn(_ controller: String, in tree: Tree) -> Bool {
        controllers(tree.parent + "/cgroup.subtree_control").contains(controller)
    }

    /// The host's real root may hold processes and give controllers on; it is known by having no cgroup.events.
    private func isOccupied(_ tree: Tree) -> Bool {
        files.read(tree.parent + "/cgroup.events") != nil
            && files.read(tree.parent + "/cgroup.procs")?.fields.isEmpty == false
    }

    private func controllers(_ path: String) -> [String] { files.read(path)?.fields.map { String($0) } ?? [] }

    /// Where a group lies below a mount that shows the hierarchy from `root` on; "" when it is the mount's top or out
    /// of sight. Pure.
    static func path(_ group: String, below root: String) -> String {
        let prefix = root == "/" ? "" : root
        guard group.hasPrefix(prefix + "/"), !group.split(separator: "/").contains("..") else { return "" }
        let path = group.dropFirst(prefix.utf8.count)
        return path == "/" ? "" : String(path)
    }
}
