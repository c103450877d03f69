import Engine
import Foundation

/// Writes `tsung.log`: the run as Tsung's own report generator (`tsung_stats.pl`) reads it, dump by dump.
///
/// Model time takes the place of Tsung's clock, so that the report's axes are the profile's: a dump is taken whenever a
/// whole period of model time is over, and bears that moment's epoch. Periods are all alike, because the generator divides
/// every rate by the first one; they are 10 s as Tsung's, or a second in runs too short for that. The last dump holds
/// what was counted by the end of the run and bears the end of the period it fell into.
///
/// Only what was measured has a line. `users`, `users_count`, `finish_users_count`, `size_rcv`, `size_sent` and
/// `websocket_succ` are Tsung's; `connected` counts opened WebSockets where Tsung counts TCP connections. `connect` and
/// `page` are milliseconds of wall clock from the moment a user was due, to its connection and to the answer to its join;
/// Tsung counts from the moment the user really began. Requests and whole sessions are not timed, and have no lines.
struct TsungLog {
    /// What was counted at one moment.
    struct Figures {
        var tally: Tally
        var connect = HistogramSum()
        var join = HistogramSum()
    }

    static let head = """
        # A run of simbench in the form of Tsung's log. Time is model time; connect and page are wall-clock milliseconds
        # from the moment a user was due; connected counts opened WebSockets.

        """

    /// Model seconds between dumps.
    let periodSeconds: Int
    /// Unix time at model time 0.
    let startEpoch: Int
    private var last: Figures?
    private var mostUsers = 0
    /// Errors that have happened: their lines stay, as in Tsung's logs.
    private var seen: Set<String> = []
    private var dumps = 0

    init(periodSeconds: Int, startEpoch: Int) {
        self.periodSeconds = max(1, periodSeconds)
        // The generator takes a first epoch of 0 for none.
        self.startEpoch = max(1, startEpoch)
    }

    /// Tsung's 10 s where a run has a few minutes of model time, else one; more where 10 s pass within a few samples' time.
    static func period(plannedSeconds: Double, speedup: Double) -> Int {
        let shortestWallSeconds = 0.05
        let period = plannedSeconds >= 300 ? 10.0 : 1
        return Int(max(period, (speedup * shortestWallSeconds / period).rounded(.up) * period))
    }

    /// Model seconds of the next dump.
    var nextSeconds: Double { Double(dumps * periodSeconds) }

    /// The text of the dump that is due at `modelSeconds`; nil before that. Periods that nobody could look at are passed over.
    mutating func dump(at modelSeconds: Double, _ figures: @autoclosure () -> Figures) -> String? {
        guard modelSeconds >= nextSeconds else { return nil }
        let index = Int((modelSeconds / Double(periodSeconds)).rounded(.down))
        return text(index, figures())
    }

    /// The last dump, in the period that is not over yet.
    mutating func close(_ figures: Figures) -> String { text(dumps, figures) }

    private mutating func text(_ index: Int, _ now: Figures) -> String {
        defer {
            last = now
            dumps = index + 1
        }
        let before = last ?? Figures(tally: .none)
        let users = now.tally.started - now.tally.ended
        mostUsers = max(mostUsers, users)
        var lines = ["# stats: dump at \(startEpoch + index * periodSeconds)", "stats: users \(users) \(mostUsers)"]
        func count(_ name: String, _ value: Int, _ earlier: Int) { lines.append("stats: \(name) \(value - earlier) \(value)") }
        count("users_count", now.tally.started, before.tally.started)
        count("finish_users_count", now.tally.ended, before.tally.ended)
        lines += sample("connect", now.connect, before.connect) + sample("page", now.join, before.join)
        count("connected", now.tally.connected, before.tally.connected)
        count("websocket_succ", now.tally.connectedTotal, before.tally.connectedTotal)
        count("size_rcv", Int(clamping: now.tally.bytesIn), Int(clamping: before.tally.bytesIn))
        count("size_sent", Int(clamping: now.tally.bytesOut), Int(clamping: before.tally.bytesOut))
        let errors = Self.errors(now.tally), earlier = Self.errors(before.tally)
        seen.formUnion(errors.keys)
        for name in seen.sorted() { count(name, errors[name] ?? 0, earlier[name] ?? 0) }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Count, mean and deviation of this period; extremes of the whole run; mean and count of what came before it.
    private func sample(_ name: String, _ now: HistogramSum, _ before: HistogramSum) -> [String] {
        guard now.count > 0, let most = now.maximumMicroseconds, let least = now.minimumMicroseconds else { return [] }
        let spread = now.spread(since: before)
        let figures = [
            spread?.meanMicroseconds ?? 0, spread?.deviationMicroseconds ?? 0, Double(most), Double(min(least, most)),
            before.meanMicroseconds ?? 0,
        ]
        let text = figures.map { String(format: "%.3f", $0 / 1_000) }.joined(separator: " ")
        return ["stats: \(name) \(spread?.count ?? 0) \(text) \(before.count)"]
    }

    /// By Tsung's names where it has one.
    private static func errors(_ tally: Tally) -> [String: Int] {
        var errors: [String: Int] = [:]
        for (cause, count) in tally.errors {
            let name =
                switch cause {
                case "eaddrnotavail", "econnrefused", "econnreset", "etimedout": "error_connect_\(cause)"
                case "handshake_refused", "wrong_accept": "websocket_fail"
                default: "error_\(cause)"
                }
            errors[name, default: 0] += count
        }
        return errors
    }
}
