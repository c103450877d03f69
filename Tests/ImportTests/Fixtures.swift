import Profiles

@testable import Import

/// Load files as the published benchmark had them, written anew from what is known of them.
enum Fixture {
    static let join = ##"{"topic":"rooms:lobby", "event":"phx_join", "payload": {"user":"%%ts_user_server:get_unique_id%%"}, "ref":"1"}"##

    static let session = """
          <session name="chat" probability="100" type="ts_websocket">
            <request><websocket type="connect" path="/socket/websocket"/></request>
            <request subst="true"><websocket type="message">\(join)</websocket></request>
            <for var="round" from="1" to="1000" incr="1"><thinktime value="30"/></for>
          </session>
        """

    static let options = """
            <option name="ports_range" min="1025" max="65535"/>
            <option name="max_retries" value="20"/>
            <option name="tcp_reuseaddr" value="true"/>
            <option name="connect_timeout" value="50000000"/>
        """

    static func phase(_ number: Int, _ duration: Int, _ unit: String, rate: String, most: Int?) -> String {
        """
            <arrivalphase phase="\(number)" duration="\(duration)" unit="\(unit)">
              <users \(most.map { "maxnumber=\"\($0)\" " } ?? "")arrivalrate="\(rate)" unit="second"/>
            </arrivalphase>
        """
    }

    static func file(
        workers: Int = 40, clients: String? = nil, server: String = #"<server host="192.0.2.1" port="4000" type="tcp"/>"#,
        load: String = phase(1, 100, "minute", rate: "500", most: 2_400_000), options: String = options,
        session: String = session
    ) -> String {
        let clients = clients ?? (1...workers).map { "    <client host=\"load\($0)\" cpu=\"1\" maxusers=\"60000\"/>" }.joined(separator: "\n")
        return """
            <?xml version="1.0"?>
            <!DOCTYPE tsung SYSTEM "/no/such/tsung-1.0.dtd">
            <tsung loglevel="error" version="1.0">
            <clients>
            \(clients)
            </clients>
            <servers>\(server)</servers>
            <load>
            \(load)
            </load>
            <options>
            \(options)
            </options>
            <sessions>
            \(session)
            </sessions>
            </tsung>
            """
    }

    /// Eight phases of 250,000, and the rest in one that is much longer than it needs.
    static var staged: String {
        let phases = (1...8).map { phase($0, 400, "second", rate: "1000", most: 250_000) } + [phase(9, 300_000, "second", rate: "1000", most: 100_000)]
        return file(load: phases.joined(separator: "\n"))
    }

    static func imported(_ text: String, name: String = "tsung") throws -> String {
        try Importer.profile(text, file: "tsung.xml", name: name) { path throws(ProfileError) in throw ProfileError("no \(path)") }
    }

    static func parsed(_ text: String) throws -> Profile { try ProfileParser.parse(imported(text), file: "imported.yml") }

    /// The sentences of a refusal; empty when there was none.
    static func refusals(_ text: String) -> [String] {
        do {
            _ = try imported(text)
            return []
        } catch { return "\(error)".split(separator: "\n").map(String.init) }
    }
}
