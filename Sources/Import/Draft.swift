/// What an import found out, on its way to becoming a profile's text. Values are as a profile spells them.
struct Draft: Equatable {
    /// A value, and the sentence that says where it came from.
    struct Value: Equatable {
        var text: String
        var source: String

        init(_ text: String, _ source: String) {
            self.text = text
            self.source = source
        }
    }

    struct Group: Equatable {
        var name: String
        var count: Value
        var users: Value
        var ports: Value
        var portOrder: Value
    }

    struct Phase: Equatable {
        var duration: String
        var rate: String
        /// nil: bounded by rate times duration.
        var users: Int?
        var source: String
    }

    indirect enum Step: Equatable {
        case connect
        case join(topic: String)
        case send(Message)
        /// Seconds.
        case think(Double)
        /// Exponential, of this mean in seconds.
        case thinkAbout(mean: Double)
        case close
        case loop(times: Int, steps: [Noted])
    }

    /// A raw frame.
    struct Message: Equatable {
        var text: String
        var isBinary: Bool
        /// The next step waits for a message from the server.
        var isAcknowledged: Bool
    }

    struct Noted: Equatable {
        var step: Step
        var source: String
    }

    /// The profile whose other keys this one takes over, and why.
    var extends: Value?
    var name: String
    var about: String
    var targetPort: Value?
    var targetPath: Value?
    var groups: [Group] = []
    var phases: [Phase] = []
    var retries: Value?
    var retryWait: Value?
    /// Empty when the extended profile's session stays.
    var session: [Noted] = []
    /// Keys of the extended profile that do not hold for this one.
    var withdrawn: [Value] = []
}
