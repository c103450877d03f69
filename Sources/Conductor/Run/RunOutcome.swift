/// What a finished run hands back.
public struct RunOutcome: Sendable {
    /// 0 every expectation held, 1 one failed, 70 the run broke, 130 it was interrupted.
    public var exitStatus: Int32
    public var summary: Summary
    /// Where its record is.
    public var directory: String
    /// What of the record could not be written, in sentences.
    public var troubles: [String] = []
}
