/// How one kind of journal entry is undone.
protocol Undoer {
    /// Called under the journal's lock, perhaps by another process than made the change, long after, and perhaps for a
    /// change that was never made: the entry is written first. `others` is what other living runs wrote down of the same
    /// kind and name: what they still need stays.
    func undo(_ entry: Journal.Entry, others: [Journal.Entry]) -> Undone
}

/// A sentence for a person; what failed stays in the journal and is tried again by the next sweep.
enum Undone: Equatable {
    case done(String)
    case failed(String)
}

/// Who undoes which kind. Tests give them files of their own.
struct Undoers {
    var settings: SysctlFiles = .kernel
    var groups: CgroupFiles = .kernel()

    /// nil for a kind that this version does not know.
    subscript(_ kind: String) -> (any Undoer)? {
        switch kind {
        case Journal.Kind.sysctl: SysctlUndoer(files: settings)
        case Journal.Kind.cgroup: CgroupUndoer(files: groups)
        case Journal.Kind.subtreeControl: SubtreeControlUndoer(files: groups)
        case Journal.Kind.swap: SwapUndoer()
        default: nil
        }
    }
}
