import Glibc

@testable import Engine

/// A board of a test's own.
final class BoardMemory {
    let board: Board
    private let bytes: Int

    init(targetLanes: Int, workerLanes: Int) {
        bytes = Board.bytes(targetLanes: targetLanes, workerLanes: workerLanes)
        board = Board(creatingAt: Pages.map(bytes: bytes), targetLanes: targetLanes, workerLanes: workerLanes)
    }

    deinit { Pages.unmap(board.base, bytes: bytes) }

    func set(_ phase: Board.Phase) { board[.phase].store(phase.rawValue, ordering: .releasing) }

    /// The source ports of the only worker; nil leaves the choice to the kernel.
    func ports(_ range: ClosedRange<UInt16>?) -> Ports {
        range.map { Ports(first: $0.lowerBound, last: $0.upperBound, cursor: board.portCursor(ofWorkerWithFirstLane: 0)) } ?? .kernel
    }

    /// Of a target lane. A test host that refuses a few MiB of address space runs no test.
    func footprint(_ parts: [FootprintPart], slots: Int, hibernateAfterNanoseconds: UInt64? = nil, lane: Int = 0) -> Footprint {
        do {
            return try Footprint(
                parts, slots: slots, hibernateAfterNanoseconds: hibernateAfterNanoseconds, lane: lane, board: board.target(lane))
        } catch {
            fatalError("\(error)")
        }
    }
}

/// The handshake of every test's users.
enum TestUsers {
    static let path = "/socket/websocket"
    static let host = "127.0.0.1:4000"
    // Written once, read by all.
    nonisolated(unsafe) static let request = request(path)
    nonisolated(unsafe) static let echoRequest = request("/echo")
    nonisolated(unsafe) static let servedPath = StaticBytes(path)

    nonisolated(unsafe) static let page = StaticBytes(ChatPage.response(socketPath: path))

    nonisolated(unsafe) static let immediate: UnsafeMutablePointer<Pacer.Phase> = phase(.infinity)
    /// A user each model millisecond.
    nonisolated(unsafe) static let paced: UnsafeMutablePointer<Pacer.Phase> = phase(1_000)

    private static func request(_ path: String) -> UpgradeRequest {
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: Blocks.bytes, alignment: 8)
        guard let request = UpgradeRequest(host: host, path: path, storage: storage) else { fatalError("the request fits") }
        return request
    }

    private static func phase(_ rate: Double) -> UnsafeMutablePointer<Pacer.Phase> {
        let memory = UnsafeMutablePointer<Pacer.Phase>.allocate(capacity: 1)
        memory.initialize(to: Pacer.Phase(durationNanoseconds: 3_600_000_000_000, ratePerSecond: rate, maximumUsers: .max))
        return memory
    }

    /// What a session of so many steps needs is there for ever; each is made once.
    static func script(_ steps: [SessionStep]) -> Script {
        do { return try Script(steps, lastUser: 1_000_000) } catch { fatalError("\(error)") }
    }

    nonisolated(unsafe) static let published = script(SessionStep.published)

    static func worker(
        users: Int, seed: UInt64, isUnpaced: Bool = true, window: Int = 16, ports: Ports = .kernel, retries: Int = 3,
        unansweredShare: Double = 0, speedup: Double = 1, destinationCount: Int = 1, bell: Int32 = -1, script: Script = published,
        request: UpgradeRequest = TestUsers.request
    ) -> WorkerLaneSettings {
        WorkerLaneSettings(
            lane: 0, firstUser: 1_000, users: users, seed: seed, worker: 0, arrivalsBefore: 0,
            phases: isUnpaced ? immediate : paced, phaseCount: 1, spacing: .exponential, speedup: speedup, isUnpaced: isUnpaced,
            activeLanes: 1, window: window, ports: ports,
            unanswered: Unanswered(share: unansweredShare, seed: seed, worker: 0), destinationCount: destinationCount,
            sourceAddress: 0,
            retry: RetryPolicy(retries: retries, waitMilliseconds: 10), request: request, bell: bell, script: script)
    }

    static func target(
        lane: Int = 0, capacity: Int, slots: Int, listeners: [Int32] = [0], bell: Int32 = -1, laneCount: Int = 1
    ) -> TargetLaneSettings {
        TargetLaneSettings(
            lane: lane, capacity: capacity, slots: slots, listeners: listeners, portCount: listeners.count, chainCount: 1,
            path: servedPath, bell: bell, laneCount: laneCount)
    }
}

extension LaneBoard {
    /// All counted failures, by cause.
    var causes: [Counter: UInt64] {
        var all: [Counter: UInt64] = [:]
        for counter in Counter.allCases where counter.cause != nil && self[counter] > 0 { all[counter] = self[counter] }
        return all
    }
}
