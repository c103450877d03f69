extension Journal {
    /// Raises a setting of the host, journalled. Returns a sentence when it could not, nil when all is well.
    func raise(_ wish: Sysctls.HostWish, files: SysctlFiles = .kernel) throws -> String? {
        try Journal.locked(directory) {
            guard let current = files.read(wish.name) else {
                return "\(wish.name) cannot be seen from here and may be too low; then \(wish.otherwise)."
            }
            let others = liveClaims(Kind.sysctl, wish.name)
            let raised = Sysctls.raised(current, atLeast: wish.atLeast)
            // High enough by itself: nothing to do. High enough because of another run: claim it, or it sinks with that.
            if raised == nil, !others.contains(where: { $0.wrote == current }) { return nil }
            let before = others.first { $0.wrote == current }?.before ?? current
            let entry = Entry(kind: Kind.sysctl, name: wish.name, before: before, wrote: raised ?? current)
            do {
                try perform(entry) {
                    if let raised, let code = files.write(wish.name, raised) { throw Errno(code) }
                }
            } catch let refused as Errno {
                return "\(wish.name) stays at \(current) instead of \(raised ?? current) (\(errnoText(refused.code))): "
                    + "\(wish.otherwise)."
            }
            return nil
        }
    }
}

/// Puts a setting of the host back, or to what another run still needs.
struct SysctlUndoer: Undoer {
    let files: SysctlFiles

    func undo(_ entry: Journal.Entry, others: [Journal.Entry]) -> Undone {
        guard let current = files.read(entry.name) else {
            return .failed("\(entry.name) cannot be read: it may still be \(entry.wrote) instead of \(entry.before).")
        }
        guard current == entry.wrote else {
            return .done("\(entry.name) was left at \(current): someone else changed it since.")
        }
        let value = others.first?.wrote ?? entry.before
        if value != current, let code = files.write(entry.name, value) {
            return .failed("\(entry.name) could not be put back to \(value): \(errnoText(code)).")
        }
        return .done(value == entry.before
            ? "\(entry.name) was put back to \(value)." : "\(entry.name) stays at \(value) for another run.")
    }
}

/// How settings are read and written; tests put a dictionary in its place. `write` returns an errno when refused.
struct SysctlFiles {
    var read: (String) -> String?
    var write: (_ name: String, _ value: String) -> Int32?

    static var kernel: SysctlFiles {
        SysctlFiles(
            read: Sysctls.read,
            write: { name, value in
                do throws(Errno) { try SystemFile.write(value, to: Sysctls.path(name)) } catch { return error.code }
                return nil
            })
    }
}
