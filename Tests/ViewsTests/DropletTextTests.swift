import Foundation
@testable import Profiles
import Testing

@testable import Conductor
@testable import Views

/// Droplets in the summary, and sweeps of them.
@Suite struct DropletTextTests {
    private static let profiles = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("profiles").path

    private func plan(_ name: String) throws -> Plan {
        let profile = try ProfileFinder(directories: [Self.profiles], environment: [:]).load(name)
        return try Planner.plan(profile: profile, flags: Flags(), host: Fixture.host, version: "test")
    }

    private func text(_ change: @escaping (inout Summary) -> Void) -> String {
        SummaryText.render(Fixture.passed(change), directory: "runs/x", style: Style())
    }

    @Test func aRunWithoutLimitsSaysNothingOfThem() {
        #expect(!text { _ in }.contains("droplet"))
    }

    @Test func limitsAreShownWithWhatTheyShowed() {
        let shown = text {
            $0.droplet = .init(
                limitBytes: 10 << 30, swapLimitBytes: 5 << 30, memoryPeakBytes: 10 << 30, swapPeakBytes: 512 << 20, oomKills: 0,
                chargedPerConnection: 5_115.2, predictedPerConnection: 5_135)
        }
        #expect(shown.contains("droplet      limit 10 GiB, 10 GiB at peak; 512 MiB of 5 GiB swap at peak"))
        #expect(shown.contains("charged 5,115") && shown.contains("5,135 predicted"))
        let killed = text { $0.droplet = .init(limitBytes: 1 << 30, swapLimitBytes: 0, memoryPeakBytes: 1 << 30, oomKills: 1) }
        #expect(killed.contains("no swap; killed for want of memory"))
        let unknown = text { $0.droplet = .init(limitBytes: 1 << 30) }
        #expect(unknown.contains("not measured at peak; not measured in the host's swap"), "what is not known is not 0")
    }

    @Test func theWorkersAreNamedOnlyWhereTheyWereTheLimit() {
        let bound = text { $0.interference = .init(hostBusyPct: 98, targetPct: 20.4, workersPct: 77.6, generatorBound: true) }
        let words = bound.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("bound by Generator-bound: the CPUs that the workers may use") && words.contains("took 78 % and the target 20 %"))
        #expect(bound.contains("cpu shares   target 20 %, workers 78 % over the ramp"))
        #expect(!text { $0.interference = .init(hostBusyPct: 98, targetPct: 60, workersPct: 30, generatorBound: false) }.contains("bound by"))
    }

    @Test func aSweepIsATable() throws {
        let sweep = Sweep(name: "droplets", about: "how many", profiles: ["do-1gb", "do-32gb"])
        var rows = [SweepText.Row(plan: try plan("do-1gb"), summary: Fixture.passed { $0.joined.peak = 28_800 })]
        rows.append(SweepText.Row(profile: "do-32gb", refusal: "This host has too little memory."))
        let table = SweepText.render(sweep, rows, style: Style())
        let lines = table.split(separator: "\n").map(String.init)
        #expect(lines[0] == "droplets: how many")
        #expect(lines[1].hasPrefix("profile") && lines[1].hasSuffix("$/h"))
        #expect(lines[2].hasPrefix("do-1gb") && lines[2].contains("28,800") && lines[2].hasSuffix("0.015"))
        #expect(lines[3].contains("do-32gb was not run. This host has too little memory."))
        #expect(lines.allSatisfy { $0.count <= 80 })
        // On a narrow screen the figures are listed instead.
        let narrow = SweepText.render(sweep, rows, style: Style(columns: 40))
        #expect(narrow.contains("held 28,800") && narrow.split(separator: "\n").allSatisfy { $0.count <= 40 })
    }
}
