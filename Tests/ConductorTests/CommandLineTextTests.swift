import Testing

@testable import Conductor

@Suite struct CommandLineTextTests {
    @Test func aCommandLineCanBeGivenAgain() {
        func text(_ words: String...) -> String? { CommandLineText.repeatable(words) }
        #expect(text("/usr/bin/simbench", "run", "--profile", "smoke") == "simbench run --profile smoke")
        #expect(text("simbench", "run", "--out", "runs/a", "--quiet") == "simbench run --quiet")
        #expect(text("simbench", "run", "--out=runs/a", "--hold", "1 s") == "simbench run --hold '1 s'")
        #expect(text("simbench", "--set", "expect.lost=== 0", "") == "simbench --set 'expect.lost=== 0' ''")
        #expect(text("simbench", "it's") == "simbench 'it'\\''s'")
        #expect(text("simbench", "$(x)\n") == "simbench '$(x)\n'")
        #expect(text("xctest", "run") == nil)
    }
}
