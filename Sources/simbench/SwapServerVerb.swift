import ArgumentParser
import Lab

/// What a run with a swap of limited speed starts behind it; not for people.
struct SwapServerVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swap-server", abstract: "Serve the file of a swap device (started by run itself).",
        shouldDisplay: false)

    func run() throws {
        let status = SwapServer.serve()
        guard status != Failure.Status.usage.rawValue else {
            throw Failure.usage("swap-server is what a run starts behind its swap device, and of no use by itself.")
        }
        throw ExitCode(status)
    }
}
