/// The `load` section: how users arrive.
enum LoadParser {
    private static let keys = ["inter_arrival", "phases", "retries", "retry_wait", "syn_retries"]

    static func load(_ cursor: YAMLCursor) throws(ProfileError) -> Profile.Load {
        let fields = try cursor.fields(keys, "load")
        let phases = try self.phases(fields.required("phases", "the arrival phases: duration, rate, users"))
        var load = Profile.Load(phases: phases)
        if let arrival = fields["inter_arrival"] { load.interArrival = try arrival.choice() }
        if let retries = fields["retries"] { load.retries = try retries.count(0...Limits.retries) }
        if let wait = fields["retry_wait"] { load.retryWaitMilliseconds = try wait.read(Units.seconds) * 1_000 }
        if let retries = fields["syn_retries"] { load.synRetries = try retries.count(1...Limits.synRetries) }
        return load
    }

    private static func phases(_ cursor: YAMLCursor) throws(ProfileError) -> [Profile.Phase] {
        let elements = try cursor.list("load.phases")
        var phases: [Profile.Phase] = []
        for element in elements {
            let phase = try self.phase(element)
            if phase.users == .host && elements.count > 1 {
                throw element.error("users: host takes all the host carries, so it must be the only phase")
            }
            phases.append(phase)
        }
        return phases
    }

    private static func phase(_ cursor: YAMLCursor) throws(ProfileError) -> Profile.Phase {
        let fields = try cursor.fields(["duration", "rate", "users"], "a phase")
        let rate = try fields.required("rate", "users started per second, such as 500/s, or max").read(Units.rate)
        let users = try fields["users"].map { field throws(ProfileError) in try field.read(Self.users) }
        var phase = Profile.Phase(durationSeconds: nil, rate: rate, users: users)
        if let duration = fields["duration"] {
            phase.durationSeconds = try duration.read(Units.seconds)
            if phase.durationSeconds == 0 { throw duration.error("a phase of no duration starts nobody") }
        } else if rate != .max {
            _ = try fields.required("duration", "it may be left out only when rate is max")
        }
        return phase
    }

    private static func users(_ text: String) throws(UnitError) -> Profile.UserLimit {
        text == "host" ? .host : .count(try Units.count(text, in: 1...Limits.users))
    }
}
