import FoundationEssentials

extension Journal {
    /// Writes a part of a swap device down, before it is made.
    func note(_ swap: SwapJournalEntry) throws {
        try Journal.locked(directory) { try perform(swap.entry) {} }
    }
}

extension SwapJournalEntry {
    /// nil when the entry is of another kind, or damaged.
    init?(_ entry: Journal.Entry) {
        guard entry.kind == Journal.Kind.swap,
            let parts = try? JSONDecoder().decode(SwapJournalEntry.self, from: Data(entry.wrote.utf8))
        else { return nil }
        self = parts
    }

    /// `name` is the area, and `wrote` all of this as JSON.
    var entry: Journal.Entry {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let text = String(decoding: try encoder.encode(self), as: UTF8.self)
            return Journal.Entry(kind: Journal.Kind.swap, name: path, wrote: text)
        }
    }
}

/// Takes a swap area off and removes what was below it.
struct SwapUndoer: Undoer {
    func undo(_ entry: Journal.Entry, others: [Journal.Entry]) -> Undone {
        guard let swap = SwapJournalEntry(entry) else {
            return .failed("The journal's entry of the swap area \(entry.name) is damaged: see `swapon --show` and remove it by hand.")
        }
        let left = SwapDevice.cleanUp(path: swap.path, loopDevice: swap.loopDevice, file: swap.file)
        return left.isEmpty ? .done("The swap area \(swap.path) is gone.") : .failed(left.joined(separator: " "))
    }
}
