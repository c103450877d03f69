import FoundationEssentials

/// What a swap area outlives its run with, as a journal's entry. To undo, in this order: swapoff, detach the loop device,
/// remove the file, unmount.
struct SwapEntry: Codable, Equatable {
    /// What the kernel swaps to: a file, or a block device.
    var area: String
    /// Such as `/dev/loop3`, to detach.
    var loopDevice: String?
    /// To remove.
    var file: String?
    /// To unmount.
    var mountPoint: String?

    init(area: String, loopDevice: String? = nil, file: String? = nil, mountPoint: String? = nil) {
        self.area = area
        self.loopDevice = loopDevice
        self.file = file
        self.mountPoint = mountPoint
    }

    /// nil when the entry is of another kind, or damaged.
    init?(_ entry: Journal.Entry) {
        guard entry.kind == Journal.Kind.swap,
            let parts = try? JSONDecoder().decode(SwapEntry.self, from: Data(entry.wrote.utf8))
        else { return nil }
        self = parts
    }

    /// `name` is the area, and `wrote` all of this as JSON.
    var entry: Journal.Entry {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let text = String(decoding: try encoder.encode(self), as: UTF8.self)
            return Journal.Entry(kind: Journal.Kind.swap, name: area, wrote: text)
        }
    }
}
