import Profiles

/// `<websocket type="message">`: a join in the words of the published benchmark, or a raw frame.
extension TsungXML {
    enum Message {
        /// Tsung's way to write the user's number, and a profile's.
        private static let tsungUser = "%%ts_user_server:get_unique_id%%"
        private static let profileUser = "%%user%%"
        /// A join as workers send it, but for the topic.
        private static let joinBeforeTopic = #"{"topic":""#
        private static let joinAfterTopic = ##"", "event":"phx_join", "payload": {"user":"%%user%%"}, "ref":"1"}"##

        /// nil when it was refused.
        static func step(
            _ tag: Tag, _ isSubstituted: Bool, _ depth: Int, _ script: inout Script, _ findings: inout Findings
        ) -> Draft.Step? {
            if tag.isTextSplit {
                findings.refuse(tag, nil, "a comment stands in the message, and Tsung sends only what is before it; move it out")
                return nil
            }
            guard let isAcknowledged = acknowledged(tag, &findings), let isBinary = binary(tag, &findings),
                let text = text(tag, isSubstituted, &findings)
            else { return nil }
            let topic = joinTopic(text)
            if let topic, isAcknowledged, isBinary, depth == 0, !script.hasJoined {
                script.hasJoined = true
                return .join(topic: topic)
            }
            if text.contains("phx_join") {
                findings.remark(tag, nil, "it looks like a Phoenix join but is not spelled as workers spell theirs: it is sent as it is, and nobody counts as joined by it")
            }
            return .send(Draft.Message(text: text, isBinary: isBinary, isAcknowledged: isAcknowledged))
        }

        /// The topic of a text that is a worker's join to the byte.
        static func joinTopic(_ text: String) -> String? {
            guard text.hasPrefix(joinBeforeTopic), text.hasSuffix(joinAfterTopic) else { return nil }
            let topic = text.dropFirst(joinBeforeTopic.count).dropLast(joinAfterTopic.count)
            let isPlain = topic.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
            return isPlain && !topic.contains("%%") && (1...200).contains(topic.utf8.count) && joinBeforeTopic.count + topic.count + joinAfterTopic.count == text.count
                ? String(topic) : nil
        }

        private static func acknowledged(_ tag: Tag, _ findings: inout Findings) -> Bool? {
            switch tag.attributes["ack"] {
            case nil, "parse": return true
            case "no_ack": return false
            case let ack?:
                findings.refuse(tag, "ack", "\"\(ack.prefix(40))\" is neither parse nor no_ack")
                return nil
            }
        }

        private static func binary(_ tag: Tag, _ findings: inout Findings) -> Bool? {
            switch tag.attributes["frame"] {
            case nil, "binary": return true
            case "text": return false
            case let frame?:
                findings.refuse(tag, "frame", "\"\(frame.prefix(40))\" is neither binary nor text")
                return nil
            }
        }

        /// What is sent, with the user's number as a profile writes it.
        private static func text(_ tag: Tag, _ isSubstituted: Bool, _ findings: inout Findings) -> String? {
            // Tsung takes spaces off both ends, and nothing else.
            var text = Substring(tag.text)
            while text.first == " " { text.removeFirst() }
            while text.last == " " { text.removeLast() }
            guard text.utf8.firstRange(of: profileUser.utf8) == nil else {
                findings.refuse(tag, nil, "the text has \(profileUser) in it, which workers would replace by the user's number")
                return nil
            }
            guard isSubstituted else { return checked(String(text), tag, &findings) }
            let pieces = String(text).split(separator: tsungUser, omittingEmptySubsequences: false)
            guard pieces.allSatisfy({ !$0.contains("%%") }) else {
                findings.refuse(tag, nil, "of Tsung's variables only \(tsungUser) is known here")
                return nil
            }
            return checked(pieces.joined(separator: profileUser), tag, &findings)
        }

        /// The same text, if a profile can hold it and a worker send it.
        private static func checked(_ text: String, _ tag: Tag, _ findings: inout Findings) -> String? {
            if let name = Plan.Step.variables(text).first(where: { $0 != "user" }) {
                findings.refuse(tag, nil, "the text has %%\(name)%% in it, which a profile takes for a variable that it does not know")
                return nil
            }
            let bytes = Plan.Step.frameBytes(text)
            guard bytes <= Limits.sentFrameBytes else {
                findings.refuse(
                    tag, nil,
                    "its frame has up to \(UnitText.count(bytes)) bytes; a worker's buffer takes \(UnitText.count(Limits.sentFrameBytes)), header included")
                return nil
            }
            return text
        }
    }
}
