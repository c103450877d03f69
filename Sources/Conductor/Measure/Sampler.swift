import Engine
import Foundation
import Lab
import Profiles

/// One row of samples.csv.
struct Sample {
    var wallSeconds: Double
    var modelSeconds: Double
    var tally: Tally
    /// Memory charged to the target's droplet; without one, resident memory of the target's process.
    var targetMemoryBytes: UInt64?
    /// What of the droplet is in swap.
    var targetSwapBytes: UInt64?
    /// How often the droplet's limit was hit so far.
    var limitHits: UInt64?
    /// Share of the sampling period in which some task waited for memory: of the droplet where the kernel tells, else of the host.
    var memoryPressurePercent: Double?
    /// In CPUs: 1 is one CPU busy all the time.
    var cpuTarget: Double?
    var cpuWorkers: Double?
    var cpuSoftirq: Double?
    /// CPUs with nothing to do; nil where the run is confined to some of the host's.
    var cpuIdle: Double?
    var memoryAvailableBytes: UInt64?
    /// Whether the target is the built-in one, which counts its footprint.
    var hasTarget = true

    static let header =
        "t_s,model_t_s,users,connected,joined,connect_ok_total,errors_total,target_memory_bytes,target_swap_bytes,"
        + "memory_pressure_pct,cpu_target,cpu_workers,cpu_softirq,bytes_in,bytes_out,memory_available_bytes,"
        + "memory_limit_hits_total,footprint_bytes,etimedout_total,eaddrnotavail_total,gave_up_total,cpu_idle,joined_total,"
        + "lost_total," + causes.map { "errors_\($0)_total" }.joined(separator: ",")

    /// Those without a column of an older name.
    private static let causes = Tally.causeNames.filter { !["etimedout", "eaddrnotavail", "abort_max_conn_retries"].contains($0) }

    /// What was not measured is an empty field.
    var row: String {
        let fields: [String?] = [
            seconds(wallSeconds), seconds(modelSeconds), String(tally.started - tally.ended), String(tally.connected),
            String(tally.joined), String(tally.connectedTotal), String(tally.errorCount), targetMemoryBytes.map { String($0) },
            targetSwapBytes.map { String($0) }, memoryPressurePercent.map { String(format: "%.2f", $0) }, share(cpuTarget), share(cpuWorkers),
            share(cpuSoftirq), String(tally.bytesIn), String(tally.bytesOut), memoryAvailableBytes.map { String($0) },
            limitHits.map { String($0) }, hasTarget ? String(tally.footprintBytes) : nil, total("etimedout"), total("eaddrnotavail"),
            total("abort_max_conn_retries"),
        ]
        let later = [share(cpuIdle) ?? "", String(tally.joinedTotal), String(tally.lost)] + Self.causes.map(total)
        return (fields.map { $0 ?? "" } + later).joined(separator: ",")
    }

    private func total(_ error: String) -> String { String(tally.errors[error, default: 0]) }
    private func seconds(_ value: Double) -> String { String(format: "%.3f", value) }
    private func share(_ value: Double?) -> String? { value.map { String(format: "%.3f", $0) } }
}

/// CPU time and memory of both sides and of the host at one moment.
struct Usage {
    var seconds = monotonicSeconds()
    var target: ProcessUsage?
    var workers: ProcessUsage?
    var softirqTicks: UInt64?
    /// Of all CPUs of the host together.
    var idleTicks: UInt64?
    /// Microseconds that some task has waited for memory since boot, on the whole host.
    var pressureMicroseconds: UInt64?

    init(target: MeasuredProcess?, workers: MeasuredProcess?) {
        self.target = target?.usage()
        self.workers = workers?.usage()
        let cpu = HostReadings.cpu()?.total
        softirqTicks = cpu?.softIRQ
        idleTicks = cpu.map { $0.idle + $0.ioWait }
        pressureMicroseconds = HostReadings.memoryPressure()?.some.totalMicroseconds
    }

    /// CPU seconds that one side used since it began.
    static func seconds(_ usage: ProcessUsage) -> Double { Double(usage.userMicroseconds + usage.systemMicroseconds) * 1e-6 }

    /// CPU seconds that one side used since an earlier moment.
    static func seconds(_ now: ProcessUsage?, since earlier: ProcessUsage?) -> Double? {
        guard let now, let earlier else { return nil }
        let before = earlier.userMicroseconds + earlier.systemMicroseconds
        let after = now.userMicroseconds + now.systemMicroseconds
        return after >= before ? Double(after - before) * 1e-6 : nil
    }

    /// Whether a run has all CPUs of the host, which is what the host's idle time is about.
    static func isWholeHost(_ plan: Plan) -> Bool { plan.host.cpus == sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

    func softirqSeconds(since earlier: Usage) -> Double? { Self.ticks(softirqTicks, since: earlier.softirqTicks) }
    func idleSeconds(since earlier: Usage) -> Double? { Self.ticks(idleTicks, since: earlier.idleTicks) }

    private static func ticks(_ now: UInt64?, since before: UInt64?) -> Double? {
        guard let now, let before, now >= before else { return nil }
        return Double(now - before) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

/// Memory that can still be had: free, or caching files.
///
/// Not MemAvailable: that counts half of the reclaimable slabs, and the inodes and directory entries of open sockets are
/// counted as such though nothing can reclaim them. With 2.78 M pairs it promised 6 GiB on a host that had 0.5 left.
enum MemoryLeft {
    static func bytes(_ memory: Meminfo) -> UInt64? {
        guard let free = memory["MemFree"], let active = memory["Active(file)"], let inactive = memory["Inactive(file)"]
        else { return nil }
        return free + active + inactive
    }
}

/// Takes a sample of the board and the host, as often as it is asked.
struct Sampler {
    let board: Board
    let plan: Plan
    let target: MeasuredProcess?
    let workers: MeasuredProcess?
    let droplet: TargetDroplet?
    /// CLOCK_MONOTONIC seconds at model time 0; nil before the ramp.
    var start: Double?
    private var last: Usage
    private var lastPressure: UInt64?

    init(board: Board, plan: Plan, target: MeasuredProcess?, workers: MeasuredProcess?, droplet: TargetDroplet?) {
        self.board = board
        self.plan = plan
        self.target = target
        self.workers = workers
        self.droplet = droplet
        last = Usage(target: target, workers: workers)
        lastPressure = droplet?.last.pressureSomeTotalMicroseconds ?? last.pressureMicroseconds
    }

    mutating func sample() -> Sample {
        let usage = Usage(target: target, workers: workers)
        defer { last = usage }
        let period = max(usage.seconds - last.seconds, 1e-6)
        let wall = start.map { usage.seconds - $0 } ?? 0
        let group = droplet?.read()
        return Sample(
            wallSeconds: wall, modelSeconds: wall * plan.speedup, tally: Tally(board, targetLanes: plan.target.lanes),
            targetMemoryBytes: group?.memoryBytes ?? usage.target?.residentBytes, targetSwapBytes: group?.swapBytes,
            limitHits: group?.limitHits,
            memoryPressurePercent: pressure(group?.pressureSomeTotalMicroseconds ?? usage.pressureMicroseconds, period),
            cpuTarget: Usage.seconds(usage.target, since: last.target).map { $0 / period },
            cpuWorkers: Usage.seconds(usage.workers, since: last.workers).map { $0 / period },
            cpuSoftirq: usage.softirqSeconds(since: last).map { $0 / period },
            cpuIdle: Usage.isWholeHost(plan) ? usage.idleSeconds(since: last).map { $0 / period } : nil,
            memoryAvailableBytes: HostReadings.memory().flatMap(MemoryLeft.bytes), hasTarget: plan.target.hasLanes)
    }

    /// Percent of the period, from a total of waiting time that only grows.
    private mutating func pressure(_ now: UInt64?, _ period: Double) -> Double? {
        defer { lastPressure = now }
        guard let now, let before = lastPressure, now >= before else { return nil }
        return min(100, Double(now - before) * 1e-4 / period)
    }
}
