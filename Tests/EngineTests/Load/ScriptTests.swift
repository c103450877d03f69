import Testing

@testable import Engine

/// Sessions in flat memory against sessions written out.
@Suite struct ScriptTests {
    /// A step of a session with its loops written out.
    private struct Written {
        var step: SessionStep
        var ref: UInt64
        var frame: UInt64
        var joined: Int
    }

    /// The loops written out, and numbered one by one.
    private func writtenOut(_ steps: [SessionStep]) -> [Written] {
        var all: [Written] = []
        var refs: UInt64 = 1, frames: UInt64 = 0, joined = 0
        func walk(_ steps: [SessionStep]) {
            for step in steps {
                if case .loop(let times, let body) = step {
                    for _ in 0..<times { walk(body) }
                    continue
                }
                all.append(Written(step: step, ref: refs, frame: frames, joined: joined))
                switch step {
                case .join: (refs, frames, joined) = (refs + 1, frames + 1, joined + 1)
                case .leave: (refs, frames, joined) = (refs + 1, frames + 1, joined - 1)
                case .push, .heartbeat: (refs, frames) = (refs + 1, frames + 1)
                case .frame, .close: frames += 1
                default: break
                }
            }
        }
        walk(steps)
        return all
    }

    private func kind(_ step: SessionStep) -> Script.Kind {
        switch step {
        case .connect: .connect
        case .join: .join
        case .leave: .leave
        case .push, .frame, .heartbeat: .send
        case .think: .think
        case .thinkExponential: .thinkExponential
        case .close: .close
        case .echo: .echo
        case .rest, .loop: .rest
        }
    }

    private func demandSame(_ steps: [SessionStep], _ note: String = "") {
        let script = TestUsers.script(steps)
        let written = writtenOut(steps)
        #expect(script.count == UInt32(written.count), "\(note)")
        for (place, expected) in written.enumerated() {
            let step = script.step(at: UInt32(place))
            let operation = step.operation.pointee
            let isSame =
                operation.kind == kind(expected.step) && step.ref == expected.ref && step.frame == expected.frame
                && Int(operation.joinedBefore) == expected.joined
            guard isSame else {
                Issue.record("place \(place) of \(note) \(steps): \(operation), ref \(step.ref), frame \(step.frame); should be \(expected)")
                return
            }
            if case .think(let seconds) = expected.step { #expect(operation.nanoseconds == seconds * 1e9) }
        }
        let opening = written.firstIndex { if case .join = $0.step { true } else { false } }
        #expect(script.openingPlace == UInt32(opening ?? 0) && script.hasJoin == (opening != nil))
        let refs = written.count { if case .join = $0.step { true } else if case .leave = $0.step { true } else if case .push = $0.step { true } else { $0.step == .heartbeat } }
        #expect(Int(script.refCount) == refs)
    }

    @Test func theWayToAPlaceIsThatOfTheSessionWrittenOut() {
        let think = SessionStep.think(seconds: 1), push = SessionStep.push(topic: "a", event: "e", payload: "{}", .reply)
        demandSame(SessionStep.published)
        demandSame([.connect])
        demandSame([.connect, .loop(times: 7, [think])])
        demandSame([.connect, .loop(times: 3, [.join(topic: "a"), push, .leave(topic: "a")]), .close])
        demandSame([
            .connect, .join(topic: "a"),
            .loop(times: 5, [think, .loop(times: 3, [.heartbeat, .loop(times: 2, [push, .think(seconds: 2)])]), push]), push, .close,
        ])
        demandSame([.connect, .loop(times: 2, [.loop(times: 2, [.loop(times: 2, [.loop(times: 2, [push])])])]), .echo])
        demandSame([.connect, .frame(isText: true, [0x61], .none), think, .join(topic: "a"), .rest])
    }

    /// Lists of any shape, three levels deep.
    private func drawn(_ random: inout SplitMix64, depth: Int) -> [SessionStep] {
        (0..<1 + Int(random.next() % 6)).map { _ in
            switch random.next() % (depth == 0 ? 5 : 8) {
            case 0: .think(seconds: Double(random.next() % 100))
            case 1: .heartbeat
            case 2: .frame(isText: false, [1, 2], .message)
            case 3: .push(topic: "t", event: "e", payload: #"{"user":"%%user%%"}"#, .none)
            case 4: .thinkExponential(meanSeconds: 3)
            default: .loop(times: 1 + Int(random.next() % 5), drawn(&random, depth: depth - 1))
            }
        }
    }

    @Test func drawnSessionsAreTheSameWrittenOut() {
        var random = SplitMix64(seed: 17)
        for number in 0..<300 {
            demandSame([.connect] + drawn(&random, depth: 3) + [.join(topic: "t")] + drawn(&random, depth: 2) + [.rest], "\(number)")
        }
    }

    @Test func aPlaceFarOutIsFoundAsFast() {
        let script = TestUsers.script([
            .connect, .join(topic: "rooms:lobby"),
            .loop(times: 1_000_000, [.loop(times: 999, [.think(seconds: 1)]), .heartbeat]), .close,
        ])
        #expect(script.count == 1_000_000_003)
        let last = script.step(at: 1_000_000_001)
        #expect(last.operation.pointee.kind == .send && last.ref == 1_000_001 && last.frame == 1_000_000)
        #expect(script.step(at: 1_000_000_000).operation.pointee.kind == .think)
        #expect(script.step(at: 1_000_000_002).operation.pointee.kind == .close)
    }

    @Test func whatNoLaneCanPlayIsRefused() {
        func refusal(_ steps: [SessionStep], lastUser: UInt64 = 9) -> String {
            do {
                _ = try Script(steps, lastUser: lastUser)
                return ""
            } catch { return "\(error)" }
        }
        #expect(refusal([]).contains("starts with connect"))
        #expect(refusal([.heartbeat]).contains("starts with connect"))
        #expect(refusal([.connect, .loop(times: 1 << 20, [.loop(times: 1 << 13, [.heartbeat])])]).contains("steps"))
        #expect(refusal([.connect, .loop(times: 3, [])]).contains("loop"))
        #expect(refusal([.connect, .frame(isText: true, [UInt8](repeating: 0x61, count: 1_017), .none)]).contains("1017 bytes"))
        #expect(refusal([.connect, .frame(isText: true, [UInt8](repeating: 0x61, count: 1_016), .none)]) == "")
        let marks = Array(String(repeating: "%%user%%", count: 100).utf8)
        #expect(refusal([.connect, .frame(isText: true, marks, .none)], lastUser: 999_999_999) == "")
        #expect(refusal([.connect, .frame(isText: true, marks, .none)], lastUser: 99_999_999_999).contains("1100 bytes"))
    }

    // MARK: bytes

    private func payload(_ frame: [UInt8]) -> (Opcode, String)? {
        frame.withUnsafeBytes { bytes in
            guard case .header(let header) = Frame.parse(bytes, fromClient: true, payloadLimit: 2_000),
                Int(header.headerBytes) + header.payloadBytes == bytes.count
            else { return nil }
            var text = Array(frame[Int(header.headerBytes)...])
            text.withUnsafeMutableBytes { Mask.apply(header.mask, to: $0.baseAddress!, count: $0.count) }
            return (header.opcode, String(decoding: text, as: UTF8.self))
        }
    }

    private func frame(_ script: Script, _ place: UInt32, user: UInt64) -> [UInt8] {
        written { script.write(script.step(at: place), user: user, mask: 0x1234_5678, to: $0) }
    }

    @Test func thePublishedJoinIsWrittenToTheByte() {
        for user: UInt64 in [1, 9, 10, 2_400_000] {
            #expect(frame(TestUsers.published, 1, user: user) == originalJoinFrame(user: user, mask: 0x1234_5678))
        }
        let script = TestUsers.script([.connect, .join(topic: "rooms:lobby"), .heartbeat, .rest])
        #expect(frame(script, 2, user: 5) == written { PhoenixV1.writeHeartbeatFrame(ref: 2, mask: 0x1234_5678, to: $0) })
    }

    @Test func messagesCarryTheUserAndTheirRef() {
        let push = SessionStep.push(topic: "rooms:lobby", event: "new:msg", payload: #"{"user":"%%user%%","body":"%%user%%!"}"#, .reply)
        let script = TestUsers.script([
            .connect, .join(topic: "rooms:lobby"), .loop(times: 20, [push]), .leave(topic: "rooms:lobby"),
            .frame(isText: true, Array("%%user%%".utf8), .none), .frame(isText: false, Array("a%%user%".utf8), .none),
            .frame(isText: true, [], .none),
        ])
        let twelfth = payload(frame(script, 13, user: 77))
        #expect(twelfth?.0 == .text)
        #expect(twelfth?.1 == #"{"topic":"rooms:lobby","event":"new:msg","payload":{"user":"77","body":"77!"},"ref":"13"}"#)
        #expect(payload(frame(script, 22, user: 1))?.1 == #"{"topic":"rooms:lobby","event":"phx_leave","payload":{},"ref":"22"}"#)
        #expect(payload(frame(script, 23, user: 123_456_789)).map { "\($0.0) \($0.1)" } == "text 123456789")
        #expect(payload(frame(script, 24, user: 1)).map { "\($0.0) \($0.1)" } == "binary a%%user%")
        #expect(payload(frame(script, 25, user: 1))?.1 == "")
    }
}
