import CLab
import Engine
import Glibc
import Lab
import Profiles

/// Both sides started: what is around them, their processes, and the wait until they are ready.
extension Run {
    func startLanes(_ world: World) throws {
        if let command = plan.target.command {
            listeners = try startCommand(command, world)
        } else if plan.target.hasLanes {
            waiting.target = try spawn(.target, namespaces: world.targetNamespace.map { [$0] } ?? [])
            // The port is the target's now, and free again as soon as that has ended.
            door = nil
        }
        defer { listeners = nil }
        waiting.workers = try spawn(.workers, namespaces: world.workerNamespaces)
        let limit = monotonicSeconds() + Run.readySeconds
        while isTargetAwaited || board[.workersReady].load(ordering: .acquiring) == 0 {
            heed(waiting.next(milliseconds: 20))
            tellLive(.building)
            guard isGoingOn else { return }
            if monotonicSeconds() > limit { breakOff(unreadySentence) }
        }
        try settleDroplet()
        sampler = Sampler(
            board: board, plan: plan, target: waiting.target?.measured, workers: waiting.workers?.measured, droplet: droplet)
        if !plan.target.hasLanes {
            note("The workers are ready: \(plan.workerLanes.count) lanes, \(plan.engine.rawValue); the target is \(plan.target.address):\(plan.target.port).")
        } else {
            note("Both sides are ready: \(plan.target.lanes) target lanes, \(plan.workerLanes.count) worker lanes, \(plan.engine.rawValue).")
        }
        if let chatURL { note("The chat page is at \(chatURL) while the run lasts.") }
    }

    private var isTargetAwaited: Bool {
        if let listeners { return !isServed(by: listeners) }
        return plan.target.hasLanes && board[.targetReady].load(ordering: .acquiring) == 0
    }

    private var unreadySentence: String {
        if let listeners, !isServed(by: listeners) { return deafCommandSentence }
        return "The lanes were not ready within \(Int(Run.readySeconds)) s."
    }

    func buildDroplet(_ world: World) throws {
        do {
            droplet = try plan.cap.map { try TargetDroplet($0, plan, in: world) }
            if droplet == nil, let cpus = plan.targetQuota {
                targetGroup = try world.makeCgroup("target", CgroupLimits(cpuQuota: Double(cpus)))
            }
            let bytes = plan.host.capUnavailableBecause == nil ? plan.workersMemoryBytes : nil
            if bytes != nil || plan.workersQuota != nil {
                let limits = CgroupLimits(
                    memoryBytes: bytes, swapBytes: bytes.map { _ in 0 }, cpuQuota: plan.workersQuota.map { Double($0) })
                workersGroup = try world.makeCgroup("workers", limits)
            }
        } catch {
            let leaks = world.remove()
            throw leaks.isEmpty ? error : RunError("\(error) Then: \(leaks.joined(separator: " "))")
        }
    }

    func settleDroplet() throws {
        guard let droplet else { return }
        try droplet.settle()
        note(
            "The target's droplet: \(droplet.limitBytes >> 20) MiB, of which it holds \(droplet.baseBytes.map { "\($0 >> 20) MiB" } ?? "an unknown part") now; swap "
                + "\(droplet.cap.swapBytes.map { "\($0 >> 20) MiB" } ?? "as the host's").")
    }

    private func spawn(_ role: LaneProcess.Role, namespaces: [Int32]) throws -> ChildProcess {
        let planFile = try planDescriptor()
        defer { close(planFile) }
        var request = SpawnRequest(path: executable, arguments: ["lanes", role.rawValue])
        // What a connection takes is to be the same on every host.
        request.noHugePages = true
        request.descriptors = [
            2: record.events, LaneProcess.Descriptor.plan: planFile, LaneProcess.Descriptor.board: boardDescriptor,
            LaneProcess.Descriptor.bell: bell,
        ]
        seat(&request, role)
        if role == .target, let door { request.descriptors[LaneProcess.Descriptor.door] = door.descriptor }
        for (index, namespace) in namespaces.enumerated() {
            request.descriptors[LaneProcess.Descriptor.firstNamespace + Int32(index)] = namespace
        }
        return try Spawner.spawn(request)
    }

    /// Puts a side's process into its control group, and on its CPUs and memory nodes.
    func seat(_ request: inout SpawnRequest, _ role: LaneProcess.Role) {
        if let group = role == .target ? droplet?.group ?? targetGroup : workersGroup { request.cgroupProcs = group.procs }
        let side = role == .target ? plan.placement?.target : plan.placement?.workers
        request.cpus = side?.cpus.map { Int32($0) } ?? []
        // One node needs no saying, and kernels without NUMA refuse it.
        if plan.host.numaNodes > 1 { request.memoryNodes = side?.nodes.map { Int32($0) } ?? [] }
    }

    private func planDescriptor() throws -> Int32 {
        let data = try plan.encoded()
        let file = simbench_memory_file("simbench-plan", UInt64(data.count))
        let written = data.withUnsafeBytes { file < 0 ? -1 : pwrite(file, $0.baseAddress, $0.count, 0) }
        guard written == data.count else { throw RunError("The plan could not be handed to the lanes (errno \(errno)).") }
        return file
    }
}
