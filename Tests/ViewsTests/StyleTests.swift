import Testing

@testable import Views

struct StyleTests {
    private let terminal = ["TERM": "xterm-256color", "LANG": "en_GB.UTF-8"]

    @Test func colourNeedsATerminalThatKnowsItAndNoNoColor() {
        #expect(Style.detect(terminal, terminalColumns: 80).isColoured)
        #expect(!Style.detect(terminal, terminalColumns: nil).isColoured)
        #expect(!Style.detect(terminal.merging(["NO_COLOR": "1"]) { $1 }, terminalColumns: 80).isColoured)
        #expect(Style.detect(terminal.merging(["NO_COLOR": ""]) { $1 }, terminalColumns: 80).isColoured)
        #expect(!Style.detect(terminal.merging(["TERM": "dumb"]) { $1 }, terminalColumns: 80).isColoured)
        #expect(!Style.detect(["LANG": "C.UTF-8"], terminalColumns: 80).isColoured)
    }

    @Test func widthIsTheTerminalsOrTheUsual() {
        #expect(Style.detect(terminal, terminalColumns: 132).columns == 132)
        #expect(Style.detect(terminal, terminalColumns: nil).columns == 80)
        #expect(Style.detect(terminal, terminalColumns: 3).columns == 24)
    }

    @Test func theFirstLocaleThatIsSetDecides() {
        #expect(Style.detect(terminal, terminalColumns: 80).isUnicode)
        #expect(!Style.detect(terminal.merging(["LC_ALL": "C"]) { $1 }, terminalColumns: 80).isUnicode)
        #expect(Style.detect(["LC_ALL": "", "LC_CTYPE": "de_DE.utf8"], terminalColumns: 80).isUnicode)
        #expect(!Style.detect([:], terminalColumns: 80).isUnicode)
    }

    @Test func aBlockIsErasedByTheRowsItTakesNow() {
        #expect(Terminal.erase([], columns: 80) == "")
        #expect(Terminal.erase([79, 10, 0], columns: 80) == String(repeating: "\u{1B}[A\u{1B}[2K", count: 3) + "\r")
        #expect(Terminal.erase([79, 10, 0], columns: 40) == String(repeating: "\u{1B}[A\u{1B}[2K", count: 4) + "\r")
    }

    @Test(arguments: [
        (0, "0 µs"), (999, "999 µs"), (1_000, "1.00 ms"), (9_994, "9.99 ms"), (9_996, "10.0 ms"), (99_960, "100 ms"),
        (999_999, "1,000 ms"), (1_000_000, "1.00 s"), (31_234_000, "31.2 s"),
    ] as [(UInt64, String)]) func latencies(_ value: UInt64, _ text: String) {
        #expect(Words.microseconds(value) == text)
    }

    @Test(arguments: [
        (0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3_599, "59 min 59 s"), (3_600, "1 h 00 min"),
        (-1, "0 s"), (.nan, "?"),
    ] as [(Double, String)]) func durations(_ value: Double, _ text: String) {
        #expect(Words.duration(value) == text)
    }

    @Test func fixedPlacesStayFixed() {
        #expect(Words.fixed(11, places: 1) == "11.0")
        #expect(Words.fixed(2.25, places: 1) == "2.3")
        #expect(Words.fixed(0.5, places: 2) == "0.50")
        #expect(Words.fixed(7, places: 0) == "7")
    }
}
