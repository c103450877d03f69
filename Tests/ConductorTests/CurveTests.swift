import Testing

@testable import Conductor

@Suite struct CurveTests {
    @Test func pointsAreBoundedAndTheEndsStay() {
        var curve = Curve()
        for second in 0...100_000 {
            curve.append(seconds: Double(second), connected: Double(second) * 3)
            #expect(curve.points.count < Curve.pointLimit)
            #expect(curve.points.first?.seconds == 0 && curve.points.last?.seconds == Double(second))
        }
        #expect(curve.points.count > Curve.pointLimit / 2 - 2)
        let gaps = Set(zip(curve.points.dropFirst(), curve.points).dropLast().map { $0.seconds - $1.seconds })
        #expect(gaps == [32])
        #expect(curve.connected(at: 77_777.5) == 77_777.5 * 3)
    }

    @Test func timeOnlyGrows() {
        let curve = Curve([(0, 1), (0, 2), (2, 4), (1, 9), (.nan, 3), (3, .infinity), (4, 8)])
        #expect(curve.points.map(\.seconds) == [0, 2, 4] && curve.points.map(\.connected) == [1, 4, 8])
    }

    @Test(arguments: [(0.0, 10.0), (1, 15), (2, 20), (3, 40), (4, 60)]) func between(seconds: Double, connected: Double) {
        #expect(Curve([(0, 10), (2, 20), (4, 60)]).connected(at: seconds) == connected)
    }

    @Test func nothingIsKnownOutside() {
        let curve = Curve([(1, 10), (2, 20)])
        #expect(curve.connected(at: 0.9) == nil && curve.connected(at: 2.1) == nil && curve.connected(at: .nan) == nil)
        #expect(Curve().connected(at: 0) == nil && Curve([(1, 7)]).connected(at: 1) == 7)
    }

    @Test func growthIsWhatLiesBetweenThePercents() {
        let curve = Curve((0...300).map { (Double($0), Double(min($0, 200)) * 10) })
        #expect(curve.growth(atMost: 1_000).map(\.seconds) == (2...197).map(Double.init))
        #expect(curve.growth(atMost: 100).map(\.seconds) == stride(from: 2.0, through: 196, by: 2).map { $0 })
        #expect(Curve([(0, 0), (1, 0)]).growth(atMost: 9).isEmpty && Curve().growth(atMost: 9).isEmpty)
    }
}
