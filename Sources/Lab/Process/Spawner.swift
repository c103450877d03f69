import CLab
import Glibc
import Synchronization

/// What to run, and in which surroundings.
public struct SpawnRequest: Sendable {
    /// Absolute; there is no search along PATH.
    public var path: String
    /// Without argv[0], which is `path`.
    public var arguments: [String]
    /// nil: this process' own.
    public var environment: [String: String]?
    /// Descriptors of this process, by the number they get there. Everything else above 2 is closed; 0, 1 and 2 are
    /// inherited unless given.
    public var descriptors: [Int32: Int32] = [:]
    /// Open `cgroup.procs` files that the child joins before its program runs.
    public var cgroupProcs: [Int32] = []
    /// Empty: inherit.
    public var cpus: [Int32] = []
    /// Preferred; empty: inherit.
    public var memoryNodes: [Int32] = []
    /// The network namespace the whole child starts in.
    public var networkNamespace: Int32?
    /// The kernel kills the child when the THREAD that spawned it ends: spawn from one that lives as long as the run.
    public var diesWithParent = true
    /// Keeps a terminal's Ctrl-C from the child.
    public var ownProcessGroup = true
    /// The child is the first process of a pid namespace: the kernel kills what it has started when it ends. Needs
    /// CAP_SYS_ADMIN, be it in a user namespace.
    public var ownPidNamespace = false
    /// Measured together with all that it starts.
    public var isFamily = false
    /// Transparent huge pages, where the host gives them to everyone, come 2 MiB at a time: memory would grow by those.
    public var noHugePages = false

    public init(path: String, arguments: [String] = [], environment: [String: String]? = nil) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }
}

public enum Spawner {
    /// Starts a process. Costs a vfork and an exec; the child's program starts with no signal blocked or handled.
    public static func spawn(_ request: SpawnRequest) throws -> ChildProcess {
        let arguments = CStrings([request.path] + request.arguments)
        let environment = CStrings(request.environment?.map { "\($0.key)=\($0.value)" } ?? inheritedEnvironment())
        let pairs = request.descriptors.map { simbench_descriptor_pair(from: $0.value, to: $0.key) }
        var pidfd: Int32 = -1
        var stage: UnsafePointer<CChar>?
        let pid = pairs.withUnsafeBufferPointer { pairs in
            request.cgroupProcs.withUnsafeBufferPointer { cgroups in
                request.cpus.withUnsafeBufferPointer { cpus in
                    request.memoryNodes.withUnsafeBufferPointer { nodes in
                        var raw = simbench_spawn_request()
                        raw.path = UnsafePointer(arguments.pointers[0])
                        raw.arguments = UnsafePointer(arguments.pointers)
                        raw.environment = UnsafePointer(environment.pointers)
                        raw.descriptors = pairs.baseAddress
                        raw.descriptor_count = Int32(pairs.count)
                        raw.cgroup_procs = cgroups.baseAddress
                        raw.cgroup_count = Int32(cgroups.count)
                        raw.cpus = cpus.baseAddress
                        raw.cpu_count = Int32(cpus.count)
                        raw.memory_nodes = nodes.baseAddress
                        raw.memory_node_count = Int32(nodes.count)
                        raw.network_namespace = request.networkNamespace ?? -1
                        raw.dies_with_parent = request.diesWithParent
                        raw.own_process_group = request.ownProcessGroup
                        raw.own_pid_namespace = request.ownPidNamespace
                        raw.no_huge_pages = request.noHugePages
                        return simbench_spawn(&raw, &pidfd, &stage)
                    }
                }
            }
        }
        withExtendedLifetime((arguments, environment)) {}
        guard pid > 0 else {
            let step = stage.map { String(cString: $0) } ?? "start"
            throw LabError.system("\(step), to start \(request.path)", code: -pid, hint: hint(step, -pid, request.path))
        }
        return ChildProcess(pid: pid, descriptor: pidfd, name: request.path, isFamily: request.isFamily)
    }

    private static func hint(_ step: String, _ code: Int32, _ path: String) -> String? {
        switch (step, code) {
        case ("run the program", ENOENT): "There is no such file, or its interpreter is missing."
        case ("run the program", EACCES): "It is not executable for this user."
        case ("hand over a descriptor", EBADF): "The descriptor is closed; this is a fault of simbench."
        case ("join the cgroup", ENODEV): "The group was removed meanwhile."
        case ("join the cgroup", ENOSPC): "The group has no CPU or no memory node to run on."
        case ("start a process", EAGAIN): "The limit on processes is reached: raise `ulimit -u` or pids.max."
        default: nil
        }
    }

    private static func inheritedEnvironment() -> [String] {
        var all: [String] = []
        var entry = environ
        while let text = entry.pointee {
            all.append(String(cString: text))
            entry += 1
        }
        return all
    }
}

/// A started process, known by a pidfd, so that a signal can never hit another one of the same number.
public final class ChildProcess: Sendable {
    public struct Exit: Equatable, Sendable {
        /// nil when a signal ended it.
        public var code: Int32?
        public var signal: Int32?
        public var userMicroseconds: Int64
        public var systemMicroseconds: Int64
        public var peakResidentBytes: Int64
    }

    public let pid: Int32
    /// Readable once the process has ended: for poll, epoll or a ring.
    public let descriptor: Int32
    public let name: String
    /// What is measured of it.
    public var measured: MeasuredProcess { MeasuredProcess(pid: pid, isFamily: isFamily) }
    private let isFamily: Bool
    private let exit = Mutex<Exit?>(nil)

    init(pid: Int32, descriptor: Int32, name: String, isFamily: Bool = false) {
        self.pid = pid
        self.isFamily = isFamily
        self.descriptor = descriptor
        self.name = name
    }

    deinit { close(descriptor) }

    /// How it ended, or nil when it still runs after so long; nil timeout waits for ever. Reaps it, once.
    public func wait(timeoutMilliseconds: Int32? = nil) -> Exit? {
        if let known = exit.withLock({ $0 }) { return known }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var ready: Int32
        repeat { ready = poll(&entry, 1, timeoutMilliseconds ?? -1) } while ready < 0 && errno == EINTR
        guard ready > 0 else { return nil }
        return exit.withLock { known in
            var raw = simbench_exit()
            if known == nil, simbench_reap(pid, &raw) == 1 {
                known = Exit(
                    code: raw.signal == 0 ? raw.code : nil, signal: raw.signal == 0 ? nil : raw.signal,
                    userMicroseconds: raw.user_microseconds, systemMicroseconds: raw.system_microseconds,
                    peakResidentBytes: raw.peak_resident_bytes)
            }
            return known
        }
    }

    /// False when it has already ended.
    @discardableResult
    public func signal(_ number: Int32) -> Bool { simbench_signal_process(descriptor, number) == 0 }

    /// Kills it; of a family, all in its process group.
    public func kill() { _ = isFamily ? signalGroup(SIGKILL) : signal(SIGKILL) }

    /// To it and to whatever it has started within its process group; it has to have one of its own. False when it has ended.
    @discardableResult
    public func signalGroup(_ number: Int32) -> Bool {
        // Not reaped yet, its pid is nobody else's.
        exit.withLock { $0 == nil } && Glibc.kill(-pid, number) == 0
    }
}

/// Strings as a NULL-terminated array of C strings.
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, text) in strings.enumerated() { (pointers + index).initialize(to: strdup(text)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
