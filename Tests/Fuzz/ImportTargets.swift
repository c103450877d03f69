@testable import Import
import Profiles

private let join = ##"{"topic":"r", "event":"phx_join", "payload": {"user":"%%ts_user_server:get_unique_id%%"}, "ref":"1"}"##
private let tags = [
    "<client host=\"b\"", " maxusers=\"9\"", " cpu=\"2\"", " weight=\"1\"", " use_controller_vm=\"true\"", "<ip value=\"1\"/>",
    "<server host=\"a\" port=\"1\" type=\"tcp\"/>", "type=\"tcp6\"", "type=\"ssl\"", "<load loop=\"1\">", "<arrivalphase phase=\"2\" duration=\"9\" unit=\"minute\">",
    "</arrivalphase>", "<users arrivalrate=\"5\" unit=\"second\"/>", "interarrival=\"0.1\"", " maxnumber=\"3\"", "unit=\"hour\"", "unit=\"millisecond\"",
    "<option name=\"thinktime\" value=\"2\" random=\"true\" override=\"true\"/>", "<option name=\"ports_range\" min=\"1\" max=\"9\"/>",
    "<option name=\"max_retries\" value=\"2\"/>", "<option name=\"retry_timeout\" value=\"5\"/>", "<option name=\"connect_timeout\" value=\"200000\"/>",
    "<session type=\"ts_websocket\">", "</session>", "probability=\"0\"", "type=\"ts_http\"", "<request>", "</request>", "<request subst=\"true\">",
    "<websocket type=\"connect\" path=\"/\"/>", "<websocket type=\"message\">", " ack=\"no_ack\"", " frame=\"text\"", "</websocket>",
    "<websocket type=\"close\"/>", "<thinktime value=\"3\"/>", "<thinktime random=\"true\"/>", "<for var=\"i\" from=\"1\" to=\"3\" incr=\"2\">", "</for>",
    "<transaction name=\"t\">", "</transaction>", "<match>", "<dyn_variable/>", "<setdynvars/>", "%%ts_user_server:get_unique_id%%", "%%user%%", "%%_x%%",
    "<tsung>", "</tsung>", "<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<!DOCTYPE tsung SYSTEM \"tsung-1.0.dtd\">", "<!ENTITY a \"b\">", "[", "]",
    "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "&#10;", "&a;", "\"", "/>", "1000000000", "0.001", "86400",
]

extension FuzzTarget {
    /// A tsung.xml. The first byte says which of its sections the input is; the others are sound. 0 gives the whole file.
    static let tsung = FuzzTarget(
        name: "tsung", maximumBytes: 192,
        seeds: [
            seed(0, "<!DOCTYPE tsung SYSTEM \"t.dtd\">\n<tsung>\n<monitoring/></tsung>"),
            seed(1, "<client host=\"a\" cpu=\"2\" maxusers=\"60000\"/>\n<client host=\"b\" maxusers=\"9\"><ip value=\"1\"/></client>"),
            seed(2, "<server host=\"192.0.2.1\" port=\"4000\" type=\"tcp\"/>"),
            seed(3, "<arrivalphase phase=\"1\" duration=\"100\" unit=\"minute\"><users maxnumber=\"9\" arrivalrate=\"5\" unit=\"second\"/></arrivalphase>"),
            seed(3, "<arrivalphase phase=\"2\" duration=\"9\" unit=\"hour\"><users interarrival=\"0.7\" unit=\"minute\"/></arrivalphase>"),
            seed(4, "<option name=\"ports_range\" min=\"1025\" max=\"65535\"/>\n<option name=\"max_retries\" value=\"20\"/><option name=\"hibernate\"/>"),
            seed(5, "<request subst=\"true\"><websocket type=\"message\">\(join)</websocket></request>\n<thinktime value=\"30\"/>"),
            seed(5, "<for var=\"r\" from=\"1\" to=\"9\"><thinktime random=\"true\"/><request><websocket type=\"message\" ack=\"no_ack\" frame=\"text\">é \"'\n</websocket></request></for>"),
            seed(5, "<transaction name=\"t\"><thinktime value=\"1\"/><thinktime value=\"2.5\"/></transaction><request><websocket type=\"close\"/></request>"),
        ],
        words: tags,
        run: { input in
            guard let (choice, bytes) = input.choice else { return }
            let text = SoundTsung.file(section: Int(choice % 6), String(decoding: bytes, as: UTF8.self))
            let isXML = text.unicodeScalars.first { !$0.properties.isWhitespace } == "<"
            guard let made = imported(text, lines: isXML ? xmlLines(of: text) : yamlLines(of: text)), let profile = parsed(made) else { return }
            if isXML { checkTsung(text, profile) }
        })

    /// A config.yml, or the template that it names, or the clients in that, as the first byte says; the rest is sound.
    static let config = FuzzTarget(
        name: "config", maximumBytes: 192,
        seeds: [
            seed(0, soundConfig()), seed(0, "workers: 2\ntsung: { arrivalrate: 5, template: f }\nbenchmark_target: {size: 1gb}\nkv_store: {image: a}\n"),
            seed(2, "\n<% (1..workers).each do |i| %>\n<client host=\"l<%= i %>\" maxusers=\"<%= workers %>\"/>\n<% end %>\n"),
            seed(1, "<tsung><clients><client/></clients><servers><server host=\"<%= target_ip %>\" port=\"1\" type=\"tcp\"/></servers>"),
            seed(1, "<users maxnumber=\"<%= Config.tsung.maxnumber || workers * 60000 %>\" arrivalrate=\"<%= Config.tsung.arrivalrate %>\" unit=\"second\"/>"),
        ],
        words: [
            "workers:", "tsung:", "arrivalrate:", "maxnumber:", "template:", "benchmark_target:", "size:", "16gb", "64gb", "worker:", "image:", "region:", "ip:",
            "digital_ocean_token:", "{", "}", "[", "]", ": ", "\n", "\n  ", "'", "\"", "#", "&a ", "*a", "!!int ", "- ", "? ", "|\n", ">\n", "---\n", "...\n", "%YAML 1.1\n", "2_000", "5k", "<<: ",
            "<%", "%>", "<%= i %>", "<% end %>", "<% (1..workers).each do |i| %>", "<%= workers %>", "<%= workers * 60000 %>", "<%= target_ip %>",
            "<%= Config.tsung.arrivalrate %>", "<client host=\"a\"/>", "\u{85}", "\u{2028}", "\r\n", "\u{B}",
        ],
        run: { input in
            guard let (choice, bytes) = input.choice else { return }
            let text = String(decoding: bytes, as: UTF8.self)
            let templates = [SoundTsung.template, text, "<tsung>\n<clients>" + text + "</clients>" + SoundTsung.afterClients]
            let file = choice % 3 == 0 ? text : soundConfig()
            guard let made = imported(file, template: templates[Int(choice % 3)], lines: yamlLines(of: file)) else { return }
            _ = parsed(made)
        })
}

/// A file that is taken over, with a place for each of the sections.
private enum SoundTsung {
    static let sound = [
        "", "<client host=\"a\"/>", "<server host=\"b\" port=\"1\" type=\"tcp\"/>",
        "<arrivalphase phase=\"1\" duration=\"1\" unit=\"hour\"><users arrivalrate=\"1\" unit=\"second\"/></arrivalphase>", "", "",
    ]
    static let names = ["", "clients", "servers", "load", "options"]

    static func file(section: Int = 1, _ text: String = sound[1]) -> String {
        guard section > 0 else { return text }
        var file = "<tsung>"
        for number in 1...4 {
            file += "<\(names[number])>"
            file += number == section ? text : sound[number]
            file += "</\(names[number])>"
        }
        file += "<sessions><session type=\"ts_websocket\"><request><websocket type=\"connect\"/></request>"
        if section == 5 { file += text }
        return file + "</session></sessions></tsung>"
    }

    static let afterClients = String(file().suffix(from: file().firstRange(of: "<servers>")?.lowerBound ?? "".startIndex))
    static let template = "<tsung>\n<clients><client maxusers=\"<%= workers * 60000 %>\"/></clients>" + afterClients
}

private func soundConfig() -> String {
    "workers: 2\ntsung:\n  arrivalrate: 5\n  maxnumber: 9\n  template: f.erb\nbenchmark_target: { image: u, size: 64gb }\n"
}

/// XML and templates of it have one sign for the end of a line, YAML has more.
private func xmlLines(of text: String) -> Int { 1 + text.utf8.count { $0 == 0x0A } }
private func yamlLines(of text: String) -> Int { 1 + text.unicodeScalars.count { ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains($0) } }

/// The profile's text, or nil for a refusal, which names a line of the input in each of its sentences.
private func imported(_ text: String, template: String? = nil, lines: Int) -> String? {
    do {
        return try Importer.profile(text, file: "fuzz", name: "fuzz") { path throws(ProfileError) in
            guard let template else { throw ProfileError("fuzz:1: no \(path).") }
            return (template, "template")
        }
    } catch {
        checkRefusal(error.message, lines: lines, templateLines: xmlLines(of: template ?? ""))
        return nil
    }
}

private func checkRefusal(_ message: String, lines: Int, templateLines: Int) {
    if message == "fuzz: the file is empty." { return }
    let sentences = message.split(separator: "\n", omittingEmptySubsequences: false)
    require(!sentences.isEmpty && sentences.count <= Findings.mostShown + 1, "A refusal has a few sentences.")
    for (number, sentence) in sentences.enumerated() {
        if number > 0, number == sentences.count - 1, sentence.hasPrefix("And "), sentence.hasSuffix(" more.") { continue }
        let parts = sentence.split(separator: ":", maxSplits: 2)
        guard parts.count == 3, parts[0] == "fuzz" || parts[0] == "template", let line = Int(parts[1]) else {
            say(message)
            return require(false, "A sentence begins with the file and a line.")
        }
        require(sentence.hasSuffix("."), "A sentence ends with a point.")
        require(line >= 1 && line <= (parts[0] == "fuzz" ? lines : templateLines), "The line named is one of the file's.")
    }
}

/// What an import makes is a profile.
private func parsed(_ text: String) -> Profile? {
    do {
        let profile = try ProfileParser.parse(text, file: "made", base: base)
        require(profile.name == "fuzz" && profile.session.first == .connect, "The profile has its name and begins with connect.")
        return profile
    } catch {
        say(error.message)
        say(text)
        require(false, "What an import makes is a profile.")
        return nil
    }
}

/// A small one in place of those that a config.yml's profile extends.
private func base(_ name: String) throws(ProfileError) -> (text: String, file: String) {
    ("name: base\nworkers: { count: 1, users: 1, ports: 1-2 }\nload: { phases: [{ rate: max }] }\nsession: [connect]\nexpect: { joined.peak: '>= 1' }\nreference: a.csv\n", "base")
}

// MARK: Accepted files

/// The profile says what was found in the file, whatever signs it is made of.
private func checkTsung(_ text: String, _ profile: Profile) {
    guard let (root, doctypeLine) = try? XMLFile.parse(text, file: "fuzz"), let scan = try? XMLScan(text, file: "fuzz") else {
        return require(false, "It was read once.")
    }
    require(scan.tagLines.count == tagCount(root), "Each element has a line.")
    var findings = Findings(file: "fuzz")
    guard let draft = TsungXML.draft(root, doctypeLine: doctypeLine, name: "fuzz", findings: &findings) else {
        return require(false, "It was drafted once.")
    }
    require(
        profile.workers.map(\.group) == draft.groups.map(\.name) && profile.workers.map(\.users) == draft.groups.map { Int($0.users.text) ?? 0 }
            && profile.workers.map(\.count) == draft.groups.map { .fixed(Int($0.count.text) ?? 0) }, "The workers are those of the file.")
    require(profile.load.phases.map(\.users) == draft.phases.map { $0.users.map { .count($0) } }, "The phases are those of the file.")
    require(profile.load.phases.allSatisfy { ($0.durationSeconds ?? 0) > 0 && $0.rate != .max }, "Phases have a duration and a rate.")
    require(draft.targetPort?.text == String(profile.target.port) && draft.targetPath?.text == YAMLScalar.text(profile.target.path), "The target is that of the file.")
    require(says(profile.session, draft.session), "The session is that of the file.")
}

private func tagCount(_ tag: Tag) -> Int { tag.children.reduce(1) { $0 + tagCount($1) } }

private func says(_ steps: [Plan.Step], _ draft: [Draft.Noted]) -> Bool {
    steps.count == draft.count && zip(steps, draft).allSatisfy { says($0, $1.step) }
}

private func says(_ step: Plan.Step, _ draft: Draft.Step) -> Bool {
    switch (step, draft) {
    case (.connect, .connect), (.close, .close): true
    case (.join(let topic), .join(let wanted)): topic == wanted
    case (.send(let message, let ack), .send(let wanted)):
        (ack == .message) == wanted.isAcknowledged && ack != .reply && message == (wanted.isBinary ? .binary(wanted.text) : .text(wanted.text))
    case (.think(let seconds), .think(let wanted)), (.thinkExponential(let seconds), .thinkAbout(let wanted)): abs(seconds - wanted) <= 0.000_51
    case (.loop(let times, let steps), .loop(let wanted, let inner)): times == wanted && says(steps, inner)
    default: false
    }
}
