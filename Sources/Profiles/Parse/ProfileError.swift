/// A profile, a reference curve or a `--set` that is wrong: where, what, and what is allowed.
public struct ProfileError: Error, Equatable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public var description: String { message }
    /// EX_USAGE of sysexits.h.
    public var exitCode: Int32 { 64 }
}

/// Why there is no plan.
public struct PlanError: Error, Equatable, CustomStringConvertible {
    public enum Kind: Sendable {
        /// The profile or the flags contradict themselves; exit status 64.
        case invalid
        /// They make sense, but not on this host; exit status 69.
        case hostCannot
    }
    public var kind: Kind
    /// What is wrong, by which arithmetic, and the way out.
    public var message: String

    public var description: String { message }
    public var exitCode: Int32 { kind == .invalid ? 64 : 69 }

    static func invalid(_ message: String) -> PlanError { PlanError(kind: .invalid, message: message) }
    static func hostCannot(_ message: String) -> PlanError { PlanError(kind: .hostCannot, message: message) }
}
