/// Refuses a session that this version would not play as written: better an error than a run that means something else.
enum SessionCheck {
    private static let topic = "rooms:lobby"

    /// Connect, join the lobby, think until the run is over: the published benchmark's session.
    static func check(_ profile: Profile, rampSeconds: Double) throws(PlanError) {
        var think = 0.0
        for (index, step) in profile.session.enumerated() {
            switch (index, step) {
            case (0, .connect), (1, .join(topic: topic)): continue
            case (2..., .think(let seconds)): think += seconds
            default:
                throw .invalid(
                    "session: step \(index + 1) is not played by this version. A session is connect, then join: \(topic), "
                        + "then think for longer than the ramp.")
            }
        }
        guard profile.session.count >= 3 else {
            throw .invalid("session: a session is connect, then join: \(topic), then think for longer than the ramp.")
        }
        guard think >= rampSeconds else {
            throw .invalid(
                "session: users think for \(UnitText.seconds(think)) and arrive for \(UnitText.seconds(rampSeconds)) of model time; "
                    + "leaving before the ramp is over is not played by this version, so think longer.")
        }
    }
}
