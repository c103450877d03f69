import Testing

@testable import Engine

@Suite struct JSONMemberTests {
    private func body(_ object: String) -> String? {
        bytes(object).withUnsafeBytes { raw in
            JSONMember.value("body", of: raw).map { String(decoding: $0.bytes(in: raw), as: UTF8.self) }
        }
    }

    @Test(arguments: [
        (#"{"body":"hi"}"#, #""hi""#), (#" { "user" : "a" , "body" : [1, {"body":2}] } "#, #"[1, {"body":2}]"#),
        (#"{"body":1,"body":null}"#, "null"), (#"{"b\u006fdy":-1.5e3,"x":0}"#, "-1.5e3"), (#"{"x":{"body":1},"body":"\""}"#, #""\"""#),
        (#"{"body":"é"}"#, #""é""#),
    ])
    func found(object: String, value: String) { #expect(body(object) == value) }

    @Test(arguments: [
        "", "{}", "{ }", "[]", "null", "\"body\"", #"{"x":{"body":1}}"#, #"["body",1]"#, #"{"Body":1}"#, #"{"body"}"#, #"{"body":}"#,
        #"{"body":1"#.replacing("1", with: ""), "{",
    ])
    func absent(object: String) { #expect(body(object) == nil) }

    @Test(arguments: [
        (#"{"a":1,"b":"x"}"#, #"{"b":"x","a":1}"#, true), (#"{"a":1,"b":"x"}"#, #"{"a":1}"#, true), (#"{"a":1}"#, "{}", true), ("{}", "{}", true),
        (#"{"a":1}"#, #"{"a":2}"#, false), (#"{"a":1}"#, #"{"b":1}"#, false), (#"{"a":1}"#, #"{"a":1,"b":2}"#, false),
        (#"{"a":2,"a":1}"#, #"{"a":1}"#, true), ("[1]", "[1]", true), ("[1]", "[2]", false), ("null", "{}", false), ("{}", "null", false),
        (#"{"a":"\u0041"}"#, #"{"a":"A"}"#, false), (#"{ "b" : [ ] , "a" : 1 }"#, #"{"a":1}"#, true), ("[]", #"{"a":1}"#, false),
    ])
    func holds(object: String, others: String, isHeld: Bool) {
        let verdict = bytes(object).withUnsafeBytes { object in bytes(others).withUnsafeBytes { JSONMember.holds(object, all: $0) } }
        #expect(verdict == isHeld)
    }

    @Test func neverLooksBeyondItsBytes() {
        let guarded = GuardedBytes()
        var random = SplitMix64(seed: 9)
        let seeds = [bytes(#"{"user":"a","body":[1,{"b":"\u00e9"}]}"#), bytes(#"{"body":"hi"}"#), bytes("{}")]
        for run in 0..<fuzzRuns {
            let held = guarded.hold(mutated(seeds[run % seeds.count], with: seeds, &random))
            guard let value = JSONMember.value("body", of: held) else { continue }
            guard value.end <= held.count, !value.isEmpty else { Issue.record("\(Array(held))"); return }
        }
    }
}
