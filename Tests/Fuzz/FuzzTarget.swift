import Glibc

/// One parser under libFuzzer. A new target is a value of this in a file of its own, and its name in `all`; a parser of
/// another module than Engine adds that module to the target `fuzz` in Package.swift.
struct FuzzTarget: Sendable {
    let name: String
    /// Longest input worth trying; short ones run faster and find the same.
    let maximumBytes: Int
    /// Sound inputs to begin with.
    let seeds: [[UInt8]]
    /// What the parser looks for; mutations insert these.
    let words: [String]
    /// Gives one input to the parser and calls `require` for what has to be true of the result. It keeps nothing: the same
    /// input does the same each time.
    let run: @Sendable (UnsafeRawBufferPointer) -> Void

    static let all: [FuzzTarget] = [
        .upgradeRequest, .upgradeResponse, .origin, .frame, .messages, .mask, .utf8, .json, .phoenixV1, .phoenixV2, .phoenixV2Binary,
        .tsung, .config,
    ]
}

/// Ends the program with `what` said, for libFuzzer to keep the input, unless `holds`.
@inline(__always) func require(_ holds: Bool, _ what: StaticString) {
    if !holds { fail(what) }
}

@inline(never) private func fail(_ what: StaticString) -> Never {
    say("not true of this input: \(what)")
    abort()
}

/// Writes a line to the standard error.
func say(_ text: String) {
    let line = Array("fuzz: \(text)\n".utf8)
    _ = write(2, line, line.count)
}

/// Memory for what a target writes, always the same: nothing is allocated for an input.
enum Scratch {
    static let bytes = 1 << 16
    nonisolated(unsafe) static let first = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    nonisolated(unsafe) static let second = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
}

extension UnsafeRawBufferPointer {
    /// The first `length` bytes.
    func first(_ length: Int) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[..<length]) }

    /// Splits a choice that the fuzzer makes from the input it makes it for: one byte, then the rest.
    var choice: (UInt8, UnsafeRawBufferPointer)? {
        isEmpty ? nil : (self[0], UnsafeRawBufferPointer(rebasing: self[1...]))
    }

    func says(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && (0..<count).allSatisfy { self[$0] == text.utf8Start[$0] }
    }
}

/// A seed: the choice byte of a target that takes one, and a text.
func seed(_ choice: UInt8, _ text: String) -> [UInt8] { [choice] + Array(text.utf8) }
func seed(_ text: String) -> [UInt8] { Array(text.utf8) }
