import ArgumentParser
import Conductor
import Foundation
import Profiles
import Views

/// `simbench report`: draws runs that are over, one or several over each other, as a page or as an SVG of the curves, and
/// writes what other programs read of one.
struct ReportVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Draw runs that are over, or write one for other programs.",
        usage: """
            simbench report <folder> ... [--html <file>]
            simbench report <folder> ... --svg <file> [--window 3500-5000]
            simbench report <folder> [--markdown <file>] [--junit <file>] [--openmetrics <file>]
            simbench report <folder of a comparison> [--html <file>] [--markdown <file>]
            simbench report --schema summary|plan
            """)

    @Argument(help: "Run directories.")
    var folders: [String] = []

    @Option(
        help: ArgumentHelp("Where the page goes (default: report.html, of one run in its directory, of several here).", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Where a drawing of the curves goes, instead of a page.", valueName: "file"))
    var svg: String?

    @Option(
        help: ArgumentHelp("Model seconds that the drawing shows, such as 3500-5000 (default: all).", valueName: "from-to"),
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
        guard !folders.isEmpty || exports.schema != nil else { throw ValidationError("name the directory of a run.") }
        if folders.count > Self.mostRuns { throw ValidationError("more than \(Self.mostRuns) runs over each other cannot be told apart.") }
        if window != nil && svg == nil { throw ValidationError("--window is for --svg.") }
    }

    /// As many as there are colours.
    private static let mostRuns = 8

    func run() throws {
        if folders.contains(where: CompareRecord.isIn) { return try redraw() }
        try exports.write(of: folders)
        let wantsPage = html != nil || (svg == nil && !exports.isAsked)
        guard wantsPage || svg != nil else { return }
        let records = try folders.map { folder throws(Failure) in try read(folder) }
        for record in records { for remark in record.remarks { Failure.say("\(record.directory): \(remark)") } }
        if let svg { try draw(records, to: svg) }
        if wantsPage { try lay(records) }
    }

    private func lay(_ records: [RunRecord]) throws {
        let path = html ?? (folders.count == 1 ? "\(folders[0])/\(ReportFile.name)" : ReportFile.name)
        do { try ReportFile.write(records, to: path) } catch let error as Failure {
            throw Failure.hostCannot("\(error.description) Name another file with --html.")
        }
        print(path)
    }

    /// A comparison that is over, or was killed.
    private func redraw() throws {
        guard folders.count == 1, let folder = folders.first else {
            throw Failure.usage("\(folders.first(where: CompareRecord.isIn) ?? "") is a comparison; name it alone, or name runs in it.")
        }
        guard svg == nil, exports.junit == nil, exports.openmetrics == nil else {
            throw Failure.usage("\(folder) is a comparison: it has a page and Markdown. Name one of the runs in it for the rest.")
        }
        if let path = exports.markdown {
            let text = CompareMarkdown.render(try CompareRecord.read(folder))
            try exports.put(text, to: path, "--markdown")
        }
        if html != nil || exports.markdown == nil { print(try CompareRecord.draw(folder, to: html)) }
    }

    private func draw(_ records: [RunRecord], to svg: String) throws {
        do { try WholeFile.write(Data(CurvesChart.chart(records, window: window).svg.utf8), to: svg) } catch {
            throw Failure.hostCannot("\(error.description) Name another file with --svg.")
        }
        print(svg)
    }

    private func read(_ folder: String) throws(Failure) -> RunRecord {
        do { return try RunRecord(directory: folder) } catch { throw Failure.usage(error.description) }
    }
}
