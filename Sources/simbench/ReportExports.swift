import ArgumentParser
import Conductor
import Foundation
import Profiles
import Views

/// What `report` makes of one record for other programs, and the schemas of the records.
struct ReportExports: ParsableArguments {
    enum Schema: String, CaseIterable, ExpressibleByArgument {
        case summary, plan
    }

    @Option(help: ArgumentHelp("Write a Markdown page of the run; - is the standard output.", valueName: "file"))
    var markdown: String?

    @Option(help: ArgumentHelp("Write a JUnit report of the expectations; - is the standard output.", valueName: "file"))
    var junit: String?

    @Option(help: ArgumentHelp("Write the figures as OpenMetrics text; - is the standard output.", valueName: "file"))
    var openmetrics: String?

    @Option(help: ArgumentHelp("Print the JSON Schema of a record's summary.json or plan.json.", valueName: "summary|plan"))
    var schema: Schema?

    private var wishes: [(flag: String, path: String, render: (Summary, Plan) -> String)] {
        let all: [(String, String?, (Summary, Plan) -> String)] = [
            ("--markdown", markdown, { MarkdownSummary.render($0, of: $1) }), ("--junit", junit, { summary, _ in JUnit.render(summary) }),
            ("--openmetrics", openmetrics, { summary, _ in OpenMetrics.render(Metrics(summary)) }),
        ]
        return all.compactMap { flag, path, render in path.map { (flag, $0, render) } }
    }

    /// Whether anything but drawings is asked for.
    var isAsked: Bool { !wishes.isEmpty || schema != nil }

    func validate() throws {
        guard wishes.filter({ $0.path == "-" }).count < 2 else {
            throw ValidationError("only one of --markdown, --junit and --openmetrics can go to the standard output.")
        }
    }

    func write(of folders: [String]) throws {
        if let schema { try print(schema) }
        guard !wishes.isEmpty else { return }
        guard folders.count == 1, let folder = folders.first else {
            throw Failure.usage("\(wishes[0].flag) is about one run; name one run directory.")
        }
        let summary: Summary
        let plan: Plan
        do { (summary, plan) = (try Summary.load(directory: folder), try Plan.load(directory: folder)) } catch { throw Failure.usage(error.description) }
        for (flag, path, render) in wishes { try put(render(summary, plan), to: path, flag) }
    }

    func put(_ text: String, to path: String, _ flag: String) throws {
        if path == "-" { return Screen.output.write(text) }
        do { try WholeFile.write(Data(text.utf8), to: path) } catch {
            throw Failure.hostCannot("\(error.description) Name another file with \(flag).")
        }
        Swift.print(path)
    }

    private func print(_ schema: Schema) throws {
        let name = "schema/\(schema.rawValue).schema.json"
        for directory in ProfileFolders.finder().directories {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)") else { continue }
            return Screen.output.write(String(decoding: data, as: UTF8.self))
        }
        throw Failure.hostCannot("\(name) is in none of the folders that profiles are looked for in; install it beside them.")
    }
}
