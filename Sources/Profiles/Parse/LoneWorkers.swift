import Yams

/// The profile of `simbench worker`, where no other is named: so many users, as fast as both ends go.
public enum LoneWorkers {
    /// The published session is played unless a file has another: a YAML list of steps, or a mapping of any keys of a
    /// profile, such as session and expect.
    public static func profile(
        users: Int, workers: Int?, session: (text: String, file: String)?, overrides: [String]
    ) throws(ProfileError) -> Profile {
        let own = text(users: users, workers: workers, playsPublishedSession: session == nil)
        guard let session else { return try ProfileParser.parse(own, file: "worker", overrides: overrides) }
        var upper = try ProfileParser.compose(session.text, file: session.file)
        if case .sequence = upper { upper = Node([(Node("session"), upper)]) }
        let root = Extends.merged(try ProfileParser.compose(own, file: "worker"), under: upper)
        return try ProfileParser.parse(root, file: session.file, overrides: overrides)
    }

    /// Reads a session's file.
    public static func read(_ path: String) throws(ProfileError) -> (text: String, file: String) {
        (try ProfileFinder.read(path, atMost: Limits.profileBytes), path)
    }

    /// Whoever joins is verified; what a session of somebody's own comes to, that file may say.
    static func text(users: Int, workers: Int?, playsPublishedSession: Bool) -> String {
        let count = workers.map { String($0) } ?? "auto"
        let each = workers.map { users.dividedRoundingUp(by: $0) } ?? usersPerWorker
        let joined = playsPublishedSession ? ", joined.peak: \"== users\", verified.missing: \"== 0\"" : ""
        return """
            name: worker
            about: workers alone against a server of somebody else's
            workers: { group: worker, count: \(count), users: \(each), ports: 32768-60999 }
            load: { phases: [ { rate: max, users: \(users) } ] }
            session: [ connect, join: rooms:lobby, think: 30000 s ]
            hold: 2 s
            sample_period: 250 ms
            expect: { errors.total: "== 0"\(joined) }

            """
    }

    /// Within the kernel's default net.ipv4.ip_local_port_range, which has 28,232 ports, and with room in it.
    private static let usersPerWorker = 20_000
}
