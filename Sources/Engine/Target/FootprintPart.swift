/// Memory that the modelled server holds for each connection: one part of it, such as a process's heap.
public struct FootprintPart: Sendable {
    /// What a message of the connection does to the part.
    public enum Access: UInt8, Sendable {
        /// Nothing: it is held and not used.
        case none
        /// The part is read and written where it lies, a word of each 64 bytes. A single word a page would make the
        /// page as dirty and bring it back from swap just as well, but it would leave out what a working server pays
        /// in every case: all the part's cache lines pass through the CPU.
        case touch
        /// A generational copy: the part is written anew in another block, the old one is given back.
        case copy
    }

    /// Per connection, more than 0.
    public var bytes: Int
    public var access: Access
    /// What is left of it when the connection hibernates, at most `bytes`; nil when it never does.
    public var hibernatedBytes: Int?

    public init(bytes: Int, access: Access, hibernatedBytes: Int? = nil) {
        self.bytes = bytes
        self.access = access
        self.hibernatedBytes = hibernatedBytes
    }
}
