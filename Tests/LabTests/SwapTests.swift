import CLab
import Testing

@testable import Lab

@Suite struct SwapTests {
    @Test(arguments: [4096, 16_384, 65_536]) func aHeaderIsWhatTheKernelReads(_ pageBytes: Int) {
        let page = SwapHeader.page(areaBytes: UInt64(100 * pageBytes), pageBytes: pageBytes)
        #expect(page.count == pageBytes)
        #expect(String(decoding: page.suffix(10), as: UTF8.self) == "SWAPSPACE2")
        let numbers = page.withUnsafeBytes { bytes in
            [1024, 1028, 1032].map { bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self) }
        }
        #expect(numbers == [1, 99, 0])
        #expect(page[..<1024].allSatisfy { $0 == 0 } && page[1036..<pageBytes - 10].allSatisfy { $0 == 0 })
    }

    @Test(arguments: [(1, 2), (4096, 2), (4097, 3), (1 << 30, 262_145)] as [(UInt64, UInt64)])
    func theFileHoldsAHeaderToo(_ bytes: UInt64, _ pages: UInt64) {
        #expect(SwapRequest(bytes: bytes, directory: "/").fileBytes(pageBytes: 4096) == pages * 4096)
    }

    @Test func areasAreRead() {
        let areas = SwapAreas("""
            Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
            /dev/dm-1                               partition\t975868\t\t512\t\t-2
            /swap\\040\\134x\\0                         file\t\t4096\t0\t5
            nonsense
            /a b c d e f
            """)
        let expected: [SwapAreas.Area] = [
            .init(path: "/dev/dm-1", bytes: 999_288_832, usedBytes: 524_288, priority: -2),
            .init(path: "/swap \\x\\0", bytes: 4_194_304, usedBytes: 0, priority: 5),
        ]
        #expect(areas.areas == expected)
        #expect(areas.priorityAbove == 6)
        #expect(SwapAreas("").priorityAbove == 1)
        #expect(SwapAreas("Filename\n/dev/a partition 1 0 -2").priorityAbove == 1)
        #expect(SwapAreas("Filename\n/dev/a partition 1 0 32767").priorityAbove == 32_767)
    }

    @Test func requestsThatMakeNoSenseAreRefused() {
        func refusal(_ bytes: UInt64, _ rate: UInt64? = nil, latency: UInt64 = 0) -> String? {
            SwapDevice.unavailableBecause(SwapRequest(
                bytes: bytes, readBytesPerSecond: rate, latencyMicroseconds: latency, directory: "/nonexistent"))
        }
        #expect(refusal(0)?.contains("choose between 64 KiB and 8 TiB") == true)
        #expect(refusal(.max)?.contains("choose between 64 KiB and 8 TiB") == true)
        #expect(refusal(1 << 20, 0)?.contains("64 KiB per second or more") == true)
        #expect(refusal(1 << 20, latency: 2_000_000)?.contains("a second or less") == true)
        #expect(refusal(1 << 20) != nil)  // the directory, or the user
    }

    @Test func whatAHostLacksIsSaid() {
        #expect(SwapCheck.unfit(0x0102_1994, isLimited: true)?.contains("tmpfs") == true)
        #expect(SwapCheck.unfit(0x794C_7630, isLimited: false)?.contains("overlay") == true)
        #expect(SwapCheck.unfit(0x794C_7630, isLimited: true) == nil)
        #expect(SwapCheck.unfit(0xEF53, isLimited: false) == nil)
        #expect(SwapCheck.lackOfSpace(needed: 100, free: 100, directory: "/a") == nil)
        #expect(SwapCheck.lackOfSpace(needed: 3 << 30, free: 1 << 30, directory: "/a")
            == "The swap's file of 3 GiB does not fit into /a, where 1 GiB are free: 2 GiB are missing. Make room, choose "
            + "another directory, or a smaller swap.")
        #expect(SwapCheck.hasSystemAdministration("Name:\tx\nCapEff:\t0000000000200000\n"))
        #expect(!SwapCheck.hasSystemAdministration("CapEff:\t000001ffffdfffff\n"))
        #expect(!SwapCheck.hasSystemAdministration(""))
    }

    @Test func aLimitIsHeldInItsOwnTime() {
        var limit = simbench_limit()
        let second: UInt64 = 1_000_000_000, start = 10 * second
        // 4,096 bytes at 1 MiB/s are 3.90625 ms; the first 5 ms' worth are saved up.
        let due = (0..<6).map { _ in simbench_limit_due(&limit, 1 << 20, start, 4096) }
        #expect(due.map { $0 - start } == [0, 2_812_500, 6_718_750, 10_625_000, 14_531_250, 18_437_500])
        // Nothing more is saved up in a long rest.
        #expect(simbench_limit_due(&limit, 1 << 20, 2 * start, 4096) == 2 * start)
        #expect(simbench_limit_due(&limit, 1 << 20, 2 * start, 1 << 20) == 2 * start + second - 1_093_750)
        // No limit, and the first moments after boot.
        #expect(simbench_limit_due(&limit, 0, start, 1 << 20) == start)
        var fresh = simbench_limit()
        #expect(simbench_limit_due(&fresh, 1 << 20, 0, 1 << 20) == second)
    }
}
