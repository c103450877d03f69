import Foundation
import Glibc

/// Writes a file so that a reader sees all of it or none: beside its place first, then moved there.
public enum WholeFile {
    /// Throws a sentence that names the file and why it could not be written. What was there before stays then.
    public static func write(_ data: Data, to path: String) throws(RunError) {
        var isThere = stat()
        // What is no plain file (a terminal, a pipe, /dev/null) is written in place: nothing can be moved there.
        if stat(path, &isThere) == 0, isThere.st_mode & S_IFMT != S_IFREG { return try put(data, at: path, path, O_TRUNC) }
        let beside = "\(path).\(getpid()).part"
        do { try put(data, at: beside, path, O_CREAT | O_EXCL) } catch {
            unlink(beside)
            throw error
        }
        guard rename(beside, path) == 0 else {
            let error = trouble(path, errno)
            unlink(beside)
            throw error
        }
    }

    private static func put(_ data: Data, at place: String, _ path: String, _ flags: Int32) throws(RunError) {
        let file = open(place, O_WRONLY | O_CLOEXEC | flags, 0o644)
        guard file >= 0 else { throw trouble(path, errno) }
        var code: Int32 = 0
        data.withUnsafeBytes { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.write(file, rest.baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    code = count < 0 ? errno : ENOSPC
                    return
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        // Some file systems find out about a full disk only here.
        if close(file) != 0, code == 0 { code = errno }
        guard code == 0 else { throw trouble(path, code) }
    }

    private static func trouble(_ path: String, _ code: Int32) -> RunError {
        RunError("\(path) could not be written: \(String(cString: strerror(code))).")
    }
}
