/// /proc/swaps: the host's swap areas. Pure, and takes any text without trapping.
struct SwapAreas: Equatable {
    struct Area: Equatable {
        var path: String
        var bytes: UInt64
        var usedBytes: UInt64
        var priority: Int
    }

    var areas: [Area] = []

    init(_ text: String) {
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.fields
            guard fields.count == 5, let kilobytes = UInt64(fields[2]), let used = UInt64(fields[3]),
                let priority = Int(fields[4])
            else { continue }
            areas.append(Area(
                path: SwapAreas.unescaped(fields[0]), bytes: kilobytes &* 1024, usedBytes: used &* 1024, priority: priority))
        }
    }

    /// The host's now; none where the kernel has no swap.
    static func current() -> SwapAreas { SwapAreas(SystemFile.text("/proc/swaps") ?? "") }

    subscript(_ path: String) -> Area? { areas.first { $0.path == path } }

    /// Above all others, so that the device fills first. Areas made without a priority have a negative one.
    var priorityAbove: Int32 { Int32(min(max(areas.map(\.priority).max() ?? 0, 0) + 1, 32_767)) }

    /// Blanks, tabs, line ends and backslashes are written as three octal digits.
    private static func unescaped<Text: StringProtocol>(_ text: Text) -> String {
        let bytes = Array(text.utf8)
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let digits = bytes[index...].dropFirst().prefix(3)
            if bytes[index] == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (48...55).contains($0) }) {
                plain.append(digits.reduce(0) { $0 &* 8 &+ ($1 - 48) })
                index += 4
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}

/// The first page of a swap area, as `union swap_header` in linux/swap.h lays it out.
enum SwapHeader {
    /// In this machine's byte order, as the kernel wants it. `areaBytes` counts the header's page too. Pure.
    static func page(areaBytes: UInt64, pageBytes: Int) -> [UInt8] {
        var page = [UInt8](repeating: 0, count: pageBytes)
        func put(_ value: UInt32, at offset: Int) {
            withUnsafeBytes(of: value) { page.replaceSubrange(offset..<offset + 4, with: $0) }
        }
        put(1, at: 1024)  // version
        put(UInt32(clamping: areaBytes / UInt64(pageBytes) - 1), at: 1028)  // last page; no bad pages, UUID or label
        page.replaceSubrange(pageBytes - 10..<pageBytes, with: Array("SWAPSPACE2".utf8))
        return page
    }
}
