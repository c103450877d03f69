/// How many connections one lane of a target carries.
public struct TargetLaneSize: Equatable, Sendable {
    /// It stops accepting with so many open.
    public let capacity: Int
    /// The size of its descriptor table.
    public let slots: Int

    /// - Parameter descriptorLimit: RLIMIT_NOFILE, which is counted by descriptor table or ring.
    public init(descriptorLimit: Int, engine: Plan.EngineKind) {
        let table = min(descriptorLimit, Capacity.tableLimit)
        capacity = table - Capacity.workerReserve - Capacity.targetMargin
        slots = table - (engine == .epoll ? Self.epollReserve : 0)
    }

    /// Descriptors of an epoll lane's table that are not connections: standard streams, listeners, the bell, the set.
    public static let epollReserve = 100
}
