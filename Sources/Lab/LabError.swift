import Glibc

/// What failed, on what, why it probably did, and what to do: one or two sentences for a person.
public struct LabError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
        /// This host or user cannot carry the run: exit 69.
        case hostCannot
        /// Something broke on the way: exit 70.
        case broken
    }
    public let kind: Kind
    public let message: String
    public var description: String { message }

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// `action` reads after "Could not": "create the link up0". `code` is a positive errno.
    static func system(_ action: String, code: Int32, hint: String? = nil) -> LabError {
        let advice = hint ?? LabError.hint(code)
        let kind: Kind = [EPERM, EACCES, EOPNOTSUPP, ENOSYS, EROFS].contains(code) ? .hostCannot : .broken
        return LabError(kind, "Could not \(action): \(errnoText(code)).\(advice.map { " " + $0 } ?? "")")
    }

    private static func hint(_ code: Int32) -> String? {
        switch code {
        case EPERM, EACCES: "Run as root, or on a host that allows user namespaces."
        case EROFS: "/proc/sys is read-only here, as in most containers: run on the host, or in a privileged container."
        case EMFILE, ENFILE: "The descriptor limit is reached: raise RLIMIT_NOFILE or fs.file-max."
        case ENOMEM: "The host is out of memory."
        default: nil
        }
    }
}

/// The system's text for a positive errno, with its number.
public func errnoText(_ code: Int32) -> String {
    "\(String(cString: strerror(code))) (errno \(code))"
}
