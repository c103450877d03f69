import Testing

@testable import Conductor
@testable import Views

@Suite struct ChartTests {
    private func chart(_ points: [Chart.Point]) -> Chart {
        Chart(
            title: "A < B & \"C\"", xLabel: "s", yLabel: "connected",
            series: [
                .init(name: "run", points: points),
                .init(name: "published", points: [.init(x: 0, y: 0), .init(x: 100, y: 50)], isReference: true),
            ])
    }

    @Test(arguments: [
        (0.0...100.0, 5, [0.0, 20, 40, 60, 80, 100]), (0.0...2_400_000, 6, [0.0, 500_000, 1_000_000, 1_500_000, 2_000_000]),
        (0.0...0.3, 3, [0.0, 0.1, 0.2, 0.3]), (3_500.0...5_000, 3, [3_500.0, 4_000, 4_500, 5_000]),
    ])
    func ticksAreRound(range: ClosedRange<Double>, count: Int, expected: [Double]) {
        let ticks = Chart.ticks(range, about: count)
        #expect(ticks.count == expected.count)
        for (tick, value) in zip(ticks, expected) { #expect(abs(tick - value) < 1e-9 * max(1, value)) }
    }

    @Test func theReferenceIsDrawnFirstAndNamesAreEscaped() throws {
        let svg = chart((0...50).map { .init(x: Double($0), y: Double($0) * 2) }).svg
        let lines = svg.split(separator: "\n").filter { $0.hasPrefix("<polyline") }
        #expect(lines.count == 2 && lines[0].contains("#b0b0b0") && lines[1].contains("#0072b2"))
        #expect(svg.contains("A &lt; B &amp; &quot;C&quot;") && !svg.contains("A < B"))
        #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("</svg>\n"))
        #expect(!svg.contains("http://", after: "http://www.w3.org/2000/svg"), "nothing is loaded from anywhere")
    }

    @Test func pointsLandWhereTheAxesSay() {
        var one = chart([.init(x: 0, y: 0), .init(x: 100, y: 100)])
        one.xRange = 0...100
        one.yRange = 0...100
        #expect(one.svg.contains("points=\"84,416 840,42\""), "the corners of the plot")
    }

    @Test func oddPointsDoNotBreakIt() {
        for points in [[], [Chart.Point(x: 0, y: 0)], [.init(x: .nan, y: 1), .init(x: 1, y: .infinity)]] {
            let svg = chart(points).svg
            #expect(svg.contains("</svg>") && !svg.contains("nan") && !svg.contains("inf\""))
        }
    }

    @Test func manyPointsAreThinnedAndTheLastStays() {
        let svg = chart((0...100_000).map { .init(x: Double($0), y: Double($0)) }).svg
        #expect(svg.utf8.count < 20_000)
        #expect(svg.contains("840,"), "the last point is at the right edge")
    }
}

extension String {
    /// Whether a text stands anywhere but in its first, known place.
    fileprivate func contains(_ text: String, after known: String) -> Bool {
        var rest = self
        if let range = rest.firstRange(of: known) { rest.removeSubrange(range) }
        return rest.contains(text)
    }
}
