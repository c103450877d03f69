/// A server of the user's own as the target: a command that the lab runs in the target's network and droplet.
public enum TargetCommand {
    /// Where the server is to listen, for commands that would rather be told: one decimal number.
    public static let portVariable = "PORT"
    /// The dotted address that the workers connect to; listening on 0.0.0.0 is as good.
    public static let addressVariable = "SIMBENCH_TARGET_ADDRESS"

    /// The command as given, for `/bin/sh -c`.
    public static func check(_ text: String) throws(UnitError) -> String {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw UnitError("the target's command is empty; write such as \"node server.js\", or leave it out for the built-in target")
        }
        guard text.utf8.count <= Limits.commandBytes, !text.utf8.contains(0) else {
            throw UnitError("the target's command has more than \(Limits.commandBytes) bytes, or a zero among them; put it into a script")
        }
        return text
    }
}

extension Profile {
    /// Takes out what only the built-in target can do. Returns sentences on what went.
    mutating func entrust(to command: String) -> [String] {
        target.command = command
        var lost: [String] = []
        if !footprint.isEmpty || hibernateAfterSeconds != nil {
            lost.append("The target is a command, which holds what it holds: the profile's footprint is not modelled.")
        }
        if target.rules != Plan.Rules() {
            lost.append("The target is a command: what it admits, and for how long, is its own affair and not the profile's.")
        }
        target.rules = Plan.Rules()
        footprint = []
        hibernateAfterSeconds = nil
        tuning.targetLanes = nil
        return lost
    }
}
