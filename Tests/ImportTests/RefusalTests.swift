import Engine
import Testing

@testable import Import

/// What a profile cannot say is refused, with the line and the element.
@Suite struct RefusalTests {
    private static let head = "<session name=\"s\" probability=\"100\" type=\"ts_websocket\">\n<request><websocket type=\"connect\"/></request>\n"

    /// The body begins in line 22.
    private func session(_ body: String) -> [String] {
        Fixture.refusals(Fixture.file(workers: 1, session: Self.head + body + "\n</session>"))
    }

    @Test(arguments: [
        ("<thinktime min=\"1\" max=\"2\"/>", "tsung.xml:22: <thinktime min max>: a range"),
        ("<thinktime value=\"wait_global\"/>", "tsung.xml:22: <thinktime value>: waiting for other users"),
        ("<thinktime value=\"1&#10;&#x9b;2\"/>", "tsung.xml:22: <thinktime value>: \"1  2\" is not a number above 0"),
        ("<thinktime value=\"%%_x%%\"/>", "tsung.xml:22: <thinktime value>: variables are not known"),
        ("\n<thinktime value=\"0\"/>", "tsung.xml:23: <thinktime value>: \"0\" is not a number above 0"),
        ("<thinktime value=\"3000000\"/>", "users think for 30 days at most"),
        ("<repeat name=\"r\"/>", "tsung.xml:22: <repeat>: it is not played here"),
        ("<setdynvars sourcetype=\"erlang\"/>", "tsung.xml:22: <setdynvars>: it is not played here"),
        ("<change_type new_type=\"ts_http\"/>", "<change_type>: it is not played"),
        ("<request><http url=\"/\"/></request>", "tsung.xml:22: <http>: the import does not know this element in <request>"),
        ("<request><match>ok</match><websocket type=\"message\">x</websocket></request>", "<match>: answers are not searched here"),
        ("<request><websocket type=\"connect\"/></request>", "second connect"),
        ("<request><websocket type=\"message\" ack=\"local\">x</websocket></request>", "\"local\" is neither parse nor no_ack"),
        ("<request><websocket type=\"message\" frame=\"ping\">x</websocket></request>", "\"ping\" is neither binary nor text"),
        ("<request><websocket type=\"ping\"/></request>", "\"ping\" is none of connect, message and close"),
        ("<request subst=\"true\"><websocket type=\"message\">%%_i%%</websocket></request>", "of Tsung's variables only"),
        ("<request><websocket type=\"message\">%%user%%</websocket></request>", "which workers would replace"),
        ("<request><websocket type=\"message\">a<!-- b -->c</websocket></request>", "a comment stands in the message"),
        ("<request><websocket type=\"close\"/></request><thinktime value=\"1\"/>", "the connection is closed before"),
        ("<for var=\"i\" from=\"1\" to=\"2\"><request><websocket type=\"close\"/></request></for>", "a close in a loop"),
        ("<for var=\"i\" from=\"%%_a%%\" to=\"2\"><thinktime value=\"1\"/></for>", "tsung.xml:22: <for from>: \"%%_a%%\" is not a whole number"),
        ("<for var=\"i\" from=\"1\" to=\"2\" incr=\"0\"><thinktime value=\"1\"/></for>", "<for incr>: \"0\" is not a whole number from 1"),
        ("<for var=\"i\" from=\"0\" to=\"1000000000\"><thinktime value=\"1\"/></for>", "tsung.xml:22: <for>: it has more than 1,000,000,000 rounds"),
        ("<for var=\"i\" from=\"1\" to=\"99999\"><for var=\"j\" from=\"1\" to=\"99999\"><request><websocket type=\"message\">x</websocket></request></for></for>", "<sessions>: a user would play more than 1,000,000,000 steps"),
        (String(repeating: "<request><websocket type=\"message\">x</websocket></request>", count: 1_000), "<sessions>: the session has 1,001 steps"),
        ("<request><websocket type=\"message\">%%_x%%</websocket></request>", "the text has %%_x%% in it, which a profile takes for a variable"),
        ("<request><websocket type=\"message\">%%user%%\u{301}</websocket></request>", "which workers would replace"),
        ("<request><websocket type=\"message\">" + String(repeating: "x", count: 1_017) + "</websocket></request>", "its frame has up to 1,025 bytes"),
    ])
    func inSessions(body: String, sentence: String) {
        let refusals = session(body)
        #expect(refusals.contains { $0.contains(sentence) }, "\(refusals)")
    }

    @Test(arguments: [
        (#"<server host="a" port="4000" type="ssl"/>"#, "tsung.xml:7: <server type>: connections are not encrypted"),
        (#"<server host="a" port="4000" type="tcp"/><server host="b" port="4000" type="tcp"/>"#, "a run has one target"),
        (#"<server host="a" port="0" type="tcp"/>"#, "<server port>: \"0\" is not a whole number from 1 to 65,535"),
        ("", "<servers>: it names no <server>"),
    ])
    func inServers(server: String, sentence: String) {
        #expect(Fixture.refusals(Fixture.file(workers: 1, server: server)).contains { $0.contains(sentence) })
    }

    @Test(arguments: [
        (#"<client host="a" type="batch" batch="pbs"/>"#, "tsung.xml:5: <client type>: machines of a batch scheduler"),
        ("<client host=\"a\"/>\n<client host=\"a\"/>", "tsung.xml:6: <client host>: a is a client in line 5 already"),
        ("<client host=\"a\"/>\n<client host=\"b\" weight=\"2\"/>", "tsung.xml:6: <client weight>: 2 here and 1 in line 5"),
        (#"<client host="a"><ip value="1"/><ip value="2"/></client>"#, "<ip>: a worker has one address"),
        (#"<client host="a"><iprange version="v4" value="1"/></client>"#, "<iprange>: a worker has one address"),
        (#"<client host="a" speed="9"/>"#, "<client speed>: the import does not know this attribute"),
        (#"<client host="a" maxusers="many"/>"#, "<client maxusers>: \"many\" is not a whole number"),
    ])
    func inClients(clients: String, sentence: String) {
        #expect(Fixture.refusals(Fixture.file(clients: clients)).contains { $0.contains(sentence) })
    }

    @Test(arguments: [
        (#"<user session="s" start_time="1"/>"#, "tsung.xml:9: <user>: users arrive at a rate here"),
        (#"<arrivalphase phase="1" duration="1" unit="day"><users arrivalrate="1" unit="second"/></arrivalphase>"#, "<arrivalphase unit>: it is one of second, minute, hour, millisecond"),
        (#"<arrivalphase phase="1" duration="1" unit="second"><users arrivalrate="1" interarrival="1" unit="second"/></arrivalphase>"#, "either arrivalrate or interarrival"),
        (#"<arrivalphase phase="1" duration="1" unit="second"><users arrivalrate="0.5" unit="second"/></arrivalphase>"#, "it starts nobody: 0.5/s for 1 s"),
        (#"<arrivalphase phase="1" duration="800" unit="hour"><users arrivalrate="1" unit="second"/></arrivalphase>"#, "30 days (720 h) at most"),
        (#"<arrivalphase phase="1" duration="1" unit="hour" wait_all_sessions_end="true"><users arrivalrate="1" unit="second"/></arrivalphase>"#, "phases follow each other by the clock"),
        (#"<arrivalphase phase="1" duration="1" unit="hour"><session_setup name="s"/><users arrivalrate="1" unit="second"/></arrivalphase>"#, "a profile has one session"),
        (#"<arrivalphase phase="1" duration="1" unit="hour"><users arrivalrate="99999999" unit="second"/></arrivalphase>"#, "above the highest rate"),
        (Fixture.phase(1, 1, "hour", rate: "1", most: 1) + Fixture.phase(1, 1, "hour", rate: "1", most: 1), "there is a phase 1 already"),
        ("", "<load>: it has no <arrivalphase>"),
    ])
    func inLoads(load: String, sentence: String) {
        #expect(Fixture.refusals(Fixture.file(workers: 1, load: load)).contains { $0.contains(sentence) })
    }

    @Test(arguments: [
        (#"<option name="connect_timeout" value="5000"/>"#, "a connect_timeout of 5,000 ms"),
        (#"<option name="rate_limit" value="1024"/>"#, "does not know the option \"rate_limit\""),
        (#"<option name="ports_range" min="9" max="8"/>"#, "the range ends before it begins"),
        (#"<option name="max_retries"/>"#, "the attribute value is missing"),
        (#"<option value="1"/>"#, "<option>: it has no name"),
    ])
    func inOptions(option: String, sentence: String) {
        let refusals = Fixture.refusals(Fixture.file(workers: 1, options: option))
        #expect(refusals.contains { $0.contains(sentence) && $0.hasPrefix("tsung.xml:14: ") }, "\(refusals)")
    }

    @Test func allAreNamedAtOnce() {
        let refusals = Fixture.refusals(Fixture.file(clients: "", server: "", load: "", session: ""))
        #expect(refusals.count == 4)
        #expect(session(String(repeating: "<abort/>\n", count: 30)).last == "And 10 more.")
    }

    // MARK: XML

    @Test(arguments: [
        ("", "tsung.xml: the file is empty."),
        ("<tsung>", "tsung.xml:1: this is not XML"),
        ("<tsung>\n<a></b>\n</tsung>", "tsung.xml:2: this is not XML: an end tag does not fit"),
        ("<tsung>\n<?a?></tsung>", "tsung.xml:2: a processing instruction, <?...?>, is not known here"),
        ("<?xml?><tsung/>", "tsung.xml:1: a processing instruction"),
        ("<tsung>\n<a/>x</web>y<b/></tsung>", "tsung.xml:2: this is not XML: an end tag does not fit"),
        ("<tsung>\n<a/>x</web%}</tsung>", "tsung.xml:2: this is not XML: a tag is not closed with >"),
        ("<other/>", "tsung.xml:1: <other>: a Tsung configuration's first element is <tsung>"),
        ("<!DOCTYPE t [\n<!ENTITY a \"b\">]><tsung>&a;</tsung>", "tsung.xml:2: the file declares an entity"),
        ("<!DOCTYPE t [\n<!ENTITY % a SYSTEM \"file:///etc/passwd\"> %a;]><tsung/>", "tsung.xml:2: the file declares an entity"),
        ("<!DOCTYPE t\n[\n<!ATTLIST tsung a CDATA \"<b>\">]><tsung/>", "tsung.xml:2: the document type declares something of its own"),
        ("<%= x %>\n", "tsung.xml:1: this is a template"),
        ("<a>\n<% end %>\n", "tsung.xml:2: this is a template"),
        ("a: [\n\n}", "tsung.xml:3: this is neither XML nor a config.yml"),
        ("---", "tsung.xml:1: this is neither XML nor a config.yml"),
        ("workers:", "tsung.xml:1: workers is missing"),
        ("- a", "tsung.xml:1: this is neither XML nor a config.yml"),
        ("<!DOCTYPE t SYSTEM \"x.dtd\"><tsung>\n\n&lol;</tsung>", "tsung.xml:3: the entity &lol; is not known"),
        ("<?xml version=\"1.0\" encoding=\"UTF-7\"?><tsung/>", "the file's encoding is utf-7; convert it"),
        ("<?xml version=\"1.0\" encoding=\"a]\nb", "the file's encoding is a]; convert it"),
        ("hello", "neither XML nor a config.yml"),
        (String(repeating: "<a>", count: 100_000), "more than 64 deep"),
        ("<tsung>" + String(repeating: "<a/>", count: 30_000) + "</tsung>", "more than 20000 elements"),
    ])
    func filesThatAreNone(text: String, sentence: String) {
        let refusals = Fixture.refusals(text)
        #expect(refusals.contains { $0.contains(sentence) }, "\(refusals.prefix(3))")
    }

    /// The parser tells where a start tag ends; messages tell where it begins.
    @Test func linesAreThoseOfTheTagsBeginning() throws {
        let text = "<!DOCTYPE tsung SYSTEM '<a>\n[\"'><tsung\n>\n<!-- <x> -->\n<clients\n a='1'\n/><![CDATA[<y>]]>\n<servers/></tsung>"
        let root = try XMLFile.parse(text, file: "f").root
        #expect(root.line == 2 && root.children.map(\.line) == [5, 8])
    }

    // MARK: Fuzz

    private static let tokens = ["<", ">", "/>", "\"", "&", "&amp;", "<!--", "-->", "<![CDATA[", "]]>", "%%", "\u{0}", "é", "\n", "0", "-1", "99999999999999999999", "1e9", "<for>", "</for>", "<% end %>", "<%= i %>", "'", " "]

    @Test func mutatedFilesNeverCrash() throws {
        var random = SplitMix64(seed: 20_16)
        let seeds = [Fixture.file(workers: 2), Fixture.staged, PublishedFilesTests.template, PublishedFilesTests.config].map { Array($0) }
        var imported = 0
        for round in 0..<2_000 {
            var text = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 1...4, using: &random) where !text.isEmpty {
                let at = Int.random(in: 0..<text.count, using: &random), end = min(text.count, at + Int.random(in: 1...9, using: &random))
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text.removeSubrange(at..<end)
                case 1: text.insert(contentsOf: text[at..<end], at: at)
                default: text.replaceSubrange(at..<(Bool.random(using: &random) ? at : end), with: Array(Self.tokens.randomElement(using: &random) ?? ""))
                }
            }
            let result = try? Importer.profile(String(text), file: "fuzz", name: "fuzz") { _ in (PublishedFilesTests.template, "fuzz.erb") }
            if result != nil { imported += 1 }
        }
        #expect(imported > 0)
    }
}
