import CLab
import Testing

@testable import Lab

/// A request as the kernel lays it out (linux/fuse.h): length, opcode, unique, node, user, group, process; then its own
/// fields. 77 is the number that an answer has to repeat.
private func request(_ opcode: UInt32, _ fields: [any FixedWidthInteger] = [], dataBytes: Int = 0) -> [UInt8] {
    let none: UInt32 = 0
    let head: [any FixedWidthInteger] = [none, opcode, UInt64(77), UInt64(1), none, none, none, none]
    var bytes = packed(head) + packed(fields)
    bytes += [UInt8](repeating: 0, count: max(0, 80 - bytes.count))
    bytes.replaceSubrange(0..<4, with: packed([UInt32(bytes.count + dataBytes)]))
    return bytes
}

private func packed(_ fields: [any FixedWidthInteger]) -> [UInt8] {
    fields.flatMap { field -> [UInt8] in
        func bytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
        return bytes(field)
    }
}

/// What an answer begins with.
private func header(_ length: UInt32, error: Int32 = 0) -> [UInt8] { packed([length, error, UInt64(77)]) }

private func data(_ offset: UInt64, _ bytes: UInt32) -> [any FixedWidthInteger] {
    [UInt64(0), offset, bytes, UInt32(0), UInt64(0), UInt32(0), UInt32(0)]
}

private struct Answer {
    var step: Int32
    var bytes: [UInt8]
    var raw: simbench_fuse_request

    init(_ head: [UInt8], bytes total: Int? = nil, fileBytes: UInt64 = 1 << 20) {
        var raw = simbench_fuse_request()
        var answer = [UInt8](repeating: 0xFF, count: Int(SIMBENCH_FUSE_ANSWER_BYTES))
        simbench_fuse_take(head, total ?? head.count, fileBytes, &answer, &raw)
        step = raw.step
        bytes = Array(answer[..<Int(raw.answer_bytes)])
        self.raw = raw
    }

    func word(_ offset: Int) -> UInt32 { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) } }
    func long(_ offset: Int) -> UInt64 { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) } }
    var error: Int32 { Int32(bitPattern: word(4)) }
    var isWellFormed: Bool { Int(word(0)) == bytes.count && long(8) == 77 }
}

private let answers = Int32(SIMBENCH_FUSE_ANSWER.rawValue), reads = Int32(SIMBENCH_FUSE_READ.rawValue)
private let writes = Int32(SIMBENCH_FUSE_WRITE.rawValue), nothing = Int32(SIMBENCH_FUSE_NOTHING.rawValue)

@Suite struct FuseTests {
    @Test(arguments: [(7, 45, 31), (7, 31, 31), (7, 27, 27), (8, 0, 31)] as [(UInt32, UInt32, UInt32)])
    func bothSidesAgreeOnAVersion(_ major: UInt32, _ minor: UInt32, _ agreed: UInt32) {
        let answer = Answer(request(26, [major, minor, UInt32(131_072), UInt32.max]))
        #expect(answer.step == answers && answer.isWellFormed && answer.error == 0)
        #expect(answer.bytes.count == 16 + 64)
        #expect([answer.word(16), answer.word(20)] == [7, agreed])
        // Big writes and asynchronous direct I/O, nothing else of what the kernel offers; as many bytes as a buffer.
        #expect(answer.word(28) == 1 << 5 | 1 << 15)
        #expect(answer.word(36) == 131_072)
    }

    @Test func aKernelTooOldIsRefused() {
        let answer = Answer(request(26, [UInt32(7), UInt32(22), UInt32(0), UInt32(0)]))
        #expect(answer.error == -71 && answer.bytes.count == 16)
    }

    @Test func theFileHasItsSizeAndMode() {
        let answer = Answer(request(3), fileBytes: 12_288)
        #expect(answer.isWellFormed && answer.error == 0 && answer.bytes.count == 16 + 104)
        #expect([answer.long(32), answer.long(40), answer.long(48)] == [1, 12_288, 24])  // inode, bytes, blocks of 512
        #expect(answer.word(32 + 60) == 0o100600)
    }

    @Test(arguments: [
        (14, 32, 0), (17, 96, 0), (18, 16, 0), (20, 16, 0), (38, 16, 0), (22, 16, -38), (43, 16, -38), (9999, 16, -38),
    ] as [(UInt32, Int, Int32)])
    func otherRequestsAreAnsweredAtOnce(_ opcode: UInt32, _ bytes: Int, _ error: Int32) {
        let answer = Answer(request(opcode))
        #expect(answer.step == answers && answer.isWellFormed)
        #expect((answer.bytes.count, answer.error) == (bytes, error))
        if opcode == 14 { #expect(answer.word(24) == 1) }  // past the page cache
    }

    @Test(arguments: [2, 36, 42] as [UInt32]) func someWantNoAnswer(_ opcode: UInt32) {
        #expect(Answer(request(opcode)).step == nothing)
    }

    @Test func readsAndWritesAreHandedOn() {
        let read = Answer(request(15, data(8192, 4096)))
        #expect((read.step, read.raw.offset, read.raw.bytes, read.bytes.count) == (reads, 8192, 4096, 0))
        let write = Answer(request(16, data(0, 131_072), dataBytes: 131_072), bytes: 80 + 131_072)
        #expect((write.step, write.raw.offset, write.raw.bytes) == (writes, 0, 131_072))
        let last = Answer(request(15, data((1 << 20) - 4096, 4096)))
        #expect(last.step == reads)
    }

    @Test(arguments: [(1 << 20, 4096), ((1 << 20) - 4095, 4096), (UInt64.max, 4096), (0, 131_073)] as [(UInt64, UInt32)])
    func whatLiesOutsideIsRefused(_ offset: UInt64, _ bytes: UInt32) {
        for opcode in [15, 16] as [UInt32] {
            let answer = Answer(request(opcode, data(offset, bytes)), bytes: 80 + (opcode == 16 ? Int(bytes) : 0))
            #expect(answer.step == answers && answer.error == -22 && answer.isWellFormed)
        }
    }

    @Test func aWriteOfAnotherLengthIsRefused() {
        for total in [80, 79, 41, 80 + 4095, 80 + 4097] {
            #expect(Answer(request(16, data(0, 4096)), bytes: total).error == -22)
        }
    }

    @Test func aTornRequestIsDropped() {
        for total in [0, 1, 39] { #expect(Answer(request(15), bytes: total).step == nothing) }
    }

    @Test func endsOfReadsAndWrites() {
        var asked = Answer(request(15, data(0, 4096))).raw
        var answer = [UInt8](repeating: 0, count: Int(SIMBENCH_FUSE_ANSWER_BYTES))
        #expect(simbench_fuse_end_read(&asked, 4096, &answer) == 16)
        #expect(answer.starts(with: header(16 + 4096)))
        #expect(simbench_fuse_end_read(&asked, -5, &answer) == 16)
        #expect(answer.starts(with: header(16, error: -5)))
        #expect(simbench_fuse_end_write(&asked, 4096, &answer) == 24)
        let written = packed([UInt32(4096), UInt32(0)])
        #expect(answer.starts(with: header(24) + written))
        #expect(simbench_fuse_end_write(&asked, -28, &answer) == 16)
        #expect(answer.starts(with: header(16, error: -28)))
    }
}
