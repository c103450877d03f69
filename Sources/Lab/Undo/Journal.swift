import FoundationEssentials
import Glibc

/// What a run changed that outlives its process, written down BEFORE the change, so that a later start can undo it.
///
/// One file a run, `<pid>-<start time>.json`, that exists only while there is something to undo. Runs side by side
/// share the host's settings: a claim on a setting another run has raised remembers the value from before both, and the
/// last one to leave restores it. All changes happen under a lock on the directory.
public final class Journal {
    /// What the fields hold depends on the kind: see `Kind`. The file keeps these four and no others, so that an older
    /// version writes back whole what it cannot undo.
    public struct Entry: Codable, Equatable, Sendable {
        public var kind: String
        public var name: String
        public var before = ""
        public var wrote = ""
    }

    /// A sweep leaves a kind it does not know alone, and says so. Each has its undoer in `Undoers`.
    enum Kind {
        /// `name` is a setting of the host that was `before` and became `wrote`.
        static let sysctl = "sysctl"
        /// `name` is a control group's directory.
        static let cgroup = "cgroup"
        /// `name` is a file `cgroup.subtree_control`, in which the controller `wrote` was turned on.
        static let subtreeControl = "subtree_control"
        /// A `SwapJournalEntry`.
        static let swap = "swap"
    }

    public struct Record: Codable, Equatable, Sendable {
        public var schema = "simbench.journal/1"
        public var owner: ProcessIdentity
        public var entries: [Entry] = []
    }

    let directory: String
    private(set) var record: Record
    private var path: String { "\(directory)/\(record.owner.pid)-\(record.owner.startTicks).json" }
    var isEmpty: Bool { record.entries.isEmpty }

    /// Writes nothing yet.
    init(directory: String? = nil, owner: ProcessIdentity = .current()) {
        self.directory = directory ?? Journal.defaultDirectory()
        record = Record(owner: owner)
    }

    /// `/run/simbench` for the host's root; else `$XDG_RUNTIME_DIR/simbench`; else `/tmp/simbench-<uid>`.
    public static func defaultDirectory() -> String {
        let user = UserMap.current().outsideUser(of: geteuid())
        if user == 0, access("/run", W_OK) == 0 { return "/run/simbench" }
        if let runtime = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), access(runtime, W_OK) == 0 {
            return "\(runtime)/simbench"
        }
        return "/tmp/simbench-\(user)"
    }

    /// Makes one change, written down before; what is refused is not kept.
    func perform(_ entry: Entry, _ change: () throws -> Void) throws {
        record.entries.append(entry)
        try save()
        do { try change() } catch {
            record.entries.removeLast()
            try save()
            throw error
        }
    }

    /// Undoes the entries that `which` picks, newest first. `did` says what was done, `failed` what could not be; that
    /// stays in the journal.
    func undo(
        by undoers: Undoers = Undoers(), _ which: (Entry) -> Bool = { _ in true }
    ) throws -> (did: [String], failed: [String]) {
        guard !isEmpty || access(path, F_OK) == 0 else { return ([], []) }
        return try Journal.locked(directory) {
            var did: [String] = [], failed: [String] = []
            for entry in record.entries.reversed() where which(entry) {
                guard let undoer = undoers[entry.kind] else {
                    failed.append("\(path) holds a \(entry.kind) that this version cannot undo: "
                        + "use the version that made it.")
                    continue
                }
                switch undoer.undo(entry, others: liveClaims(entry.kind, entry.name)) {
                case .done(let sentence):
                    did.append(sentence)
                    record.entries.removeAll { $0 == entry }
                case .failed(let sentence):
                    failed.append(sentence)
                }
            }
            try save()
            return (did, failed)
        }
    }

    /// What other living runs wrote down of the same thing.
    func liveClaims(_ kind: String, _ name: String) -> [Entry] {
        Journal.all(in: directory).flatMap { file, record -> [Entry] in
            guard "\(directory)/\(file)" != path, let record, record.owner.state == .alive else { return [] }
            return record.entries.filter { $0.kind == kind && $0.name == name }
        }
    }

    private func save() throws {
        if record.entries.isEmpty {
            unlink(path)
            return
        }
        let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
        do throws(Errno) { try SystemFile.replace(path, with: text + "\n") } catch {
            throw LabError.system("write the journal \(path)", code: error.code)
        }
    }

    /// Every journal in the directory; nil for one that cannot be read as such.
    static func all(in directory: String) -> [(file: String, record: Record?)] {
        (SystemFile.names(in: directory) ?? []).filter { $0.hasSuffix(".json") }.map { file in
            let text = SystemFile.text("\(directory)/\(file)") ?? ""
            return (file, try? JSONDecoder().decode(Record.self, from: Data(text.utf8)))
        }
    }

    /// Takes over the journal of a dead process, to undo it.
    convenience init(adopting record: Record, in directory: String) {
        self.init(directory: directory, owner: record.owner)
        self.record = record
    }

    /// Runs `body` alone among all runs that use this directory; makes the directory, and removes it when left empty.
    static func locked<Result>(_ directory: String, _ body: () throws -> Result) throws -> Result {
        let descriptor = try lock(directory)
        defer {
            rmdir(directory)  // refused while a journal is in it
            close(descriptor)
        }
        return try body()
    }

    private static func lock(_ directory: String) throws -> Int32 {
        while true {
            guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
                throw LabError.system("make the journal's directory \(directory)", code: errno)
            }
            let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if descriptor < 0, errno == ENOENT { continue }
            guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
                throw LabError.system("open the journal's directory \(directory)", code: errno)
            }
            var held = stat(), there = stat()
            fstat(descriptor, &held)
            guard held.st_uid == geteuid() else {
                close(descriptor)
                throw LabError(.broken, "The journal's directory \(directory) belongs to user \(held.st_uid): remove it.")
            }
            // Another run may have removed the directory while this one waited for its lock.
            if lstat(directory, &there) == 0, there.st_ino == held.st_ino { return descriptor }
            close(descriptor)
        }
    }
}
