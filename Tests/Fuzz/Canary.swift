@testable import Engine

extension FuzzTarget {
    /// A planted fault, which scripts/fuzz wants to be found before it believes any other result: behind five bytes that
    /// are found one by one, or never, Engine is made to read a byte too far.
    static let canary = FuzzTarget(
        name: "canary", maximumBytes: 8, seeds: [], words: [],
        run: { bytes in
            guard bytes.count > 4, UpgradeRequest.parse(bytes) == .needMore else { return }
            require(UTF8Check.isValid(UnsafeRawBufferPointer(start: bytes.baseAddress, count: bytes.count + 1)), "It was read.")
        })
}
