import Engine
import Glibc
import Testing

@testable import Lab

@Suite struct NetlinkTests {
    @Test func aMessageIsLaidOutAsTheKernelWantsIt() {
        var message = NetlinkMessage(type: 16, flags: 0x600)
        message.appendLinkHeader(flags: 1, change: 1)
        message.attribute(3, text: "w0")
        message.nested(18) { $0.attribute(1, text: "veth") }
        let bytes = message.finished(sequence: 9)
        #expect(bytes.count == 16 + 16 + 8 + 16)
        #expect(Array(bytes[..<16]) == [56, 0, 0, 0, 16, 0, 5, 6, 9, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[32..<40]) == [7, 0, 3, 0, 0x77, 0x30, 0, 0])
        #expect(Array(bytes[40..<44]) == [16, 0, 18, 0])
        #expect(Array(bytes[44..<56]) == [9, 0, 1, 0, 0x76, 0x65, 0x74, 0x68, 0, 0, 0, 0])
    }

    /// An error of 17 with the kernel's sentence, as sent with NETLINK_CAP_ACK and NETLINK_EXT_ACK.
    private static func refusal(_ sentence: String) -> [UInt8] {
        var message = NetlinkMessage(type: 2)
        message.append(Int32(-17))
        for _ in 0..<4 { message.append(UInt32(20)) }
        message.attribute(1, text: sentence)
        var bytes = message.finished(sequence: 1)
        bytes[6] = 0
        bytes[7] = 3
        return bytes
    }

    @Test func theKernelsSentenceIsKept() throws {
        let answer = try #require(NetlinkAnswer.parse(Self.refusal("Name taken")).first)
        #expect(answer.verdict.code == EEXIST)
        #expect(answer.verdict.sentence == "Name taken")
    }

    @Test func damagedAnswersAreSurvived() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<3000 {
            var bytes = Self.refusal("Name taken") + Self.refusal("Twice")
            for _ in 0..<3 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
            bytes.removeLast(Int(random.next() % UInt64(bytes.count)))
            for answer in NetlinkAnswer.parse(bytes) { _ = answer.verdict }
        }
    }

    @Test(.enabled(if: LabHost.canMakeNamespaces, "needs root: makes a network namespace"))
    func errorsAreSentences() throws {
        let namespace = try NetworkNamespace(owner: "a test's", parent: nil)
        let links = try Links(namespace: namespace.descriptor)
        let missing = #expect(throws: LabError.self) { try links.setUp("nosuch0") }
        #expect(missing?.message.hasPrefix("Could not bring the link nosuch0 up: No such device (errno 19).") == true)
        try links.createPair("a0", peer: "a1", peerNamespace: namespace.descriptor)
        let twice = #expect(throws: LabError.self) {
            try links.createPair("a0", peer: "a2", peerNamespace: namespace.descriptor)
        }
        #expect(twice?.message.contains("File exists") == true)
        let route = #expect(throws: LabError.self) { try links.addDefaultRoute(through: IPv4Address("198.19.0.1")!) }
        #expect(route?.message.contains("The kernel says: Nexthop has invalid gateway.") == true)
    }
}
