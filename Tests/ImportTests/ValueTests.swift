import Engine
import Testing
import Profiles
import Yams

@testable import Import

/// Values: what is written is what is read.
@Suite struct ValueTests {
    @Test(arguments: [
        ("rooms:lobby", "rooms:lobby"), ("/socket/websocket", "/socket/websocket"), ("null", "'null'"), ("a:", "'a:'"),
        ("a b", "'a b'"), ("it's", "'it''s'"), ("", "''"), ("#x", "'#x'"), ("a\nb", #""a\nb""#), ("\u{1F600}", #""\U0001F600""#),
    ])
    func scalars(value: String, text: String) { #expect(YAMLScalar.text(value) == text) }

    @Test func anyTextComesBack() throws {
        var random = SplitMix64(seed: 7)
        let pieces = ["'", "\"", "\\", "\n", "\r", "\t", "\u{85}", "\u{2028}", "\u{7F}", " ", ": ", " #", "{", "}", ",", "[", "é", "👩‍👩‍👧", "%%user%%", "- ", "&a", "*a", "!", "a", "~", "\u{1}", "\u{FFFD}"]
        for _ in 0..<2_000 {
            let value = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            for text in [YAMLScalar.text(value), YAMLScalar.quoted(value)] {
                let node = try Yams.compose(yaml: "- { text: \(text), ack: none }  # \(YAMLScalar.comment(value))\n")
                #expect(node?.sequence?[0].mapping?["text"]?.string == value)
            }
        }
    }

    @Test func commentsAreOneLine() {
        #expect(YAMLScalar.comment("a\nb\u{2028}é") == "a?b??")
        #expect(YAMLScalar.comment(String(repeating: "x", count: 400)).count == 304)
    }

    @Test(arguments: [(2.0, "0.5/s"), (0.1, "10/s"), (3, "20/min"), (7, "8.571428571429/min"), (86_400, "0.041666666667/h"), (7_200, "0.5/h")])
    func gaps(seconds: Double, text: String) throws {
        let rate = TsungXML.rate(gapSeconds: seconds)
        #expect(rate.text == text)
        #expect(try Units.rate(rate.text) == .perSecond(rate.perSecond) && abs(rate.perSecond * seconds - 1) < 1e-10)
    }

    @Test func phasesAndMachines() throws {
        let phases = Fixture.phase(2, 1, "hour", rate: "3", most: nil) + Fixture.phase(1, 500, "millisecond", rate: "10", most: nil)
        let clients = "<client host=\"a\"/>\n<client host=\"b\" cpu=\"2\" maxusers=\"700\"/>\n<client host=\"c\"/>"
        let load = Fixture.file(clients: clients, load: phases, options: "").replacing("<load>", with: "<load loop=\"1\">")
        let profile = try Fixture.parsed(load)
        #expect(profile.load.phases.map(\.durationSeconds) == [0.5, 3_600, 0.5, 3_600] && profile.load.phases[0].users == nil)
        #expect(profile.load.retries == 3 && profile.workers[0].ports == 32_768...60_999 && profile.workers[0].portOrder == .kernel)
        // 21,610 users on three machines whose processes hold 800 or 2 x 700: Tsung starts more processes.
        #expect(profile.workers.map(\.group) == ["worker", "worker-2"] && profile.workers.map(\.count) == [.fixed(2), .fixed(1)])
        #expect(profile.workers.map(\.users) == [7_204, 7_204])
    }
}
