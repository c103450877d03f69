import ArgumentParser
import Conductor
import Foundation
import Profiles
import Views

/// `simbench report`: draws the curves of runs that are over, one or several over each other, and writes what other
/// programs read of one.
struct ReportVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Draw the curves of runs that are over, or write one for other programs.",
        usage: """
            simbench report <folder> ... --svg <file> [--window 3500-5000]
            simbench report <folder> [--markdown <file>] [--junit <file>] [--openmetrics <file>]
            simbench report --schema summary|plan
            """)

    @Argument(help: "Run directories.")
    var folders: [String] = []

    @Option(help: ArgumentHelp("Where the drawing goes.", valueName: "file"))
    var svg: String?

    @Option(
        help: ArgumentHelp("Model seconds to show, such as 3500-5000 (default: all).", valueName: "from-to"),
        transform: { text in
            let ends = text.split(separator: "-").compactMap { Double($0) }
            guard ends.count == 2, ends[0] >= 0, ends[1] <= 1e9, ends[1] - ends[0] >= 1e-3 else {
                throw ValidationError("a window is two numbers of model seconds, such as 3500-5000")
            }
            return ends[0]...ends[1]
        })
    var window: ClosedRange<Double>?

    @OptionGroup(title: "For other programs") var exports: ReportExports

    func validate() throws {
        guard !folders.isEmpty || exports.schema != nil else { throw ValidationError("name a run directory.") }
        guard svg != nil || exports.isAsked else {
            throw ValidationError("say what to make of it: --svg, --markdown, --junit or --openmetrics, each with a file.")
        }
    }

    func run() throws {
        try exports.write(of: folders)
        if let svg { try draw(svg) }
    }

    private func draw(_ svg: String) throws {
        let runs = try folders.map { try read($0) }
        let path = runs.lazy.compactMap { $0.plan.referencePath }.first
        let reference = try path.flatMap { FileManager.default.fileExists(atPath: $0) ? try Reference.load(path: $0) : nil }
        if let path, reference == nil { Failure.say("The reference \(path) is not there any more; the runs are drawn without it.") }
        let text = CurvesChart.chart(runs, reference: reference, window: window).svg
        do { try WholeFile.write(Data(text.utf8), to: svg) } catch {
            throw Failure.hostCannot("\(error.description) Name another file with --svg.")
        }
        print(svg)
    }

    private func read(_ folder: String) throws -> SavedRun {
        do { return try SavedRun(directory: folder) } catch let error as RunError { throw Failure.usage(error.description) }
    }
}
