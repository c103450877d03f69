import Engine
import Foundation
import Lab
import Profiles

/// One row of samples.csv.
struct Sample {
    var wallSeconds: Double
    var modelSeconds: Double
    var tally: Tally
    /// Resident memory of the target's process.
    var targetMemoryBytes: UInt64?
    /// Share of time in which some task waited for memory, over the last 10 s.
    var memoryPressurePercent: Double?
    /// In CPUs: 1 is one CPU busy all the time.
    var cpuTarget: Double?
    var cpuWorkers: Double?
    var cpuSoftirq: Double?
    var memoryAvailableBytes: UInt64?

    static let header =
        "t_s,model_t_s,users,connected,joined,connect_ok_total,errors_total,target_memory_bytes,target_swap_bytes,"
        + "memory_pressure_pct,cpu_target,cpu_workers,cpu_softirq,bytes_in,bytes_out,memory_available_bytes"

    /// What was not measured is an empty field.
    var row: String {
        let fields: [String?] = [
            seconds(wallSeconds), seconds(modelSeconds), String(tally.started - tally.ended), String(tally.connected),
            String(tally.joined), String(tally.connectedTotal), String(tally.errorCount), targetMemoryBytes.map { String($0) },
            // No droplet is built around the target yet, so nothing of it can be in a swap of its own.
            nil, memoryPressurePercent.map { String(format: "%.2f", $0) }, share(cpuTarget), share(cpuWorkers),
            share(cpuSoftirq), String(tally.bytesIn), String(tally.bytesOut), memoryAvailableBytes.map { String($0) },
        ]
        return fields.map { $0 ?? "" }.joined(separator: ",")
    }

    private func seconds(_ value: Double) -> String { String(format: "%.3f", value) }
    private func share(_ value: Double?) -> String? { value.map { String(format: "%.3f", $0) } }
}

/// CPU time and memory of both sides and of the host at one moment.
struct Usage {
    var seconds = monotonicSeconds()
    var target: ProcessUsage?
    var workers: ProcessUsage?
    var softirqTicks: UInt64?

    init(target: Int32?, workers: Int32?) {
        self.target = target.flatMap { ProcessUsage.of(pid: $0) }
        self.workers = workers.flatMap { ProcessUsage.of(pid: $0) }
        softirqTicks = HostReadings.cpu()?.total.softIRQ
    }

    /// CPU seconds that one side used since an earlier moment.
    static func seconds(_ now: ProcessUsage?, since earlier: ProcessUsage?) -> Double? {
        guard let now, let earlier else { return nil }
        let before = earlier.userMicroseconds + earlier.systemMicroseconds
        let after = now.userMicroseconds + now.systemMicroseconds
        return after >= before ? Double(after - before) * 1e-6 : nil
    }

    func softirqSeconds(since earlier: Usage) -> Double? {
        guard let softirqTicks, let before = earlier.softirqTicks, softirqTicks >= before else { return nil }
        return Double(softirqTicks - before) / Double(sysconf(Int32(_SC_CLK_TCK)))
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
    let target: Int32?
    let workers: Int32?
    /// CLOCK_MONOTONIC seconds at model time 0; nil before the ramp.
    var start: Double?
    private var last: Usage

    init(board: Board, plan: Plan, target: Int32?, workers: Int32?) {
        self.board = board
        self.plan = plan
        self.target = target
        self.workers = workers
        last = Usage(target: target, workers: workers)
    }

    mutating func sample() -> Sample {
        let usage = Usage(target: target, workers: workers)
        defer { last = usage }
        let period = max(usage.seconds - last.seconds, 1e-6)
        let wall = start.map { usage.seconds - $0 } ?? 0
        return Sample(
            wallSeconds: wall, modelSeconds: wall * plan.speedup, tally: Tally(board),
            targetMemoryBytes: usage.target?.residentBytes,
            memoryPressurePercent: HostReadings.memoryPressure()?.some.average10,
            cpuTarget: Usage.seconds(usage.target, since: last.target).map { $0 / period },
            cpuWorkers: Usage.seconds(usage.workers, since: last.workers).map { $0 / period },
            cpuSoftirq: usage.softirqSeconds(since: last).map { $0 / period },
            memoryAvailableBytes: HostReadings.memory().flatMap(MemoryLeft.bytes))
    }
}
