extension Plan {
    /// How an engine waits on a connection at rest.
    public enum Waiting: String, Codable, Sendable, CaseIterable {
        /// epoll's item, added once.
        case item
        /// io_uring: a poll, and a receive of its own for what it speaks of.
        case poll
        /// io_uring: a receive without a buffer, which the kernel gives it when something comes.
        case receive

        /// Whose way it is.
        public var engine: EngineKind { self == .item ? .epoll : .ioUring }

        static func usual(_ engine: EngineKind) -> Waiting { engine == .epoll ? .item : .poll }

        /// As a sentence has it.
        public var words: String {
            switch self {
            case .item: "an epoll item"
            case .poll: "a poll"
            case .receive: "an armed receive"
            }
        }
    }
}
