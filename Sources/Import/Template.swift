import Profiles

/// The benchmark repository's load files are ERB templates. This fills in the five things that they say in Ruby; anything
/// else between `<%` and `%>` is refused with its line.
struct Template {
    let workers: Int
    let arrivalRate: String
    /// nil: 60,000 for each worker.
    let maximumUsers: Int?
    /// What the tasks in the repository ask docker-machine for.
    let targetAddress: String

    /// The template's text filled in. Line breaks stay where they are, so that lines can be told by number.
    func filled(_ text: String, file: String) throws(ProfileError) -> String {
        var rest = Substring(text)
        var line = 1
        let result = try fill(&rest, file: file, line: &line, worker: nil)
        guard rest.isEmpty else { throw error(file, line, "<% end %> has no beginning") }
        return result
    }

    /// Up to the end of the text, or of the loop.
    private func fill(
        _ rest: inout Substring, file: String, line: inout Int, worker: Int?
    ) throws(ProfileError) -> String {
        var result = ""
        while let opening = rest.firstRange(of: "<%") {
            let before = rest[..<opening.lowerBound]
            guard let closing = rest[opening.upperBound...].firstRange(of: "%>") else { throw error(file, line, "<% is not closed") }
            let inside = rest[opening.upperBound..<closing.lowerBound]
            let code = inside.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            result += before
            line += before.count(where: Self.endsLine)
            guard !inside.contains(where: Self.endsLine) else { throw error(file, line, "what stands between <% and %> is written on one line here") }
            rest = rest[closing.upperBound...]
            if code == "end", worker != nil { return result }
            if code == "(1..workers).each do |i|" {
                guard worker == nil else { throw error(file, line, "a loop in a loop is not known here") }
                result += try loop(&rest, file: file, line: &line)
            } else {
                result += try value(code, worker: worker, file: file, line: line)
            }
        }
        guard worker == nil else { throw error(file, line, "a loop is not closed with <% end %>") }
        defer { rest = "" }
        return result + rest
    }

    /// All rounds on the line of the first, and after them as many line breaks as the template has there.
    private func loop(_ rest: inout Substring, file: String, line: inout Int) throws(ProfileError) -> String {
        let body = rest, start = line
        let head = body.prefix { $0.isWhitespace }.count(where: Self.endsLine)
        var result = String(repeating: "\n", count: head)
        for worker in 1...workers {
            (rest, line) = (body, start)
            result += try fill(&rest, file: file, line: &line, worker: worker).map { Self.endsLine($0) ? " " : $0 }
            guard result.utf8.count <= Importer.mostBytes else {
                throw error(file, start, "\(workers) rounds of this loop make the file larger than \(UnitText.bytes(UInt64(Importer.mostBytes)))")
            }
        }
        return result + String(repeating: "\n", count: max(0, line - start - head))
    }

    /// As XML counts lines, which is asked about what is filled in.
    private static func endsLine(_ character: Character) -> Bool { character == "\n" || character == "\r\n" }

    private func value(_ code: String, worker: Int?, file: String, line: Int) throws(ProfileError) -> String {
        switch code {
        case "= i": if let worker { return String(worker) }
        case "= target_ip": return targetAddress
        case "= workers": return String(workers)
        case "= workers * 60000": return String(workers * 60_000)
        case "= Config.tsung.maxnumber || workers * 60000": return String(maximumUsers ?? workers * 60_000)
        case "= Config.tsung.arrivalrate": return arrivalRate
        default: break
        }
        throw error(file, line, "the template says \"\(code.prefix(60))\", which is not known here; fill it in by hand and import the result")
    }

    private func error(_ file: String, _ line: Int, _ problem: String) -> ProfileError { ProfileError("\(file):\(line): \(problem).") }
}
