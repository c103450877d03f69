import Glibc

/// The program's door, which libFuzzer's own `main` calls: SIMBENCH_FUZZ_TARGET names the target. scripts/fuzz starts it.
///
/// Without a name it prints the targets' names. With a folder in SIMBENCH_FUZZ_SEEDS it writes the target's seeds there, its
/// words beside it in libFuzzer's form (FOLDER.dict), prints the longest input, bytes, and ends.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>?, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
    guard let name = getenv("SIMBENCH_FUZZ_TARGET").map({ String(cString: $0) }) else {
        for target in FuzzTarget.all { print(target.name) }
        exit(0)
    }
    guard let target = (FuzzTarget.all + [.canary]).first(where: { $0.name == name }) else {
        say("There is no target \(name); there are \(FuzzTarget.all.map(\.name).joined(separator: ", ")).")
        exit(64)
    }
    chosen = target.run
    if let folder = getenv("SIMBENCH_FUZZ_SEEDS").map({ String(cString: $0) }) {
        for (number, seed) in target.seeds.enumerated() { write(seed, to: "\(folder)/seed-\(number)") }
        write(target.words.flatMap(inDictionaryForm), to: "\(folder).dict")
        print(target.maximumBytes)
        exit(0)
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    chosen(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}

/// Set once, before the first input.
nonisolated(unsafe) private var chosen: (UnsafeRawBufferPointer) -> Void = { _ in }

private func inDictionaryForm(_ word: String) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    let escaped = word.utf8.flatMap { [0x5C, 0x78, digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return [0x22] + escaped + [0x22, 0x0A]
}

private func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else {
        say("\(path) cannot be written: \(String(cString: strerror(errno))).")
        exit(70)
    }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}
