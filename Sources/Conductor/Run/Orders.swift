import CLab
import Engine
import Foundation
import Glibc
import Lab
import Profiles

/// What the conductor hands to the processes that carry lanes, and how they make their orders of it.
///
/// They are this program again, started with the hidden verb `lanes`: descriptors come at fixed numbers, everything else
/// is in the plan.
public enum LaneProcess {
    public enum Role: String, Sendable {
        case target, workers
    }

    /// Descriptor numbers in the child.
    enum Descriptor {
        static let plan: Int32 = 3
        static let board: Int32 = 4
        static let bell: Int32 = 5
        /// The target's namespace, or the workers' by position.
        static let firstNamespace: Int32 = 6
        /// The target's only: the listening socket in the host's own network.
        static let door: Int32 = 7
    }

    /// Carries the lanes of one side until the run is over. Returns the exit status; a failure is said on standard error.
    public static func serve(_ role: Role) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        guard let text = readAll(Descriptor.plan), let plan = try? Plan.decode(text) else {
            return fail("This verb is for `simbench run` itself: the plan was not handed over.")
        }
        // Its size tells whether there is a lane for the door beside the plan's own.
        var file = stat()
        guard fstat(Descriptor.board, &file) == 0, let memory = Board.map(descriptor: Descriptor.board, bytes: Int(file.st_size)),
            let board = Board(attachingAt: memory)
        else {
            return fail("The shared board could not be mapped (errno \(errno)).")
        }
        _ = simbench_raise_descriptor_limit()
        let failure =
            switch role {
            case .target: TargetHost.serve(targetOrders(plan, board))
            case .workers: WorkerHost.serve(workerOrders(plan, board))
            }
        if let failure {
            board[.failures].wrappingAdd(1, ordering: .relaxed)
            return fail(failure)
        }
        return 0
    }

    private static func fail(_ sentence: String) -> Int32 {
        FileHandle.standardError.write(Data("simbench lanes: \(sentence)\n".utf8))
        return 70
    }

    private static func readAll(_ descriptor: Int32) -> Data? {
        lseek(descriptor, 0, SEEK_SET)
        return try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: false).readToEnd()
    }

    /// How many chains of target lanes accept at the same time, each on the CPU at its position.
    static func chainCPUs(_ plan: Plan) -> [Int32] {
        let cpus = Affinity.current()
        // Two chains on one CPU would only get into each other's way.
        let most = plan.placement?.target.cpus.isEmpty == false ? max(1, cpus.count) : Int.max
        let count = max(1, min(plan.activeLanes, plan.target.lanes, Board.chainLimit, most))
        return (0..<count).map { cpus.isEmpty ? -1 : cpus[$0 % cpus.count] }
    }

    private static func targetOrders(_ plan: Plan, _ board: Board) -> TargetOrders {
        TargetOrders(
            usesRing: plan.engine == .ioUring, board: board, bell: Descriptor.bell,
            namespace: plan.network == .loopback ? nil : Descriptor.firstNamespace, address: plan.target.address,
            port: plan.target.port, portCount: plan.target.portCount, path: plan.target.path,
            laneCapacity: plan.target.laneCapacity,
            laneSlots: TargetLaneSize(descriptorLimit: plan.host.descriptorLimit, engine: plan.engine).slots,
            chainCPUs: chainCPUs(plan), footprint: plan.footprint.map(footprintPart),
            hibernateAfterNanoseconds: plan.hibernateAfterSeconds.map { UInt64($0 / plan.speedup * 1e9) },
            rules: rules(plan.target.rules, speedup: plan.speedup),
            door: board.targetLanes > plan.target.lanes ? Descriptor.door : nil, receivesAtRest: plan.waiting == .receive)
    }

    /// The plan's rules in wall time.
    static func rules(_ plan: Plan.Rules, speedup: Double) -> TargetRules {
        func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(min(seconds, Limits.durationSeconds) * 1e9) }
        var rules = TargetRules()
        rules.frameLimitBytes = Int(clamping: plan.frameLimitBytes)
        rules.messageLimitBytes = Int(clamping: plan.messageLimitBytes)
        rules.handshakeTimeoutNanoseconds = nanoseconds(plan.handshakeTimeoutSeconds)
        rules.messageTimeoutNanoseconds = nanoseconds(plan.messageTimeoutSeconds)
        rules.idleTimeoutNanoseconds = plan.idleTimeoutSeconds.map { nanoseconds($0 / speedup) }
        rules.origins = plan.origins
        return rules
    }

    private static func footprintPart(_ part: Plan.FootprintPart) -> FootprintPart {
        let access: FootprintPart.Access =
            switch part.onMessage {
            case .none: .none
            case .touch: .touch
            case .copy: .copy
            }
        return FootprintPart(
            bytes: Int(clamping: part.bytes), access: access, hibernatedBytes: part.hibernatedBytes.map { Int(clamping: $0) })
    }

    private static func workerOrders(_ plan: Plan, _ board: Board) -> WorkerOrders {
        let cpus = workerCPUs(plan)
        var firstUser: UInt64 = 1
        let lanes = plan.workerLanes.enumerated().map { number, lane in
            let worker = plan.workers[lane.worker]
            defer { firstUser += UInt64(lane.users) }
            return WorkerLaneOrder(
                namespace: plan.network == .loopback ? nil : Descriptor.firstNamespace + Int32(lane.worker),
                sourceAddress: sourceAddress(plan, worker), worker: lane.worker,
                firstUser: firstUser, users: lane.users, arrivalsBefore: lane.firstUser, firstPort: worker.firstPort,
                lastPort: worker.lastPort, portsInSequence: worker.portOrder == .sequence,
                unansweredShare: worker.unansweredShare, cpu: cpus[number])
        }
        return WorkerOrders(
            usesRing: plan.engine == .ioUring, board: board, bell: Descriptor.bell,
            targetAddress: plan.target.address, deadAddress: plan.unansweredAddress ?? plan.target.address, port: plan.target.port,
            portCount: plan.target.portCount, path: plan.target.path, seed: plan.seed, speedup: plan.speedup,
            isExponential: plan.interArrival == .exponential, activeLanes: plan.activeLanes, window: plan.window,
            retries: plan.retries, retryWaitMilliseconds: Int(plan.retryWaitMilliseconds.rounded(.up)),
            hasSocketCommands: plan.host.isKernelAtLeast(6, 7), session: SessionOrders.steps(plan), phases: shares(plan),
            lanes: lanes, host: plan.target.host, receivesAtRest: plan.waiting == .receive)
    }

    /// A worker in a namespace of its own has but one address.
    private static func sourceAddress(_ plan: Plan, _ worker: Plan.Worker) -> String? {
        plan.network == .loopback && !worker.leavesAddressToKernel ? worker.address : nil
    }

    /// The CPU of each worker lane: of all, or of its worker's memory node where the workers have several. -1: any.
    private static func workerCPUs(_ plan: Plan) -> [Int32] {
        let all = Affinity.current()
        let seats = seats(plan)
        var pools: [Int: [Int32]] = [:]
        var dealt: [[Int32]: Int] = [:]
        let hasSeveralNodes = (plan.placement?.workers.nodes.count ?? 0) > 1
        return plan.workerLanes.enumerated().map { number, lane in
            guard hasSeveralNodes else { return all.isEmpty ? -1 : all[seats[number] % all.count] }
            let pool = pools[lane.worker] ?? plan.cpus(ofWorker: lane.worker).map { Int32($0) }.filter(all.contains)
            pools[lane.worker] = pool
            defer { dealt[pool, default: 0] += 1 }
            return pool.isEmpty ? -1 : pool[dealt[pool, default: 0] % pool.count]
        }
    }

    /// For each worker lane a number whose remainder by the CPUs is its CPU, so that lanes that are busy at the same time
    /// are spread over all of them.
    ///
    /// In a full ramp those are neighbours: lanes run one after another. In a paced one all workers are busy, each in the
    /// same one of its lanes: counted straight through, workers of an even number of lanes would all sit on one CPU of two.
    static func seats(_ plan: Plan) -> [Int] {
        guard plan.phases.contains(where: { $0.ratePerSecond != nil }) else { return Array(plan.workerLanes.indices) }
        var lanesOfWorker: [Int: Int] = [:]
        return plan.workerLanes.map { lane in
            defer { lanesOfWorker[lane.worker, default: 0] += 1 }
            return lane.worker + lanesOfWorker[lane.worker, default: 0]
        }
    }

    /// Each worker's share of each phase: the rate in equal parts, the users as its own limit has it.
    ///
    /// The shares of a phase add up to its users, and those of a worker to the users it has room for: each phase is dealt
    /// out in proportion to the room that the phases before have left, with cumulative rounding.
    static func shares(_ plan: Plan) -> [[WorkerPhase]] {
        let total = Double(max(1, plan.workers.reduce(0) { $0 + $1.users }))
        var room = plan.workers.map(\.users)
        var shares: [[WorkerPhase]] = Array(repeating: [], count: room.count)
        for phase in plan.phases {
            let roomInAll = room.reduce(0, +)
            let users = min(phase.users, roomInAll)
            var before = 0
            for (index, worker) in plan.workers.enumerated() {
                let after = before + room[index]
                let dealt = users * after / max(1, roomInAll) - users * before / max(1, roomInAll)
                before = after
                room[index] -= dealt
                shares[index].append(
                    WorkerPhase(
                        durationSeconds: phase.durationSeconds,
                        ratePerSecond: phase.ratePerSecond.map { $0 * Double(worker.users) / total }, users: dealt))
            }
        }
        return shares
    }
}
