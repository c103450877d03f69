import Profiles

@testable import Conductor
@testable import Views

import struct Conductor.Progress

/// Runs that never were, with figures that are easy to recognise.
enum Fixture {
    static func ramping(_ change: (inout Progress) -> Void = { _ in }) -> Progress {
        var progress = Progress(
            stage: .ramping, elapsedSeconds: 62.4, modelSeconds: 62, usersStarted: 1_800_000, usersPlanned: 2_400_000,
            connected: 1_200_990, joined: 1_200_334, joinsPerSecond: 38_412.6, memoryUsedBytes: 11 << 30,
            memoryTotalBytes: 24 << 30, errors: 0, lost: 0, secondsLeft: 31.2)
        change(&progress)
        return progress
    }

    static let host = HostFacts(
        kernelRelease: "6.18.0", cpuModel: "test", cpus: 2, memoryTotalBytes: 24 << 30, memoryAvailableBytes: 23 << 30,
        swapTotalBytes: 0, numaNodes: 1, descriptorLimit: 20_000, ioUringUnavailableBecause: nil, privilege: .root,
        privilegeLimitedBecause: nil, tcpMemoryBytes: 2 << 30)

    static func percentiles(_ base: UInt64) -> Summary.Percentiles {
        .init(p50: base, p90: base * 2, p99: base * 10, p999: base * 100, max: base * 1_000, count: 2_000)
    }

    /// A run in which all went well.
    static func passed(_ change: (inout Summary) -> Void = { _ in }) -> Summary {
        var summary = Summary(
            version: "0.1.0", profile: "smoke", engine: .ioUring, fit: .full, speedup: 1, seed: 7,
            digest: "0123456789abcdef", degraded: [], verdict: "passed",
            ceiling: .init(cause: "none", atConnected: nil, evidence: []), users: .init(peak: 2_000, started: 2_000),
            connected: .init(peak: 2_000, final: 2_000), joined: .init(peak: 2_000, final: 2_000),
            verified: .init(asked: 2_000, replied: 2_000, missing: 0, seconds: 0.02), lost: 0, errors: [:], retries: 0,
            ramp: .init(seconds: 0.05, joinsPerSecond: 40_000),
            latencyUs: .init(connect: percentiles(812), join: percentiles(1_250), heartbeat: nil, broadcast: nil),
            bytesPerConnection: .init(
                targetKernel: 4_100.4, targetUser: 24, targetFootprint: nil, workerKernel: 4_300, workerUser: 40.25,
                pair: 8_464.65, fixed: 50_331_648, method: "test", slab: nil),
            cpuUsPerConnection: .init(target: 8.04, workers: 9, softirq: nil, method: "CPU time of both processes and of softirq."),
            traffic: .init(bytesIn: 1, bytesOut: 2), fidelity: .init(), droplet: nil, interference: .init(),
            teardown: .init(seconds: 0.25, leaks: []),
            expectations: [.init(figure: "joined.peak", comparison: "==", value: 2_000, measured: 2_000, held: true)],
            host: host)
        change(&summary)
        return summary
    }

    /// A run that is held against a reference.
    static func compared(_ change: (inout Summary.Fidelity) -> Void = { _ in }) -> Summary {
        passed {
            $0.fidelity = .init(
                rmsePct: 0.412, maxDeviationPct: 0.9296, maxRelativeDeviationPct: 1.2, finalDeviationPct: 0.05,
                referenceFinalConnected: 2_318_816, comparedSamples: 446, comparedFromModelS: 507.4,
                comparedToModelS: 4_957.4, kneeConnected: 1_967_400, kneeModelS: 3_944.2,
                kneeIntervalModelS: [3_920.1, 3_960.3], slopeBefore: 499.4, slopeAfter: 413.8,
                referenceKneeConnected: 1_960_579, referenceKneeModelS: 3_927.4,
                referenceKneeIntervalModelS: [3_917.4, 3_947.4], referenceSlopeBefore: 499.5, referenceSlopeAfter: 412.5)
            change(&$0.fidelity)
        }
    }

    /// A run in which much went wrong.
    static func failed() -> Summary {
        passed {
            $0.profile = "do-64gb"
            $0.engine = .epoll
            $0.speedup = 10
            $0.verdict = "failed"
            $0.ceiling = .init(
                cause: "accept_queue", atConnected: 1_203_000, evidence: ["The target's accept queue overflowed 17 times."])
            $0.errors = ["etimedout": 1_200, "econnreset": 34, "eaddrnotavail": 34]
            $0.retries = 500
            $0.lost = 3
            $0.verified = .init(asked: 1_203_000, replied: 1_202_990, missing: 10, seconds: 12)
            $0.digest = nil
            $0.ramp = .init()
            $0.latencyUs = .init()
            $0.bytesPerConnection = .init(method: "none")
            $0.cpuUsPerConnection = .init(method: "Nothing was measured: nobody joined.")
            $0.teardown = .init(seconds: 31, leaks: ["12 sockets of the target were still there 31 s after the run."])
            $0.expectations = [
                .init(figure: "joined.peak", comparison: ">=", value: 2_300_000, measured: 1_203_000, held: false),
                .init(figure: "bytes_per_connection.pair", comparison: "<=", value: 9_000, measured: nil, held: false),
            ]
            $0.degraded = [
                "The engine is epoll, because io_uring does not work here. kernel.io_uring_disabled is 2: io_uring is off for everyone.",
                "Global kernel settings cannot be changed without root.",
            ]
        }
    }
}
