import Engine
import Testing

@testable import Lab

/// Real texts of the kernel, and what must be read out of them.
enum Sample {
    static let meminfo = "MemTotal:       24686516 kB\nMemAvailable:   23000000 kB\nHugePages_Total:       3\nSwapTotal:  1024 kB\n"
    static let stat = "417 (a (b) c) S 1 417 417 0 -1 4194560 1500 0 2 0 250 130 0 0 20 0 7 0 88421 230000000 1234 18446744073709551615 1 1"
    static let status = "Name:\tx\nvoluntary_ctxt_switches:\t15\nnonvoluntary_ctxt_switches:\t4\n"
    static let cpu = "cpu  10 1 20 300 5 0 7 2 0 0\ncpu0 5 1 10 150 3 0 7 1 0 0\ncpu1 5 0 10 150 2 0 0 1 0 0\nintr 1 2 3\nctxt 998\n"
    static let pressure = "some avg10=1.25 avg60=0.50 avg300=0.10 total=4242\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=42\n"
    static let slabinfo = """
        slabinfo - version: 2.1
        # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables
        TCP                  130    150   2432   13    8 : tunables    0    0    0 : slabdata     12     12      0
        dentry             20000  21000    192   21    1 : tunables    0    0    0 : slabdata   1000   1000      0

        """
    static let netstat = """
        TcpExt: SyncookiesSent ListenOverflows ListenDrops TCPTimeouts TCPReqQFullDrop TCPSynRetrans
        TcpExt: 0 3 5 7 11 13
        IpExt: InNoRoutes InOctets
        IpExt: 1 2

        """
    static let snmp = "Tcp: RtoMin MaxConn RetransSegs\nTcp: 200 -1 9\n"
    static let sockstat = "sockets: used 12\nTCP: inuse 7 orphan 1 tw 2 alloc 9 mem 4\nUDP: inuse 0 mem 0\n"
    static let softnet = "0000000a 00000001 00000002 0 0\n00000014 00000002 00000000 0 0\n"
    static let uidMap = "         0       1000          1\n         1     100000      65536\n"

    /// Shortened: the kernel writes some fifty lines.
    static let memoryStatV1 = """
        cache 10
        rss 20
        hierarchical_memory_limit 9223372036854771712
        total_cache 34381824
        total_rss 1769472
        total_swap 4096

        """
    static let memoryStatV2 = "anon 1769472\nfile 34381824\nkernel 500\nkernel_stack 100\npagetables 200\nsock 300\nslab 150\n"
    static let memoryEvents = "low 0\nhigh 0\nmax 17\noom 2\noom_kill 1\noom_group_kill 0\n"
    static let oomControl = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"
    static let mountinfo = """
        31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
        35 31 0:32 /docker/abc /sys/fs/cgroup/cpu,cpuacct rw,relatime master:9 shared:4 - cgroup cgroup rw,cpu,cpuacct
        41 31 0:38 / /sys/fs/a\\040b rw,relatime - cgroup2 cgroup2 rw,nsdelegate

        """
    static let membership = "9:name=systemd:/\n4:memory:/a:b\n1:cpu,cpuacct:/c\n0::/d\n"

    static let all = [
        meminfo, stat, status, cpu, pressure, slabinfo, netstat, snmp, sockstat, softnet, uidMap, "0-3,8,10-11\n",
        memoryStatV1, memoryStatV2, memoryEvents, oomControl, mountinfo, membership,
    ]
}

@Suite struct ParserTests {
    @Test func meminfo() {
        let memory = Meminfo(Sample.meminfo)
        #expect(memory["MemTotal"] == 24_686_516 * 1024)
        #expect(memory["HugePages_Total"] == 3)
        #expect(memory["Nothing"] == nil)
        #expect(Meminfo("Huge: 18446744073709551615 kB\n")["Huge"] == nil)
    }

    @Test func processStatWithBracketsInTheName() throws {
        let stat = try #require(ProcessStat(Sample.stat))
        #expect(stat.pid == 417)
        #expect(stat.name == "a (b) c")
        #expect(stat.state == "S")
        #expect((stat.parent, stat.userTicks, stat.systemTicks) == (1, 250, 130))
        #expect((stat.endedChildrenUserTicks, stat.endedChildrenSystemTicks) == (0, 0))
        #expect((stat.threads, stat.startTicks, stat.residentPages) == (7, 88421, 1234))
        #expect(ProcessStat("417 (cut off") == nil)
    }

    @Test func contextSwitches() {
        #expect(ContextSwitches(Sample.status)?.voluntary == 15)
        #expect(ContextSwitches(Sample.status)?.involuntary == 4)
        #expect(ContextSwitches("Name: x\n") == nil)
    }

    @Test func cpuStat() throws {
        let stat = try #require(CPUStat(Sample.cpu))
        #expect(stat.total.softIRQ == 7)
        #expect(stat.total.steal == 2)
        #expect(stat.cpus.count == 2)
        #expect(stat.cpus[1]?.ioWait == 2)
        #expect(stat.contextSwitches == 998)
    }

    @Test func pressure() throws {
        let pressure = try #require(Pressure(Sample.pressure))
        #expect(pressure.some.average10 == 1.25)
        #expect(pressure.full?.totalMicroseconds == 42)
        #expect(Pressure("full avg10=0 avg60=0 avg300=0 total=1") == nil)
    }

    @Test func slabinfoCountsWholeSlabs() {
        let slabs = Slabinfo(Sample.slabinfo)
        #expect(slabs.caches["TCP"]?.bytes() == 12 * 8 * 4096)
        #expect(slabs.totalBytes() == 12 * 8 * 4096 + 1000 * 4096)
        #expect(slabs.caches.count == 2)
        var later = slabs
        later.caches["TCP"]?.slabs = 10
        later.caches["dentry"] = nil
        #expect(later.growth(since: slabs) == ["TCP": -2 * 8 * 4096, "dentry": -1000 * 4096])
    }

    @Test func countersThatAreMissingAreNil() {
        let counters = TcpCounters(Sample.netstat)
        #expect(counters.listenOverflows == 3)
        #expect(counters.listenDrops == 5)
        #expect(counters.requestQueueDrops == 11)
        #expect(counters.synRetransmits == 13)
        #expect(counters.memoryPressures == nil)
        #expect(counters.all["IpExt.InOctets"] == 2)
        // -1 means "no limit" and is no count.
        #expect(TcpCounters(Sample.snmp).all == ["Tcp.RtoMin": 200, "Tcp.RetransSegs": 9])
        var later = counters
        later.all["TcpExt.ListenDrops"] = 25
        #expect(later.since(counters).listenDrops == 20)
        #expect(later.since(counters).timeouts == 0)
    }

    @Test func sockets() throws {
        let sockets = try #require(TcpSockets(Sample.sockstat))
        #expect((sockets.inUse, sockets.orphans, sockets.timeWait) == (7, 1, 2))
        #expect((sockets.allocated, sockets.memoryPages) == (9, 4))
        #expect(TcpSockets("TCP: inuse 7 orphan\n") == nil)
    }

    @Test func softnet() throws {
        let stat = try #require(SoftnetStat(Sample.softnet))
        #expect((stat.processed, stat.dropped, stat.timeSqueezed) == (30, 3, 2))
        #expect(SoftnetStat("") == nil)
    }

    @Test func memoryStatOfBothVersions() {
        let first = MemoryStat(Sample.memoryStatV1), second = MemoryStat(Sample.memoryStatV2)
        #expect((first.anonymousBytes, first.fileBytes, first.swapBytes) == (1_769_472, 34_381_824, 4096))
        #expect((first.kernelBytes, first.socketBytes) == (nil, nil))
        #expect((second.anonymousBytes, second.fileBytes, second.swapBytes) == (1_769_472, 34_381_824, nil))
        #expect((second.kernelBytes, second.socketBytes) == (500, 300))
        // Without a sum, the parts.
        #expect(MemoryStat("kernel_stack 100\npagetables 200\nslab 150\n").kernelBytes == 450)
        #expect(MemoryStat("anon -1\nfile 1 2\n").anonymousBytes == nil)
    }

    @Test func memoryEvents() {
        let events = MemoryEvents(Sample.memoryEvents)
        #expect((events.limitHits, events.oomKills) == (17, 1))
        #expect(MemoryEvents("max 1\n").oomKills == nil)
        #expect(OomControl(Sample.oomControl).oomKills == 3)
        #expect(OomControl("oom_kill_disable 1\nunder_oom 0\n").oomKills == nil)
    }

    @Test func mountinfo() {
        let mounts = Mountinfo(Sample.mountinfo).mounts
        #expect(mounts.map(\.type) == ["tmpfs", "cgroup", "cgroup2"])
        #expect(mounts.map(\.root) == ["/", "/docker/abc", "/"])
        #expect(mounts[1].options == ["rw", "cpu", "cpuacct"])
        #expect(mounts[2].point == "/sys/fs/a b")
        #expect(Mountinfo("1 2 3 4 5 6 7 8\n1 2 3 4 5 6 - x\n").mounts.isEmpty)
    }

    @Test func membership() {
        let paths = CgroupMembership(Sample.membership).paths
        #expect(paths == ["name=systemd": "/", "memory": "/a:b", "cpu": "/c", "cpuacct": "/c"])
    }

    @Test(arguments: [
        ("/", "/", ""), ("/a/b", "/", "/a/b"), ("/a/b", "/a", "/b"), ("/a", "/a", ""), ("/ab", "/a", ""), ("/a", "/b", ""),
        ("/../x", "/", ""),
    ])
    func groupsBelowAMount(_ group: String, _ root: String, _ path: String) {
        #expect(CgroupHost.path(group, below: root) == path)
    }

    @Test func userMap() {
        let map = UserMap(Sample.uidMap)
        #expect(!map.isInitial)
        #expect(map.outsideUser(of: 0) == 1000)
        #expect(map.outsideUser(of: 5) == 100_004)
        #expect(UserMap("         0          0 4294967295\n").isInitial)
    }

    @Test(arguments: [
        ("0-3,8,10-11\n", [0, 1, 2, 3, 8, 10, 11]), ("0", [0]), ("", []), ("3-1", []), ("x,2", [2]), ("-1", []),
        ("1-2-3", []), ("0-99999999", []),
    ] as [(String, [Int32])])
    func cpuList(_ text: String, _ numbers: [Int32]) {
        #expect(CPUList.parse(text) == numbers)
    }

    @Test(arguments: [
        ("198.18.0.1", 0xC612_0001 as UInt32?), ("0.0.0.0", 0), ("256.0.0.1", nil), ("1.2.3", nil), ("1.2.3.4.5", nil),
        ("+1.2.3.4", nil), ("1..2.3", nil), ("", nil),
    ])
    func addresses(_ text: String, _ value: UInt32?) {
        #expect(IPv4Address(text)?.value == value)
        if value != nil { #expect(IPv4Address(text)?.description == text) }
    }

    /// No text may trap a parser: truncated, with bytes changed, with numbers made enormous, with lines doubled.
    @Test(arguments: Sample.all.indices) func damagedTextsAreSurvived(_ sample: Int) {
        var random = SplitMix64(seed: UInt64(sample) &* 7919 &+ 1)
        for round in 0..<600 {
            var bytes = Array(Sample.all[sample].utf8)
            for _ in 0..<(1 + round % 6) where !bytes.isEmpty {
                let at = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 5 {
                case 0: bytes.removeSubrange(at...)
                case 1: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                case 2: bytes.insert(contentsOf: Array("99999999999999999999".utf8), at: at)
                case 3: bytes.insert(contentsOf: bytes[at...].prefix(40), at: at)
                default: bytes[at] = [0x20, 0x0a, 0x3a, 0x28, 0x29, 0x2d].randomElement(using: &random)!
                }
            }
            feedEveryParser(String(decoding: bytes, as: UTF8.self))
        }
    }

    private func feedEveryParser(_ text: String) {
        _ = Meminfo(text)
        _ = ProcessStat(text)
        _ = ContextSwitches(text)
        _ = CPUStat(text)
        _ = Pressure(text)
        _ = Slabinfo(text).totalBytes()
        _ = Slabinfo(text).growth(since: Slabinfo(Sample.slabinfo))
        _ = TcpCounters(text).since(TcpCounters(Sample.netstat))
        _ = TcpSockets(text)
        _ = SoftnetStat(text)
        _ = UserMap(text).outsideUser(of: 3)
        _ = CPUList.parse(text)
        _ = IPv4Address(text)
        _ = Sysctls.raised(text, atLeast: [1, 2])
        _ = MemoryStat(text).kernelBytes
        _ = MemoryEvents(text)
        _ = OomControl(text)
        _ = Mountinfo(text)
        let paths = CgroupMembership(text).paths.values
        for path in paths { for other in paths { _ = CgroupHost.path(path, below: other) } }
    }
}
