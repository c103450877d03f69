import Testing

@testable import Views

import struct Conductor.Progress

struct ProgressTextTests {
    private func block(_ progress: Progress, columns: Int = 80, coloured: Bool = false, unicode: Bool = true, event: String? = nil) -> [String] {
        ProgressText.block(
            progress, title: "do-64gb on io_uring", event: event,
            style: Style(columns: columns, isColoured: coloured, isUnicode: unicode))
    }

    @Test func rampAt80Columns() {
        let lines = block(Fixture.ramping(), event: "The ramp begins: 2400000 users.")
        #expect(lines == [
            "do-64gb on io_uring                                          ramping  1 min 02 s",
            "█████████████████████████▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░░░░░░░  1,800,000 of 2,400,000 users",
            "1,200,334 joined   1,200,990 connected   38,413/s   memory 11.0 of 24.0 GiB",
            "0 errors   about 31 s left",
            "The ramp begins: 2400000 users.",
        ])
    }

    @Test func rampAt40ColumnsInASCII() {
        let lines = block(Fixture.ramping(), columns: 40, unicode: false)
        #expect(lines == [
            "do-64gb on io_uring  ramping  1 min 02 s",
            "#####++...  1,800,000 of 2,400,000 users",
            "1,200,334 joined   1,200,990 connected",
            "38,413/s   memory 11.0 of 24.0 GiB",
            "0 errors   about 31 s left",
        ])
    }

    @Test func otherStages() {
        var progress = Fixture.ramping { $0.stage = .sweeping; $0.verified = 600_167; $0.lost = 2; $0.secondsLeft = nil }
        #expect(ProgressText.line(progress) == "1 min 02 s sweeping: 600,167 of 1,200,334 verified, 1,200,334 joined, "
            + "1,200,990 connected, memory 11.0 of 24.0 GiB, 0 errors, 2 lost")
        progress.stage = .tearingDown
        progress.socketsLeft = 12_345
        #expect(ProgressText.line(progress) == "1 min 02 s tearing down: 12,345 sockets left")
        progress.stage = .done
        #expect(ProgressText.line(progress) == "1 min 02 s done")
        progress.stage = .building
        #expect(ProgressText.line(progress) == "1 min 02 s building: 2,400,000 users planned")
    }

    @Test func memoryThatIsNotKnownIsNotShown() {
        #expect(!ProgressText.line(Fixture.ramping { $0.memoryUsedBytes = nil }).contains("memory"))
    }

    @Test(arguments: [24, 39, 40, 79, 80, 120, 300]) func noLineIsWiderThanTheScreen(columns: Int) {
        let stages: [Progress.Stage] = [.building, .ramping, .holding, .sweeping, .tearingDown, .done]
        for stage in stages {
            for errors in [0, 123_456_789] {
                let progress = Fixture.ramping { $0.stage = stage; $0.errors = errors; $0.lost = errors; $0.verified = 5 }
                for coloured in [false, true] {
                    let lines = block(progress, columns: columns, coloured: coloured, event: String(repeating: "数 long ", count: 60))
                    for line in lines { #expect(Terminal.visibleColumns(line) <= columns, "\(line)") }
                }
            }
        }
    }

    @Test func colourIsOnlyThereWhenAskedFor() {
        #expect(block(Fixture.ramping { $0.errors = 3 }, coloured: true).contains { $0.contains("\u{1B}[31m3 errors\u{1B}[0m") })
        #expect(!block(Fixture.ramping { $0.errors = 3 }).joined().contains("\u{1B}"))
    }

    @Test func eventsCannotSteerTheTerminal() {
        let lines = block(Fixture.ramping(), event: "up\u{1B}[2J\u{9B}1A\nand\u{202E}down")
        #expect(lines.last == "up [2J 1A and down")
    }

    @Test func nothingPlannedAndNothingJoinedIsNoDivisionByZero() {
        let empty = Progress(stage: .sweeping, elapsedSeconds: 0, usersPlanned: 0, memoryTotalBytes: 0, verified: 0)
        #expect(block(empty).count == 3)
        let ramp = Progress(
            stage: .ramping, elapsedSeconds: .nan, usersPlanned: 0, joinsPerSecond: .infinity, memoryUsedBytes: 0,
            memoryTotalBytes: 0, secondsLeft: .infinity)
        #expect(ProgressText.line(ramp).hasPrefix("? ramping: 0 of 0 users, 0 joined, 0 connected, ?, memory 0 of 0 B"))
    }
}
