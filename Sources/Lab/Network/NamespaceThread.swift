import CLab
import Glibc

/// Runs `body` on a fresh thread and waits for it. What the thread changes for itself alone (namespace, affinity,
/// descriptor table) ends with it. Costs a thread: tens of microseconds.
public func onFreshThread<Result>(_ body: () throws -> Result) throws -> Result {
    try withoutActuallyEscaping(body) { escaping in
        let work = ThreadWork(escaping)
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { argument in
            let work = Unmanaged<AnyThreadWork>.fromOpaque(argument!).takeUnretainedValue()
            work.run()
            return nil
        }, Unmanaged<AnyThreadWork>.passUnretained(work).toOpaque())
        guard code == 0 else { throw LabError.system("start a thread", code: code) }
        pthread_join(thread, nil)
        return try withExtendedLifetime(work) { try work.outcome!.get() }
    }
}

/// Runs `body` on a fresh thread inside a network namespace. A socket or a /proc/thread-self/net file opened there
/// stays in that namespace and can be used from any thread afterwards.
public func onThread<Result>(inNamespace descriptor: Int32, _ body: () throws -> Result) throws -> Result {
    try onFreshThread {
        let code = simbench_enter_network_namespace(descriptor)
        guard code == 0 else { throw LabError.system("enter a network namespace", code: -code) }
        return try body()
    }
}

private class AnyThreadWork {
    func run() {}
}

private final class ThreadWork<Outcome>: AnyThreadWork {
    let body: () throws -> Outcome
    var outcome: Result<Outcome, any Error>?
    init(_ body: @escaping () throws -> Outcome) { self.body = body }
    override func run() { outcome = Result { try body() } }
}
