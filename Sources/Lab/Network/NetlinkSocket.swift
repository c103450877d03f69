import Glibc

/// An rtnetlink socket that speaks for one network namespace: the one its opening thread was in.
///
/// Not for concurrent use. Each request waits for the kernel's answer: a few microseconds, milliseconds for links.
final class NetlinkSocket {
    private var descriptor: Int32
    private var sequence: UInt32 = 0

    /// `namespace` nil: the calling thread's.
    init(namespace: Int32? = nil) throws {
        func make() throws -> Int32 {
            let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let descriptor = socket(AF_NETLINK, kind, Rtnetlink.protocolRoute)
            guard descriptor >= 0 else { throw LabError.system("open a netlink socket", code: errno) }
            return descriptor
        }
        descriptor = try namespace.map { try onThread(inNamespace: $0, make) } ?? make()
        // Sentences with the errors, and errors without an echo of the request; older kernels just lack them.
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Rtnetlink.socketLevel, Rtnetlink.extendedAcknowledge, &on, size)
        setsockopt(descriptor, Rtnetlink.socketLevel, Rtnetlink.capAcknowledge, &on, size)
    }

    deinit { close() }

    /// The socket keeps its namespace alive: close it as soon as the work is done.
    func close() {
        guard descriptor >= 0 else { return }
        Glibc.close(descriptor)
        descriptor = -1
    }

    /// Sends a request and returns the messages that came before its acknowledgement.
    /// `action` reads after "Could not"; `module` is the kernel's for the kind of link that is asked for.
    @discardableResult
    func request(
        _ message: NetlinkMessage, _ action: @autoclosure () -> String, module: String? = nil
    ) throws -> [NetlinkAnswer] {
        sequence += 1
        let bytes = message.finished(sequence: sequence)
        guard send(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw LabError.system(action(), code: errno)
        }
        var answers: [NetlinkAnswer] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw LabError.system(action(), code: count < 0 ? errno : EPROTO) }
            for answer in NetlinkAnswer.parse(Array(buffer[..<count])) where answer.sequence == sequence {
                guard answer.type == Rtnetlink.error || answer.type == Rtnetlink.done else {
                    answers.append(answer)
                    continue
                }
                let (code, sentence) = answer.verdict
                if code == 0 { return answers }
                throw Self.failure(action(), code, sentence, module)
            }
        }
    }

    static func failure(_ action: String, _ code: Int32, _ sentence: String?, _ module: String?) -> LabError {
        let said = sentence.map { "The kernel says: \($0.hasSuffix(".") ? $0 : $0 + ".")" }
        let hint: String? = switch code {
        case EOPNOTSUPP: module.map { "This kernel has no such kind of link: load or install the \($0) module (`modprobe \($0)`, as root)." }
        case EEXIST: "Something of that name or address is already there: `simbench cleanup` removes what a dead run left."
        default: nil
        }
        let parts = [said, hint].compactMap { $0 }
        return .system(action, code: code, hint: parts.isEmpty ? nil : parts.joined(separator: " "))
    }
}
