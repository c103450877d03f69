import CLab
import Glibc
import Profiles

extension SwapDevice {
    /// nil when this host can make one, else a sentence that says why not and what to do. Makes nothing; a few opens.
    public static func unavailableBecause(_ request: SwapRequest) -> String? {
        request.refusal ?? SwapCheck.privilege() ?? SwapCheck.directory(request)
            ?? (request.isLimited ? SwapCheck.server() : nil)
    }
}

/// What stands between this host and a swap device.
enum SwapCheck {
    static func privilege() -> String? {
        guard access("/proc/swaps", F_OK) == 0 else {
            return "This kernel is built without swap: use one with CONFIG_SWAP, or a droplet without swap."
        }
        // Root of a user namespace has the capability there, and may still not swap.
        guard UserMap.current().isInitial, hasSystemAdministration(SystemFile.text("/proc/self/status") ?? "") else {
            return "A swap device needs the host's root with CAP_SYS_ADMIN: run as root, or choose a droplet without swap."
        }
        return nil
    }

    /// The line CapEff of /proc/PID/status, bit CAP_SYS_ADMIN. Pure.
    static func hasSystemAdministration(_ status: String) -> Bool {
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        guard let mask = line?.fields.last.flatMap({ UInt64($0, radix: 16) }) else { return false }
        return mask >> 21 & 1 == 1
    }

    static func directory(_ request: SwapRequest) -> String? {
        var type: UInt64 = 0, free: UInt64 = 0
        let code = simbench_file_system(request.directory, &type, &free)
        guard code == 0 else {
            return "The swap's directory \(request.directory) cannot be looked into: \(errnoText(-code))."
        }
        guard access(request.directory, W_OK | X_OK) == 0 else {
            return "The swap's directory \(request.directory) cannot be written to: \(errnoText(errno))."
        }
        if let why = unfit(type, isLimited: request.isLimited) {
            return "The swap's directory \(request.directory) lies on \(why): choose a directory on a disk, with ext4, xfs "
                + "or btrfs."
        }
        let needed = request.fileBytes(pageBytes: UInt64(sysconf(Int32(_SC_PAGESIZE))))
        return lackOfSpace(needed: needed, free: free, directory: request.directory)
    }

    /// Why a file system of this kind (statfs' f_type) cannot hold swap, or nil. Unknown ones are tried. Pure.
    static func unfit(_ type: UInt64, isLimited: Bool) -> String? {
        switch type {
        case 0x0102_1994, 0x8584_58F6: "a file system in memory (tmpfs), which swap is to relieve"
        case 0x6969, 0x0102_1997, 0xFF53_4D42, 0xFE53_4D42, 0x6573_5546:
            "a file system behind a network or a process, which may need memory to free memory"
        case 0x2FC1_2FC1, 0xCA45_1A4E: "a file system that copies on every write, and so needs memory to free memory"
        // The kernel swaps to a file's blocks, and only real file systems have them; a server needs just a file.
        case 0x794C_7630 where !isLimited: "an overlay, as a container's root is, which the kernel does not swap to"
        default: nil
        }
    }

    /// Pure.
    static func lackOfSpace(needed: UInt64, free: UInt64, directory: String) -> String? {
        guard free < needed else { return nil }
        return "The swap's file of \(UnitText.bytes(needed)) does not fit into \(directory), where \(UnitText.bytes(free)) "
            + "are free: \(UnitText.bytes(needed - free)) are missing. Make room, choose another directory, or a smaller swap."
    }

    /// What a limited device needs besides: FUSE, a loop device, and mounts without a mount point.
    static func server() -> String? {
        let otherwise = "or do without a limit on the swap's speed."
        for (device, module) in [("/dev/fuse", "fuse"), ("/dev/loop-control", "loop")] {
            let descriptor = open(device, O_RDWR | O_CLOEXEC)
            guard descriptor < 0 else {
                close(descriptor)
                continue
            }
            let code = errno
            let advice = [EPERM, EACCES].contains(code)
                ? "Let this container use it, \(otherwise)" : "Run `modprobe \(module)` on the host, \(otherwise)"
            return "A swap of limited speed needs \(device): \(errnoText(code)). \(advice)"
        }
        let code = simbench_fuse_try()
        guard code == 0 else {
            return "A swap of limited speed needs to mount FUSE by fsopen: \(errnoText(-code)). Use Linux 5.8 or newer and, "
                + "in a container, a seccomp profile that allows it, \(otherwise)"
        }
        return nil
    }
}
