import Conductor
import Foundation
import Profiles
import Synchronization

/// What the dashboard has to say at the moment, handed from the conductor's thread to the server's.
///
/// The conductor encodes a state once and stores it here, which takes microseconds however many browsers there are and
/// whatever they do; each browser's stream picks up the newest when it is ready for it. Nothing is queued.
final class Hub: Sendable {
    /// Pages that are told at the same time.
    static let streamLimit = 8

    private struct Contents {
        /// Counts runs: those of a sweep follow each other in one dashboard.
        var run = 0
        var version = 0
        var plan = Data("null".utf8)
        var state = Data("null".utf8)
        var history = History()
        var live: LiveState?
        var about: Plan?
        var isClosing = false
        var signals: [Int: AsyncStream<Void>.Continuation] = [:]
        var nextSignal = 0
    }

    /// What a stream has told already.
    struct Seen: Equatable {
        var run = 0
        var version = 0
        var isEnded = false
    }

    private let contents = Mutex(Contents())

    // MARK: the conductor's side

    func begin(_ plan: Plan, directory: String) {
        let card = PlanCard(plan, directory: directory)
        let state = LiveState(building: plan)
        let (cardJSON, stateJSON) = (Self.encode(card), Self.encode(state))
        change {
            $0.run += 1
            $0.plan = cardJSON
            $0.history = History()
            $0.state = stateJSON
            $0.live = state
            $0.about = plan
        }
    }

    func show(_ state: LiveState) {
        let json = Self.encode(state)
        change {
            $0.state = json
            $0.live = state
            $0.history.append(state)
        }
    }

    /// What was told last, for monitoring systems; nil before a run.
    var metrics: Metrics? {
        contents.withLock { contents in contents.live.flatMap { state in contents.about.map { Metrics(state, $0) } } }
    }

    /// What was told last.
    var live: LiveState? { contents.withLock { $0.live } }

    /// From now on streams end once they have told what there is.
    func close() { change { $0.isClosing = true } }

    var streamCount: Int { contents.withLock { $0.signals.count } }

    /// Wakes every stream, so that one whose browser is gone notices.
    func nudge() { for signal in contents.withLock({ Array($0.signals.values) }) { signal.yield() } }

    private func change(_ body: (inout Contents) -> Void) {
        let signals = contents.withLock { contents in
            body(&contents)
            contents.version += 1
            return Array(contents.signals.values)
        }
        for signal in signals { signal.yield() }
    }

    // MARK: the server's side

    /// A signal for each change, of which at most one waits to be taken; nil when there are streams enough.
    func subscribe() -> AsyncStream<Void>? {
        let (stream, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number: Int? = contents.withLock { contents in
            guard contents.signals.count < Self.streamLimit, !contents.isClosing else { return nil }
            contents.nextSignal += 1
            contents.signals[contents.nextSignal] = signal
            return contents.nextSignal
        }
        guard let number else { return nil }
        signal.onTermination = { [weak self] _ in self?.contents.withLock { _ = $0.signals.removeValue(forKey: number) } }
        return stream
    }

    /// The next server-sent event for a stream that has seen so much.
    func event(_ seen: inout Seen) -> String {
        let now = contents.withLock { $0 }
        defer { (seen.run, seen.version) = (now.run, now.version) }
        let news =
            if seen.run != now.run { "retry: 1000\nevent: start\ndata: \(Self.whole(now))\n\n" }
            else if seen.version != now.version { "event: tick\ndata: \(Self.text(now.state))\n\n" }
            else { ": still here\n\n" }
        guard now.isClosing else { return news }
        seen.isEnded = true
        return news + "event: end\ndata: {}\n\n"
    }

    /// All there is, as JSON: plan, history and state.
    func whole() -> String { Self.whole(contents.withLock { $0 }) }

    private static func whole(_ contents: Contents) -> String {
        let columns = History.columns.map { "\"\($0)\"" }.joined(separator: ",")
        return "{\"run\":\(contents.run),\"plan\":\(text(contents.plan)),\"history\":{\"columns\":[\(columns)],\"points\":"
            + "\(contents.history.json)},\"state\":\(text(contents.state))}"
    }

    private static func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }

    static func encode(_ value: some Encodable) -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return (try? encoder.encode(value)) ?? Data("null".utf8)
    }
}
