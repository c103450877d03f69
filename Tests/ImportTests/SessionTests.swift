import Testing

@testable import Import

/// Sessions: every step as a profile writes it.
@Suite struct SessionTests {
    private func steps(_ body: String, options: String = "") throws -> [String] {
        let session = "<session name=\"s\" probability=\"100\" type=\"ts_websocket\">\n<request><websocket type=\"connect\"/></request>\n\(body)\n</session>"
        let text = try Fixture.imported(Fixture.file(workers: 1, load: Fixture.phase(1, 1, "second", rate: "1", most: 1), options: options, session: session))
        let lines = text.split(separator: "\n").map(String.init)
        let start = try #require(lines.firstIndex(of: "session:"))
        return lines[(start + 2)...].map { line in
            guard let comment = line.firstRange(of: "  # ") else { return line }
            var step = String(line[..<comment.lowerBound])
            while step.last == " " { step.removeLast() }
            return step
        }
    }

    @Test(arguments: [
        (#"<request><websocket type="message">hello</websocket></request>"#, "  - send: { binary: 'hello', ack: message }"),
        (#"<request><websocket type="message" frame="text" ack="no_ack"> it's </websocket></request>"#, "  - send: { text: 'it''s', ack: none }"),
        (#"<request><websocket type="message" frame="binary" ack="parse">a&amp;&#98;</websocket></request>"#, "  - send: { binary: 'a&b', ack: message }"),
        ("<request><websocket type=\"message\">a\n\"b\"\u{2028}</websocket></request>", #"  - send: { binary: "a\n\"b\"\u2028", ack: message }"#),
        ("<request><websocket type=\"message\"><![CDATA[<a>&]]></websocket></request>", "  - send: { binary: '<a>&', ack: message }"),
        (#"<request subst="true"><websocket type="message">I am %%ts_user_server:get_unique_id%%</websocket></request>"#, "  - send: { binary: 'I am %%user%%', ack: message }"),
        (#"<request><websocket type="message">100 %%x</websocket></request>"#, "  - send: { binary: '100 %%x', ack: message }"),
        (#"<thinktime value="2.5"/>"#, "  - think: 2.5 s"),
        (#"<thinktime value="0.0124" random="true"/>"#, "  - think: { mean: 0.012 s }"),
        (#"<thinktime/>"#, "  - think: 5 s"),
        (#"<thinktime value="2"/><thinktime value="3"/>"#, "  - think: 5 s"),
        (#"<transaction name="t"><thinktime value="2"/></transaction>"#, "  - think: 2 s"),
        (#"<for var="i" from="1" to="10" incr="4"><thinktime value="2"/></for>"#, "  - think: 8 s"),
        (#"<for var="i" from="7" to="1"><thinktime value="2"/></for>"#, "  - think: 2 s"),
        (#"<request><websocket type="close"/></request>"#, "  - close"),
    ])
    func oneStep(body: String, step: String) throws { #expect(try steps(body) == [step]) }

    @Test func loopsKeepWhatTheyRepeat() throws {
        let body = """
            <for var="i" from="1" to="20000"><request><websocket type="message" frame="text">x</websocket></request>
            <for var="j" from="1" to="3"><thinktime value="1"/></for><thinktime value="1" random="true"/></for>
            """
        #expect(
            try steps(body) == [
                "  - loop:", "      times: 20_000", "      steps:", "        - send: { text: 'x', ack: message }",
                "        - think: 3 s", "        - think: { mean: 1 s }",
            ])
    }

    @Test func theThinktimeOption() throws {
        let option = #"<option name="thinktime" value="7" random="true" override="true"/>"#
        #expect(try steps(#"<thinktime value="1"/>"#, options: option) == ["  - think: { mean: 7 s }"])
        #expect(try steps(#"<thinktime value="1"/><thinktime/>"#, options: #"<option name="thinktime" value="7"/>"#) == ["  - think: 8 s"])
    }

    /// Only a worker's own words are a join; once, in a binary frame, and answered.
    @Test func joins() throws {
        func request(_ attributes: String = "", _ text: String = Fixture.join) -> String {
            "<request subst=\"true\"><websocket type=\"message\" \(attributes)>\(text)</websocket></request>"
        }
        let raw = Fixture.join.replacing("%%ts_user_server:get_unique_id%%", with: "%%user%%")
        #expect(try steps(request()) == ["  - join: rooms:lobby"])
        #expect(try steps(request("", Fixture.join.replacing("rooms:lobby", with: "a#b"))) == ["  - join: 'a#b'"])
        #expect(try steps(request(#"frame="text""#)) == ["  - send: { text: '\(raw)', ack: message }"])
        #expect(try steps(request(#"ack="no_ack""#)) == ["  - send: { binary: '\(raw)', ack: none }"])
        #expect(try steps(request() + request()) == ["  - join: rooms:lobby", "  - send: { binary: '\(raw)', ack: message }"])
        let spaced = raw.replacing("\"ref\":\"1\"", with: "\"ref\": \"1\"")
        #expect(try steps(request("", Fixture.join.replacing("\"ref\":\"1\"", with: "\"ref\": \"1\""))) == ["  - send: { binary: '\(spaced)', ack: message }"])
        let loop = "<for var=\"i\" from=\"1\" to=\"2\">\(request())</for>"
        #expect(try steps(loop).last == "        - send: { binary: '\(raw)', ack: message }")
    }

    @Test func joinTopics() {
        func text(_ topic: String) -> String { ##"{"topic":""## + topic + ##"", "event":"phx_join", "payload": {"user":"%%user%%"}, "ref":"1"}"## }
        #expect(TsungXML.Message.joinTopic(text("rooms:1")) == "rooms:1")
        for topic in ["", "a b", "a\"b", "a\\b", "é", String(repeating: "x", count: 201)] { #expect(TsungXML.Message.joinTopic(text(topic)) == nil) }
        #expect(TsungXML.Message.joinTopic("{\"topic\":\"") == nil)
    }
}
