import Glibc

/// Where a droplet's swap file is made.
public enum SwapFolder {
    /// Kept on disk by every distribution, and not a memory file system as /tmp may be.
    public static let path = "/var/tmp"
}

/// What a disk has left.
enum DiskSpace {
    /// Free bytes for an ordinary user on the disk that a folder is on; nil when it cannot be told.
    static func freeBytes(at folder: String) -> UInt64? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return UInt64(status.f_bavail) * UInt64(status.f_frsize)
    }
}
