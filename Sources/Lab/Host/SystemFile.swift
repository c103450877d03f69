import Glibc

/// Reading and writing the small text files of /proc, /sys and /run without Foundation.
enum SystemFile {
    /// The whole file as text; throws the errno. One open, a few reads: files of /proc have no size to ask for.
    static func read(_ path: String) throws(Errno) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Errno(errno) }
        defer { close(descriptor) }
        return try readAll(descriptor)
    }

    /// From the start to the end of an open file.
    static func readAll(_ descriptor: Int32) throws(Errno) -> String {
        guard lseek(descriptor, 0, SEEK_SET) >= 0 || errno == ESPIPE else { throw Errno(errno) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Errno(errno) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: chunk[..<count])
        }
    }

    /// The file's text, or nil when it cannot be read.
    static func text(_ path: String) -> String? { try? read(path) }

    /// One write into an existing file, as sysctls and cgroup files want it.
    static func write(_ text: String, to path: String) throws(Errno) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Errno(errno) }
        defer { close(descriptor) }
        try writeAll(descriptor, text)
    }

    /// Writes beside the file and renames over it: readers see the old text or the new, never a half.
    static func replace(_ path: String, with text: String) throws(Errno) {
        let temporary = "\(path).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Errno(errno) }
        defer { close(descriptor) }
        do throws(Errno) {
            try writeAll(descriptor, text)
            guard rename(temporary, path) == 0 else { throw Errno(errno) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Names in a directory, sorted, without "." and ".."; nil when it cannot be read.
    static func names(in directory: String) -> [String]? {
        guard let stream = opendir(directory) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The target of a symbolic link, such as `net:[4026531833]`.
    static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            readlink(path, $0.bindMemory(to: CChar.self).baseAddress!, $0.count)
        }
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }

    private static func writeAll(_ descriptor: Int32, _ text: String) throws(Errno) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Errno(count < 0 ? errno : EIO) }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// A positive errno as an error.
struct Errno: Error, Equatable {
    let code: Int32
    init(_ code: Int32) { self.code = code }
}

extension StringProtocol {
    /// The fields between blanks and tabs.
    var fields: [SubSequence] { split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }) }
    /// The text without blanks at either end.
    var trimmed: String { fields.joined(separator: " ") }
}
